import { ExpressionError } from "./token.ts";

/** A point in time, in milliseconds. */
export class Instant {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
}

/** A length of time, in milliseconds. */
export class Span {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
}

/** What expressions are about: JSON values, with the numbers that JSON has not, points and lengths of time. */
export type Value = unknown;

const UNITS: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration in Go's form, such as `1h30m` or `-5s`; undefined when it is none. */
export function goDuration(text: string): number | undefined {
  const [, sign, body] = /^([-+]?)((?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+|0)$/.exec(text) ?? [];
  if (body === undefined) return undefined;
  let total = 0;
  for (const [, number, unit] of body.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(number) * UNITS[unit!]!;
  }
  return sign === "-" ? -total : total;
}

/** What a value is called in messages. */
export function kindOf(value: Value): string {
  if (value === null || value === undefined) return "nil";
  if (Array.isArray(value)) return "a list";
  if (value instanceof Instant) return "a time";
  if (value instanceof Span) return "a duration";
  if (typeof value === "object") return "a map";
  return { number: "a number", string: "a text", boolean: "a bool" }[typeof value as string] ?? typeof value;
}

/** Whether two values are the same, lists and maps by what is in them. */
export function same(one: Value, other: Value): boolean {
  if (one === other || ((one ?? null) === null && (other ?? null) === null)) return true;
  if (one instanceof Instant || one instanceof Span) {
    return one.constructor === (other as object | null)?.constructor && one.ms === (other as Span).ms;
  }
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [left, right] = [Object.entries(one), other as Record<string, unknown>];
  return (
    left.length === Object.keys(right).length &&
    left.every(([key, value]) => Object.hasOwn(right, key) && same(value, right[key]))
  );
}

/** The value as a number, a list or a text; throws ExpressionError when it is another thing. */
export function numberOf(value: Value, what: string): number {
  if (typeof value !== "number") throw new ExpressionError(`${what} takes a number, and got ${kindOf(value)}`);
  return value;
}
export function listOf(value: Value, what: string): unknown[] {
  if (!Array.isArray(value)) throw new ExpressionError(`${what} takes a list, and got ${kindOf(value)}`);
  return value as unknown[];
}
export function stringOf(value: Value, what: string): string {
  if (typeof value !== "string") throw new ExpressionError(`${what} takes a text, and got ${kindOf(value)}`);
  return value;
}
export function boolOf(value: Value, what: string): boolean {
  if (typeof value !== "boolean") throw new ExpressionError(`${what} takes a bool, and got ${kindOf(value)}`);
  return value;
}
