import { Environment } from "@marcbachmann/cel-js";
import { celObject } from "./cel.ts";
import { shortened } from "./check.ts";

/** Variables of a gate's expression; `now` is a timestamp, the others are maps. */
const MAPS = ["release", "stage", "diff", "trigger"] as const;

const environment = new Environment({
  enableOptionalTypes: true,
  homogeneousAggregateLiterals: false,
  limits: { maxAstNodes: 2_000, maxDepth: 100 },
}).registerVariable("now", "google.protobuf.Timestamp");
for (const name of MAPS) environment.registerVariable(name, "dyn");

/** What an expression gave, or why it could not be told. */
export type GateAnswer = { value: boolean } | { problem: string };

/** Evaluates an expression over variables given as JSON, `now` in RFC 3339. */
export function evaluateGate(expression: string, variables: string): GateAnswer {
  try {
    const given = celObject(variables) as Record<string, unknown> & { now: string };
    const value: unknown = environment.parse(expression)({ ...given, now: new Date(given.now) });
    if (typeof value === "boolean") return { value };
    return { problem: "it gave something else than true or false" };
  } catch (thrown) {
    return { problem: shortened(summaryOf(thrown)) };
  }
}

/** What is wrong with an expression, without values; undefined when nothing is. */
export function gateProblem(expression: string): string | undefined {
  try {
    const { valid, type, error } = environment.parse(expression).check();
    if (!valid) return placed(error, expression);
    return type === undefined || type === "dyn" || type === "bool"
      ? undefined
      : `must be true or false, and is ${type}`;
  } catch (thrown) {
    return placed(thrown, expression);
  }
}

function placed(thrown: unknown, expression: string): string {
  const { range } = thrown as { range?: { start: number } };
  const summary = summaryOf(thrown);
  if (range && range.start >= expression.length) return "it ends where something is still expected";
  const known = summary.startsWith("Unknown variable") ? `; there are ${[...MAPS, "now"].join(", ")}` : "";
  return `${summary}${range ? ` (at character ${range.start + 1})` : ""}${known}`;
}

function summaryOf(thrown: unknown): string {
  const { summary, message } = thrown as { summary?: string; message?: string };
  return summary ?? message?.split("\n")[0] ?? "it could not be evaluated";
}
