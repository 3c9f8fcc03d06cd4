import { SluiceError } from "../../schemas/errors.ts";

interface PageQuery {
  limit?: number | undefined;
  continue?: string | undefined;
}

/** One page of rows in the order given, beginning after the key that `continue` holds, with the key to continue from. */
export function page<Row, Item>(
  rows: readonly Row[],
  query: PageQuery,
  use: { key: (row: Row) => string; item: (row: Row) => Item },
): { items: Item[]; continue?: string } {
  const from = query.continue === undefined ? 0 : startAfter(rows, decode(query.continue), use.key);
  const taken = rows.slice(from, query.limit === undefined ? undefined : from + query.limit);
  const last = taken.at(-1);
  const more = from + taken.length < rows.length && last !== undefined;
  return { items: taken.map(use.item), ...(more && { continue: Buffer.from(use.key(last)).toString("base64url") }) };
}

const decode = (token: string): string => Buffer.from(token, "base64url").toString("utf8");

function startAfter<Row>(rows: readonly Row[], key: string, keyOf: (row: Row) => string): number {
  const at = rows.findIndex((row) => keyOf(row) === key);
  if (at >= 0) return at + 1;
  throw new SluiceError("InvalidInput", "The page to continue from is gone", {
    next: "Begin again without `continue`.",
    problems: [{ path: "continue", message: "what it points at does not exist any more" }],
  });
}
