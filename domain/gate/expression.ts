import { type Judged, type Said, say } from "./input.ts";

const said = say("expression");

/** Whether the CEL expression is true. One that can't be told waits: it blocks nobody for good, and lets nobody through. */
export function judgeExpression({ gate, expressions }: Judged): Said {
  const { cel, onFalse, message } = gate.expression!;
  const outcome = expressions.get(gate.name);
  const evidence = { cel: cel.length > 1_000 ? `${cel.slice(0, 999)}…` : cel };
  if (!outcome) return said("wait", "NotEvaluated", "the expression was not evaluated yet", { evidence });
  if ("problem" in outcome) {
    return said("wait", "ExpressionFailed", `the expression could not be evaluated: ${outcome.problem}`, { evidence });
  }
  if (outcome.value) return said("pass", "ExpressionTrue", "the expression is true", { evidence });
  return said(onFalse, "ExpressionFalse", message ?? "the expression is false", { evidence });
}
