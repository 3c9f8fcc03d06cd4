import { ExpressionError } from "./token.ts";
import { goDuration, Instant, kindOf, listOf, numberOf, Span, stringOf, type Value } from "./value.ts";

/** Functions by name, with how many arguments they take at least and at most. */
type Functions = Record<string, { least: number; most: number; call: (...args: Value[]) => Value }>;

const one = (call: (value: Value) => Value) => ({ least: 1, most: 1, call });
const text = (name: string, change: (given: string) => Value) => one((value) => change(stringOf(value, name)));
const numeric = (name: string, change: (given: number) => Value) => one((value) => change(numberOf(value, name)));

/** Numbers among arguments, those in lists included. */
const numbers = (name: string, args: Value[]): number[] => args.flat(8).map((value) => numberOf(value, name));
const many = (name: string, fold: (values: number[]) => Value) => ({
  least: 1,
  most: 100,
  call: (...args: Value[]) => fold(numbers(name, args)),
});

function asNumber(name: string, value: Value, integer: boolean): number {
  if (typeof value === "number") return integer ? Math.trunc(value) : value;
  const pattern = integer ? /^[+-]?\d+$/ : /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
  if (typeof value === "string" && pattern.test(value)) return Number(value);
  if (typeof value === "string" && !integer && /^[+-]?(?:inf(?:inity)?|nan)$/i.test(value)) return special(value);
  throw new ExpressionError(`${name} can't make a number of ${kindOf(value)}`);
}

const special = (given: string): number =>
  /nan/i.test(given) ? Number.NaN : given.startsWith("-") ? -Infinity : Infinity;

function length(value: Value): number {
  if (typeof value === "string") return Array.from(value).length;
  if (Array.isArray(value)) return value.length;
  if (typeof value === "object" && value !== null) return Object.keys(value).length;
  throw new ExpressionError(`len takes a list, a map or a text, and got ${kindOf(value)}`);
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

/** Nothing has no largest: what is compared with it is an error, not a success. */
const extreme = (values: number[], choose: (one: number, other: number) => number): number | null =>
  values.length === 0 ? null : values.reduce((best, value) => choose(best, value));

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const round = (value: number): number => Math.sign(value) * Math.round(Math.abs(value));

function asText(value: Value): string {
  if (value === null || value === undefined) return "nil";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function duration(given: string): Span {
  const ms = goDuration(given);
  if (ms === undefined) throw new ExpressionError(`${JSON.stringify(given)} is not a duration such as 15m or 1h30m`);
  return new Span(ms);
}

function date(given: string): Instant {
  const ms = Date.parse(given);
  if (Number.isNaN(ms))
    throw new ExpressionError(`${JSON.stringify(given)} is not a time such as 2026-01-31T12:00:00Z`);
  return new Instant(ms);
}

const entries = (name: string, value: Value): object => {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new ExpressionError(`${name} takes a map, and got ${kindOf(value)}`);
};

/** What expr-lang brings and conditions use. */
export const BUILT_IN: Functions = {
  len: one(length),
  abs: numeric("abs", Math.abs),
  ceil: numeric("ceil", Math.ceil),
  floor: numeric("floor", Math.floor),
  round: numeric("round", round),
  int: one((value) => asNumber("int", value, true)),
  float: one((value) => asNumber("float", value, false)),
  string: one(asText),
  max: many("max", (values) => extreme(values, Math.max)),
  min: many("min", (values) => extreme(values, Math.min)),
  mean: many("mean", (values) => (values.length === 0 ? 0 : sum(values) / values.length)),
  median: many("median", median),
  sum: many("sum", sum),
  first: one((value) => listOf(value, "first")[0] ?? null),
  last: one((value) => listOf(value, "last").at(-1) ?? null),
  upper: text("upper", (given) => given.toUpperCase()),
  lower: text("lower", (given) => given.toLowerCase()),
  trim: text("trim", (given) => given.trim()),
  keys: one((value) => Object.keys(entries("keys", value))),
  values: one((value) => Object.values(entries("values", value))),
  duration: text("duration", duration),
  date: text("date", date),
  isNaN: numeric("isNaN", Number.isNaN),
  isInf: numeric("isInf", (value) => Math.abs(value) === Infinity),
};

/** What Argo Rollouts adds for conditions. As there, `default` and `isNil` look at the result, whatever they are given. */
export const ofResult = (result: Value): Functions => ({
  asInt: one((value) => asNumber("asInt", value, true)),
  asFloat: one((value) => asNumber("asFloat", value, false)),
  isNil: one(() => (result ?? null) === null),
  default: { least: 2, most: 2, call: (_value, otherwise) => result ?? otherwise },
});

export type { Functions };
