/**
 * JSON of Kubernetes objects without loss of integers: one outside the safe range is a bigint in the tree, and a bigint is
 * written as an integer literal. Everything else is as JSON.parse and JSON.stringify have it.
 */

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => unknown;
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** Sixteen digits are the fewest that can leave the safe range (2^53 - 1 has sixteen). */
const LONG_INTEGER = /(?<![\d.eE+])\d{16,}(?![\d.eE])/;
const INTEGER = /^-?\d+$/;

/** Parses JSON; an integer literal beyond ±(2^53 - 1) becomes a bigint. Throws SyntaxError as JSON.parse does. */
export function parseRaw(text: string): unknown {
  if (!LONG_INTEGER.test(text)) return JSON.parse(text);
  return parseWithSource(text, (_key, value, { source }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && source !== undefined && INTEGER.test(source)
      ? BigInt(source)
      : value,
  );
}

/** Writes JSON; a bigint becomes an integer literal. */
export const stringifyRaw = (value: unknown): string => indentedRaw(value, "");

/** Writes JSON indented by a text, as JSON.stringify does; a bigint becomes an integer literal. */
export function indentedRaw(value: unknown, indent: string): string {
  try {
    return JSON.stringify(value, undefined, indent);
  } catch (error) {
    if (!(error instanceof TypeError) || !/bigint/i.test(error.message)) throw error;
    return JSON.stringify(value, (_key, item) => (typeof item === "bigint" ? rawJSON(item.toString()) : item), indent);
  }
}
