import { Environment, type ParseResult } from "@marcbachmann/cel-js";
import { type Checked, type CheckProblem, type HealthCheck, shortened } from "./check.ts";

type Rules = NonNullable<HealthCheck["cel"]>;

/** Far above what a person writes, far below what takes long to parse. */
const LIMITS = { maxAstNodes: 2_000, maxDepth: 100 };

const environment = new Environment({
  enableOptionalTypes: true,
  homogeneousAggregateLiterals: false,
  limits: LIMITS,
}).registerVariable("object", "dyn");

/** Expressions parsed so far; rules are few, and the same ones run for every object of a kind. */
const parsed = new Map<string, ParseResult>();
const MOST_PARSED = 2_000;

function parse(expression: string): ParseResult {
  const known = parsed.get(expression);
  if (known) return known;
  if (parsed.size >= MOST_PARSED) parsed.clear();
  const made = environment.parse(expression);
  parsed.set(expression, made);
  return made;
}

/** Integers as CEL has them, 64 bits wide: a JSON number without a fraction is an int, any other a double. */
export const celObject = (json: string): unknown =>
  (JSON.parse as (text: string, reviver: Reviver) => unknown)(json, (_key, value, { source }) =>
    typeof value === "number" && source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value,
  );

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;

/** The first rule that is true says the health. A field that is not there makes a rule false; any other error is one. */
export function checkByCel(rules: Rules, json: string): Checked {
  const context = { object: celObject(json) };
  for (const [at, rule] of rules.entries()) {
    const name = `rule ${at + 1} (${rule.status})`;
    const found = evaluate(rule.when, context);
    if ("error" in found) return { outcome: "failed", message: shortened(`${name}: ${found.error}`) };
    if (found.absent || found.value === false) continue;
    if (found.value !== true) {
      return { outcome: "failed", message: `${name}: \`when\` gave ${typeName(found.value)}, not true or false` };
    }
    return { outcome: "judged", status: rule.status, ...messageOf(rule, context) };
  }
  return { outcome: "silent", waits: rules.some(({ status }) => status === "Healthy") };
}

function messageOf({ status, message, when }: Rules[number], context: object): { message?: string } {
  const found = message === undefined ? undefined : evaluate(message, context);
  const text = found && "value" in found && !found.absent ? textOf(found.value) : undefined;
  if (text !== undefined && text !== "") return { message: shortened(text) };
  return status === "Healthy" ? {} : { message: shortened(`${status}, as its own check says: ${when}`) };
}

const textOf = (value: unknown): string | undefined => {
  if (typeof value === "string") return value;
  return typeof value === "bigint" || typeof value === "number" || typeof value === "boolean" ? `${value}` : undefined;
};

type Evaluated = { value: unknown; absent?: boolean } | { error: string };

/** Error codes for what the object does not hold. */
const ABSENT: ReadonlySet<unknown> = new Set(["no_such_key", "index_out_of_bounds", "no_such_field"]);

function evaluate(expression: string, context: object): Evaluated {
  try {
    return { value: parse(expression)(context as Record<string, unknown>) as unknown };
  } catch (thrown) {
    if (ABSENT.has((thrown as { code?: unknown }).code)) return { value: undefined, absent: true };
    return { error: summaryOf(thrown) };
  }
}

function summaryOf(thrown: unknown): string {
  const { summary, message } = thrown as { summary?: string; message?: string };
  return summary ?? message?.split("\n")[0] ?? "it could not be evaluated";
}

const typeName = (value: unknown): string => {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "a map" : `a ${typeof value === "bigint" ? "number" : typeof value}`;
};

/** Expressions that can't be parsed, or whose types can't fit. */
export function celProblems(rules: Rules): CheckProblem[] {
  return rules.flatMap(({ when, message }, at) => [
    ...expressionProblems(when, ["bool"], "true or false").map((text) => ({
      path: ["cel", at, "when"],
      message: text,
    })),
    ...(message === undefined ? [] : expressionProblems(message, ["string", "int", "double", "bool"], "a text")).map(
      (text) => ({ path: ["cel", at, "message"], message: text }),
    ),
  ]);
}

function expressionProblems(expression: string, types: readonly string[], expected: string): string[] {
  try {
    const { valid, type, error } = environment.parse(expression).check();
    if (!valid) return [`is not valid CEL: ${placed(error, expression)}`];
    const fits = type === undefined || type === "dyn" || type.startsWith("optional") || types.includes(type);
    return fits ? [] : [`must be ${expected}, and is ${type}`];
  } catch (thrown) {
    return [`is not valid CEL: ${placed(thrown, expression)}`];
  }
}

function placed(thrown: unknown, expression: string): string {
  const { range } = thrown as { range?: { start: number } };
  const summary = summaryOf(thrown);
  if (range && range.start >= expression.length) return "it ends where something is still expected";
  const known = summary.startsWith("Unknown variable") ? "; the object is called `object`" : "";
  return `${summary}${range ? ` (at character ${range.start + 1})` : ""}${known}`;
}
