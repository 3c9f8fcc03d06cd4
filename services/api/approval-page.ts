import { createHash } from "node:crypto";
import type { RenderedDifference } from "../../schemas/difference.ts";
import type { PromotionView, ReleaseView } from "../../schemas/promotion-views.ts";
import type { ApprovalLink } from "./approval-links.ts";

/** Pages of one-time links: plain HTML without a script, everything of others in it written as text. */

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem } table { border-collapse: collapse; width: 100% }
td, th { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; overflow-wrap: anywhere }
code { font-size: .9em } textarea { width: 100%; box-sizing: border-box; font: inherit }
button { font: inherit; padding: .5rem 1.5rem; margin: 1rem 1rem 0 0 } .no { color: #a00 } .muted { color: #555 }
@media (prefers-color-scheme: dark) { body { color: #eee; background: #161616 } .muted { color: #aaa } .no { color: #f88 } }
`;

/** No script, no frame, no other server; forms only go back here. The style is known by its digest. */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  ...["form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"],
].join("; ");

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
// Signs that turn the direction of writing would show another text than there is.
const TURNING = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** Text of others in a page, in an element or in a quoted attribute. */
export const escaped = (text: string): string =>
  text
    .replaceAll(/\r?\n|\t/g, " ")
    .replaceAll(TURNING, "\u{fffd}")
    .replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign]!);

const pageOf = (title: string, body: string): string =>
  `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
  `<meta name="robots" content="noindex"><title>${escaped(title)}</title><style>${STYLE}</style></head>` +
  `<body>\n<h1>${escaped(title)}</h1>\n${body}\n</body></html>\n`;

/** A page that says one thing, and what to do next. */
export const messagePage = (title: string, message: string, next?: string): string =>
  pageOf(title, `<p>${escaped(message)}</p>${next === undefined ? "" : `\n<p class="muted">${escaped(next)}</p>`}`);

/** What a person is asked, with the difference and two buttons. Getting it decides nothing. */
export function decisionPage(of: {
  link: ApprovalLink;
  promotion: PromotionView;
  release: ReleaseView | undefined;
  difference: RenderedDifference;
  /** Has to come back with the decision. */
  confirmation: string;
}): string {
  const { link, promotion, release, difference, confirmation } = of;
  const alias = release?.alias ?? promotion.release.slice(0, 12);
  const { counts } = difference;
  const facts: [string, string][] = [
    ["Pipeline", `${promotion.pipeline}, stage ${promotion.stage}`],
    ["Release", `${alias} (${promotion.release.slice(0, 12)})`],
    ["Promotion", promotion.promotion],
    ["Started by", promotion.trigger.actor.name],
    ["Gate", link.gate],
    ["You decide as", link.person],
    ["The link was made by", link.by],
    ["The link holds until", link.expiresAt],
  ];
  const many = `${counts.created} created, ${counts.changed} changed, ${counts.deleted} deleted, ${counts.unchanged} unchanged objects, in ${counts.applications} applications`;
  return pageOf(
    `Release ${alias} into ${promotion.stage}?`,
    [
      table(facts.map(([name, value]) => [name, value])),
      `<h2>What changes</h2><p>${escaped(many)}</p>`,
      objectsTable(difference),
      commitsTable(difference),
      form(confirmation),
    ].join("\n"),
  );
}

const table = (rows: readonly (readonly string[])[], head: readonly string[] = []): string => {
  const cells = (row: readonly string[], tag: "td" | "th") =>
    row.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("");
  const first = head.length === 0 ? "" : `<tr>${cells(head, "th")}</tr>`;
  return `<table>${first}${rows.map((row) => `<tr>${cells(row, "td")}</tr>`).join("")}</table>`;
};

/** Rows that a page shows; the counts are of all. */
const MOST_ROWS = 300;
const MOST_FIELDS = 10;

function objectsTable({ applications }: RenderedDifference): string {
  const all = applications.flatMap(({ application, objects }) =>
    objects.map(({ object, change, fields }) => [application, object, change, fieldsText(fields)]),
  );
  const more = all.length > MOST_ROWS ? `<p class="muted">and ${all.length - MOST_ROWS} more objects</p>` : "";
  if (all.length === 0) return "";
  return table(all.slice(0, MOST_ROWS), ["Application", "Object", "Change", "Fields"]) + more;
}

type Fields = RenderedDifference["applications"][number]["objects"][number]["fields"];

function fieldsText(fields: Fields): string {
  const shown = fields
    .slice(0, MOST_FIELDS)
    .map(({ path, was = "absent", is = "absent" }) => `${path}: ${was} → ${is}`);
  return [...shown, ...(fields.length > MOST_FIELDS ? [`and ${fields.length - MOST_FIELDS} more`] : [])].join("; ");
}

function commitsTable({ commits }: RenderedDifference): string {
  const rows = commits.flatMap((between) =>
    between.commits.map(({ commit, subject, author }) => [commit.slice(0, 12), subject, author.name]),
  );
  if (rows.length === 0) return "";
  return `<h2>Commits</h2>${table(rows.slice(0, MOST_ROWS), ["Commit", "Subject", "Author"])}`;
}

const form = (confirmation: string): string =>
  `<form method="post" autocomplete="off"><input type="hidden" name="confirmation" value="${escaped(confirmation)}">` +
  `<p><label>Comment, or the reason of a no<br><textarea name="comment" rows="3" maxlength="1000"></textarea></label></p>` +
  `<button name="verdict" value="approve">Approve</button><button class="no" name="verdict" value="reject">Reject</button></form>`;
