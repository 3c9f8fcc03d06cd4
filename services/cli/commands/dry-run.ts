import type { Accepted, OutcomeView } from "../../../schemas/api/bodies.ts";
import type { Context, Shown } from "../context.ts";
import { type Io, styled } from "../io.ts";

interface Row extends OutcomeView {
  application: string;
}

/** After dry runs: for each object what a sync would do with it, or why it could not. */
export async function showDryRuns(context: Context, accepted: readonly Accepted[]): Promise<void> {
  const rows: Row[] = [];
  for (const { application, operation } of accepted) {
    const path = `/operations/${encodeURIComponent(application)}/${encodeURIComponent(operation)}/outcomes`;
    const { items } = await context.client.get<{ items: OutcomeView[] }>(path);
    rows.push(...items.map((item) => ({ application, ...item })));
  }
  await context.show(rows, rowsOf(context.io, accepted.length > 1));
}

function rowsOf(io: Pick<Io, "colors">, several: boolean): Shown<Row> {
  return {
    columns: [
      ...(several ? [{ heading: "APPLICATION", cell: ({ application }: Row) => application }] : []),
      { heading: "OBJECT", cell: ({ object }) => object },
      { heading: "WOULD", cell: (row) => would(io, row) },
      { heading: "MESSAGE", cell: ({ message, reason }) => message ?? reason ?? "" },
    ],
    name: ({ application, object }) => `${application}/${object}`,
    empty: "There is no object that a sync would touch.",
  };
}

const WORDS: Readonly<Record<OutcomeView["action"], string>> = {
  create: "be created",
  update: "be changed",
  recreate: "be deleted and created anew",
  unchanged: "stay as it is",
  prune: "be deleted",
  refuse: "be left alone",
};

function would(io: Pick<Io, "colors">, { action, result, hook }: OutcomeView): string {
  if (hook !== undefined) return `run as ${hook} hook`;
  if (result === "failed") return styled(io, "red", "fail");
  const word = result === "refused" ? WORDS.refuse : WORDS[action];
  return result === "pending" && action !== "prune" ? `${word}, not checked` : word;
}
