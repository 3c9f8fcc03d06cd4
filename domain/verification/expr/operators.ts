import { ExpressionError } from "./token.ts";
import { Instant, kindOf, listOf, numberOf, same, Span, stringOf, type Value } from "./value.ts";

const LONGEST_TEXT = 1_000_000;
const LONGEST_RANGE = 10_000;

/** What an operator on two values gives; `and`, `or` and `??` look at their right side only where they have to and are not here. */
export function operate(operator: string, left: Value, right: Value): Value {
  switch (operator) {
    case "==":
      return same(left, right);
    case "!=":
      return !same(left, right);
    case "<":
    case "<=":
    case ">":
    case ">=":
      return compare(operator, left, right);
    case "+":
    case "-":
      return added(operator, left, right);
    case "in":
      return contained(left, right);
    case "contains":
      return stringOf(left, operator).includes(stringOf(right, operator));
    case "startsWith":
      return stringOf(left, operator).startsWith(stringOf(right, operator));
    case "endsWith":
      return stringOf(left, operator).endsWith(stringOf(right, operator));
    case "..":
      return range(numberOf(left, operator), numberOf(right, operator));
    default:
      return calculated(operator, numberOf(left, operator), numberOf(right, operator));
  }
}

function calculated(operator: string, left: number, right: number): number {
  switch (operator) {
    case "*":
      return left * right;
    case "/":
      return left / right;
    case "%":
      if (right === 0) throw new ExpressionError("division by zero");
      return Math.trunc(left) % Math.trunc(right);
    default:
      return left ** right;
  }
}

function added(operator: "+" | "-", left: Value, right: Value): Value {
  const sign = operator === "+" ? 1 : -1;
  if (typeof left === "number" && typeof right === "number") return left + sign * right;
  if (operator === "+" && typeof left === "string" && typeof right === "string") {
    if (left.length + right.length > LONGEST_TEXT) throw new ExpressionError("a text gets too long");
    return left + right;
  }
  if (left instanceof Instant && right instanceof Span) return new Instant(left.ms + sign * right.ms);
  if (operator === "+" && left instanceof Span && right instanceof Instant) return new Instant(left.ms + right.ms);
  if (left instanceof Span && right instanceof Span) return new Span(left.ms + sign * right.ms);
  if (operator === "-" && left instanceof Instant && right instanceof Instant) return new Span(left.ms - right.ms);
  throw mismatched(operator, left, right);
}

function compare(operator: string, left: Value, right: Value): boolean {
  const [one, other] = comparable(operator, left, right);
  if (operator === "<") return one < other;
  if (operator === "<=") return one <= other;
  return operator === ">" ? one > other : one >= other;
}

function comparable(operator: string, left: Value, right: Value): [number, number] | [string, string] {
  if (typeof left === "number" && typeof right === "number") return [left, right];
  if (typeof left === "string" && typeof right === "string") return [left, right];
  const timed =
    (left instanceof Instant && right instanceof Instant) || (left instanceof Span && right instanceof Span);
  if (timed) return [left.ms, right.ms];
  throw mismatched(operator, left, right);
}

const mismatched = (operator: string, left: Value, right: Value): ExpressionError =>
  new ExpressionError(`${operator} does not go between ${kindOf(left)} and ${kindOf(right)}`);

function contained(left: Value, right: Value): boolean {
  if (right === null || right === undefined) return false;
  if (Array.isArray(right)) return right.some((one) => same(one, left));
  if (typeof right === "object") return typeof left === "string" && Object.hasOwn(right, left);
  return listOf(right, "in").length > 0;
}

function range(from: number, to: number): number[] {
  if (!Number.isInteger(from) || !Number.isInteger(to)) throw new ExpressionError("a range goes between whole numbers");
  const length = Math.max(0, to - from + 1);
  if (length > LONGEST_RANGE) throw new ExpressionError(`a range holds at most ${LONGEST_RANGE} numbers`);
  return Array.from({ length }, (_, index) => from + index);
}
