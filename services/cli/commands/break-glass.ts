import type { BreakGlass, BreakGlassDiff } from "../../../schemas/api/drift-routes.ts";
import { formatSpan } from "../age.ts";
import type { Context, Shown } from "../context.ts";
import { fieldText } from "../drift-text.ts";
import { harmless } from "../table.ts";

const pathOf = (name: string): string =>
  `/applications/${encodeURIComponent(name.replace(/^(application|app)\//, ""))}/break-glass`;

interface After {
  then?: "put-back" | "commit";
  branch?: string;
}

const AFTER = { "put-back": "PutBack", commit: "Commit" } as const;

/** A branch alone says that the difference goes there. */
function afterOf({ then, branch }: After): { then?: string; branch?: string } {
  const what = then ?? (branch === undefined ? undefined : "commit");
  return { ...(what !== undefined && { then: AFTER[what] }), ...(branch !== undefined && { branch }) };
}

/** Suspends self-heal of an application. */
export async function start(
  context: Context,
  name: string,
  options: After & { for?: string; reason?: string; person?: string[] },
): Promise<void> {
  const { for: time, reason, person: people = [] } = options;
  const body = { for: time, reason, people, ...afterOf(options) };
  await told(context, await context.client.post<BreakGlass>(pathOf(name), { body }));
}

/** Lets a break-glass end at another time. */
export async function extend(context: Context, name: string, options: { for?: string }): Promise<void> {
  const body = { for: options.for };
  await told(context, await context.client.post<BreakGlass>(`${pathOf(name)}/extend`, { body }));
}

/** Ends a break-glass. */
export async function end(context: Context, name: string, options: After): Promise<void> {
  const added = await addedTo(context, name);
  const ended = await context.client.post<BreakGlass>(`${pathOf(name)}/end`, { body: afterOf(options) });
  await told(context, ended);
  if (ended.then === "PutBack") noteAdded(context, added);
}

/** What was added by hand; nothing where that can't be told, which is no reason not to end it. */
async function addedTo({ client }: Context, name: string): Promise<BreakGlassDiff["added"]> {
  try {
    return (await client.get<BreakGlassDiff>(`${pathOf(name)}/diff`)).added;
  } catch {
    return [];
  }
}

/** What putting back leaves, as it was never Sluice's. */
function noteAdded(context: Context, added: BreakGlassDiff["added"]): void {
  for (const { object, field, managers } of added) {
    const who = managers.length > 0 ? ` by ${managers.join(" or ")}` : "";
    context.note(harmless(`${object}: ${field} was added${who} and stays: it was never in Git`));
  }
  if (added.length > 0) context.note("Remove what shall not stay with kubectl, or add it to Git.");
}

async function told(context: Context, breakGlass: BreakGlass): Promise<void> {
  if (await context.showValue(breakGlass)) return;
  const { application, until, ended } = breakGlass;
  const what = ended ? `is over; ${afterText(breakGlass)}` : `is on until ${until}, then ${afterText(breakGlass)}`;
  context.io.out(harmless(`break-glass of application/${application} ${what}`) + "\n");
}

const afterText = ({ then, branch }: BreakGlass): string =>
  then === "Commit" ? `the difference is committed to ${branch}` : "what was changed by hand is put back";

/** Lists every break-glass that is on. */
export async function list(context: Context): Promise<void> {
  const { items } = await context.client.get<{ items: BreakGlass[] }>("/break-glass");
  await context.show(items, rows(Date.now()));
}

const rows = (now: number): Shown<BreakGlass> => ({
  columns: [
    { heading: "APPLICATION", cell: ({ application }) => application },
    { heading: "STATE", cell: stateText },
    { heading: "LEFT", cell: ({ until, ended }) => (ended ? "" : formatSpan(Date.parse(until) - now)) },
    { heading: "BY", cell: ({ by }) => by.name },
    { heading: "CHANGES", cell: ({ changes }) => String(changes) },
    { heading: "THEN", cell: ({ then, branch }) => (then === "Commit" ? `commit to ${branch}` : "put back") },
    { heading: "REASON", cell: ({ reason }) => reason },
    { heading: "PEOPLE", cell: ({ people }) => people.join(", "), wide: true },
    { heading: "UNTIL", cell: ({ until }) => until, wide: true },
  ],
  name: ({ application }) => `break-glass/${application}`,
  empty: "No break-glass is on.",
});

const stateText = ({ ended, refused }: BreakGlass): string =>
  refused !== undefined ? "Undecided" : ended ? "Ending" : "On";

/** Shows one break-glass and what was changed by hand in it. */
export async function show(context: Context, name: string): Promise<void> {
  const found = await context.client.get<BreakGlass>(pathOf(name));
  if (await context.showValue(found)) return;
  const lines: [label: string, value: string][] = [
    ["Application", found.application],
    ["State", stateText(found)],
    ["Reason", found.reason],
    ["By", found.by.name],
    ["People", found.people.join(", ")],
    ["Started", found.startedAt],
    ["Until", found.until],
    ["Then", afterText(found)],
    ["Refused", found.refused ?? ""],
    ...found.changed.map((one): [string, string] => {
      const authors = one.authors.map(({ manager, probable }) => (probable ? `probably ${manager}` : manager));
      const fields = one.fields.map(fieldText);
      return [
        "Change",
        [`${one.at} ${one.object} ${one.change}`, authors.join(", "), ...fields].filter(Boolean).join("; "),
      ];
    }),
  ];
  const shown = lines.filter(([, value]) => value !== "");
  const width = Math.max(...shown.map(([label]) => label.length)) + 3;
  context.io.out(shown.map(([label, value]) => `${`${label}:`.padEnd(width)}${harmless(value)}\n`).join(""));
}

/** Prints which files of the repository would be another, with the objects and fields in them. */
export async function diff(context: Context, name: string): Promise<void> {
  const found = await context.client.get<BreakGlassDiff>(`${pathOf(name)}/diff`);
  if (await context.showValue(found)) return;
  for (const { object, message } of found.skipped) context.note(harmless(`${object}: ${message}`));
  noteAdded(context, found.added);
  if (found.files.length === 0) context.note("No file of the repository would be another.");
  const lines = found.files.flatMap(({ path, change, objects, patches }) => [
    `${path} ${change}`,
    ...objects.flatMap((one) => [
      `  ${one.object} ${one.change}`,
      ...one.fields.map((field) => `    ${fieldText(field)}`),
    ]),
    ...patches.map((patch) => `  names the patch ${patch}`),
  ]);
  context.io.out(lines.map((line) => `${harmless(line)}\n`).join(""));
}
