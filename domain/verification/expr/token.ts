/** One word of an expression, and the character it begins at, from 0. */
export interface Token {
  type: "number" | "string" | "name" | "operator" | "end";
  text: string;
  /** number: its value; string: what stands between the quotes. */
  value?: number | string;
  at: number;
}

/** Thrown when a text is no expression of the language, or uses what is not supported. */
export class ExpressionError extends Error {}

const SPACE = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y;
const NUMBER = /0x[\da-f_]+|(?:\d[\d_]*(?:\.(?!\.)\d[\d_]*)?|\.\d[\d_]*)(?:e[+-]?\d+)?/iy;
const NAME = /[A-Za-z_$][\w$]*/y;
const TEXT = /"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|`[^`]*`/y;
const OPERATOR = /\?\?|\?\.|\.\.|\*\*|\|\||&&|==|!=|<=|>=|[-+*/%^<>!?:.,()[\]{}#|]/y;

/** Words that are operators. */
const WORDS = new Set(["and", "or", "not", "in", "contains", "startsWith", "endsWith", "matches"]);

/** The words of an expression, `end` as the last. Throws ExpressionError. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  while (at < text.length) {
    const space = take(SPACE);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const token = next(take, at);
    if (!token) throw new ExpressionError(`unexpected ${JSON.stringify(text[at])} at character ${at + 1}`);
    tokens.push(token);
    at += token.text.length;
  }
  return [...tokens, { type: "end", text: "the end", at: text.length }];
}

function next(take: (pattern: RegExp) => string | undefined, at: number): Token | undefined {
  const number = take(NUMBER);
  if (number !== undefined) return { type: "number", text: number, value: Number(number.replaceAll("_", "")), at };
  const name = take(NAME);
  if (name !== undefined) return { type: WORDS.has(name) ? "operator" : "name", text: name, at };
  const quoted = take(TEXT);
  if (quoted !== undefined) return { type: "string", text: quoted, value: unquoted(quoted), at };
  const operator = take(OPERATOR);
  return operator === undefined ? undefined : { type: "operator", text: operator, at };
}

const ESCAPES: Record<string, string> = {
  n: "\n",
  t: "\t",
  r: "\r",
  a: "\u0007",
  b: "\b",
  f: "\f",
  v: "\v",
  "0": "\0",
};

function unquoted(quoted: string): string {
  const inner = quoted.slice(1, -1);
  if (quoted.startsWith("`")) return inner;
  return inner.replaceAll(
    /\\(?:u([\da-fA-F]{4})|x([\da-fA-F]{2})|([\s\S]))/g,
    (_whole, wide, short, single: string) => {
      const code = (wide ?? short) as string | undefined;
      return code === undefined ? (ESCAPES[single] ?? single) : String.fromCodePoint(Number.parseInt(code, 16));
    },
  );
}
