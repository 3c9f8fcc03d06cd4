import { checkedExpression } from "./expr/check.ts";
import { evaluate } from "./expr/evaluate.ts";
import { ofResult } from "./expr/functions.ts";
import { ExpressionError } from "./expr/token.ts";
import { Instant, kindOf } from "./expr/value.ts";

/** Conditions of a metric, in expr-lang over `result`. */
export interface Conditions {
  successCondition?: string | undefined;
  failureCondition?: string | undefined;
}

/** What a measured value is worth. */
export interface Worth {
  phase: "Successful" | "Failed" | "Inconclusive" | "Error";
  message?: string;
}

/**
 * What a value is worth by a metric's conditions, as Argo Rollouts decides: failed beats successful, with both conditions a value that
 * fits neither is inconclusive, with one of them the other is its opposite, without any every value is good.
 */
export function worthOf(result: unknown, { successCondition, failureCondition }: Conditions, now: number): Worth {
  try {
    const success =
      successCondition === undefined ? undefined : holds("successCondition", successCondition, result, now);
    const failure =
      failureCondition === undefined ? undefined : holds("failureCondition", failureCondition, result, now);
    if (failure ?? !(success ?? true)) return { phase: "Failed" };
    return { phase: (success ?? true) ? "Successful" : "Inconclusive" };
  } catch (thrown) {
    if (!(thrown instanceof ExpressionError)) throw thrown;
    return { phase: "Error", message: thrown.message };
  }
}

function holds(name: string, expression: string, result: unknown, now: number): boolean {
  try {
    const node = checkedExpression(expression, ["result"], "boolean");
    const value = evaluate(node, { names: { result }, functions: ofResult(result), now });
    if (typeof value !== "boolean") throw new ExpressionError(`expected a bool, but got ${kindOf(value)}`);
    return value;
  } catch (thrown) {
    if (!(thrown instanceof ExpressionError)) throw thrown;
    const empty = (result ?? null) === null || (Array.isArray(result) && result.length === 0);
    const why = empty ? `nothing was measured: the answer is empty (${thrown.message})` : thrown.message;
    throw new ExpressionError(`${name} "${expression.slice(0, 500)}" could not be evaluated: ${why}`);
  }
}

/** What is wrong with a condition, without a value; undefined when nothing is. */
export const conditionProblem = (expression: string): string | undefined =>
  problemOf(() => checkedExpression(expression, ["result"], "boolean"));

/** The instant, in milliseconds, of an expression such as `now() - duration("15m")`. Throws ExpressionError. */
export function instantOfExpression(expression: string, now: number): number {
  const value = evaluate(checkedExpression(expression, []), { names: {}, functions: {}, now });
  if (!(value instanceof Instant)) throw new ExpressionError(`${expression} gives ${kindOf(value)}, not a time`);
  return value.ms;
}

/** What is wrong with such an expression; undefined when nothing is. */
export const instantProblem = (expression: string): string | undefined =>
  problemOf(() => instantOfExpression(expression, 0));

function problemOf(attempt: () => unknown): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof ExpressionError)) throw thrown;
    return thrown.message;
  }
}
