import type { CreatedRelease, RefreshedSource } from "../../../schemas/api/release-routes.ts";
import type { ReleaseView } from "../../../schemas/promotion-views.ts";
import { age } from "../age.ts";
import { type Context, type Shown, usage } from "../context.ts";
import { harmless } from "../table.ts";

const sourceName = (text: string): string => text.replace(/^(?:releasesource|warehouse)\//, "");
const pathOf = (source: string): string => `/releasesources/${encodeURIComponent(sourceName(source))}`;

/** Lists the releases of a source, newest first. */
export async function list(context: Context, source: string, { limit }: { limit?: string }): Promise<void> {
  if (limit !== undefined && !/^[1-9]\d{0,3}$/.test(limit))
    throw usage("--limit takes a number from 1 to 9999", "Write it as in: --limit 20");
  const path = `${pathOf(source)}/releases`;
  const items =
    limit === undefined
      ? await context.client.list<ReleaseView>(path)
      : (await context.client.get<{ items: ReleaseView[] }>(`${path}?limit=${limit}`)).items;
  await context.show(items, rows(Date.now()));
}

/** Shows one release. */
export async function get(context: Context, source: string, name: string): Promise<void> {
  const found = await context.client.get<ReleaseView>(`${pathOf(source)}/releases/${encodeURIComponent(name)}`);
  if (await context.showValue(found)) return;
  const { commits, images, charts } = found.content;
  const lines = [
    `${found.alias} ${found.release}`,
    `Source ${found.source}, found by ${found.origin} of ${found.by.name}, ${age(found.createdAt, Date.now())} ago`,
    "",
    ...commits.map(
      ({ subscription, repoURL, commit, tag }) =>
        `${subscription}: ${repoURL} ${tag === undefined ? commit : `${tag} ${commit}`}`,
    ),
    ...images.map(
      ({ subscription, repository, tag, digest }) =>
        `${subscription}: ${repository}${tag === undefined ? "" : `:${tag}`}@${digest}`,
    ),
    ...charts.map(
      ({ subscription, repoURL, name: chart, version }) =>
        `${subscription}: ${[repoURL, chart, version].filter((part) => part !== undefined).join(" ")}`,
    ),
    ...(found.commits.length > 0 ? ["", "Commits since the release before:"] : []),
    ...found.commits.map(({ commit, subject, author, tickets }) => {
      const named = tickets.filter((ticket) => !subject.includes(ticket));
      return `  ${commit.slice(0, 10)} ${subject} (${author.name})${named.length > 0 ? ` ${named.join(" ")}` : ""}`;
    }),
    ...(found.more === undefined ? [] : [`  and ${found.more} more`]),
  ];
  context.io.out(`${lines.map(harmless).join("\n")}\n`);
}

/** Makes a release of what is newest, or of what is chosen. */
export async function create(context: Context, source: string, { pick = [] }: { pick?: string[] }): Promise<void> {
  const chosen = Object.fromEntries(pick.map(picked));
  const made = await context.client.post<CreatedRelease>(`${pathOf(source)}/releases`, { body: { chosen } });
  if (await context.showValue(made)) return;
  const word = made.created ? "made" : "was there already";
  context.io.out(`release ${made.alias} (${made.release.slice(0, 12)}) of ${made.source} ${word}\n`);
}

function picked(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)];
  throw usage(`--pick ${text} is not of the form subscription=value`, "Write it as in: --pick web=1.4.2");
}

/** Looks for something new now. */
export async function refresh(context: Context, source: string): Promise<void> {
  const found = await context.client.post<RefreshedSource>(`${pathOf(source)}/refresh`);
  if (await context.showValue(found)) return;
  const { release } = found;
  if (release)
    context.io.out(`${release.created ? "new" : "newest"}: ${release.alias} (${release.release.slice(0, 12)})\n`);
  for (const [subscription, { code, message }] of Object.entries(found.failures)) {
    context.io.out(`${harmless(`${subscription}: ${message} (${code})`)}\n`);
  }
  if (!release && Object.keys(found.failures).length === 0) {
    context.io.out(`Releases of ${found.source} are made by hand: sluice release create ${found.source}\n`);
  }
}

const rows = (now: number): Shown<ReleaseView> => ({
  columns: [
    { heading: "ALIAS", cell: ({ alias }) => alias },
    { heading: "RELEASE", cell: ({ release }) => release.slice(0, 12) },
    { heading: "CONTENT", cell: contentText },
    { heading: "COMMITS", cell: ({ commits, more = 0 }) => String(commits.length + more) },
    { heading: "FOUND BY", cell: ({ origin, by }) => (origin === "manual" ? by.name : origin) },
    { heading: "AGE", cell: ({ createdAt }) => age(createdAt, now) },
  ],
  name: ({ source, alias }) => `release/${source}/${alias}`,
  empty: "No release was found yet. Look now with: sluice release refresh SOURCE",
});

const contentText = ({ content: { commits, images, charts } }: ReleaseView): string =>
  [
    ...commits.map(({ subscription, commit, tag }) => `${subscription}=${tag ?? commit.slice(0, 10)}`),
    ...images.map(({ subscription, tag, digest }) => `${subscription}=${tag ?? digest.slice(7, 19)}`),
    ...charts.map(({ subscription, version }) => `${subscription}=${version}`),
  ].join(" ");
