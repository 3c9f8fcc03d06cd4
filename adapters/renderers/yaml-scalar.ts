/** What a YAML scalar is in JSON. */
export type Scalar = string | number | bigint | boolean | null;

/** Words with a meaning of their own, in the spellings that go-yaml 2 knows (YAML 1.1 without sexagesimal numbers). */
const WORDS = new Map<string, Scalar>([
  ["", null],
  ["~", null],
  ...["null", "Null", "NULL"].map((word) => [word, null] as const),
  ...["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"].map((word) => [word, true] as const),
  ...["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"].map((word) => [word, false] as const),
  ...[".nan", ".NaN", ".NAN"].map((word) => [word, Number.NaN] as const),
  ...[".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"].map((word) => [word, Infinity] as const),
  ...["-.inf", "-.Inf", "-.INF"].map((word) => [word, -Infinity] as const),
]);

const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
/** What begins with its dot is read by Go's ParseFloat, which takes underscores between digits only. */
const DOTTED = /^\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?$/;
const INTEGERS: readonly [RegExp, string][] = [
  [/^[-+]?0$/, ""],
  [/^[-+]?[1-9][0-9]*$/, ""],
  [/^[-+]?0[xX][0-9a-fA-F]+$/, "0x"],
  [/^[-+]?0[bB][01]+$/, "0b"],
  [/^[-+]?0[oO]?[0-7]+$/, "0o"],
];
const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

/** What a plain scalar stands for, as sigs.k8s.io/yaml (and so kubectl) reads it: an integer beyond 2^53 stays whole as a bigint. */
export function resolvePlain(text: string): Scalar {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  const first = text.charCodeAt(0);
  const numeric = (first >= 48 && first <= 57) || first === 43 || first === 45 || first === 46;
  if (!numeric) return text;
  if (first === 46) return DOTTED.test(text) ? finite(text.replaceAll("_", ""), text) : text;
  const plain = text.replaceAll("_", "");
  return integerOf(plain) ?? (FLOAT.test(plain) ? finite(plain, text) : text);
}

/** A float, or the text itself where it does not fit one. */
function finite(plain: string, text: string): Scalar {
  const number = Number(plain);
  return Number.isFinite(number) ? (Object.is(number, -0) ? 0 : number) : text;
}

/** An integer of Go's base prefixes within int64 or uint64; undefined for everything else. */
function integerOf(text: string): number | bigint | undefined {
  const form = INTEGERS.find(([pattern]) => pattern.test(text));
  if (!form) return undefined;
  const negative = text.startsWith("-");
  const digits = text.replace(/^[-+]/, "").replace(form[1] === "" ? "" : /^0[xXbBoO]?/, "");
  if (text.startsWith("+") && BigInt(form[1] + digits) > 2n ** 63n - 1n) return undefined;
  const value = BigInt(form[1] + digits) * (negative ? -1n : 1n);
  if (value < INT64_MIN || value > UINT64_MAX) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? (Object.is(number, -0) ? 0 : number) : value;
}
