import { patternProblem } from "../../pattern/pattern.ts";
import { BUILT_IN, ofResult } from "./functions.ts";
import { parseExpression } from "./parse.ts";
import { ExpressionError } from "./token.ts";
import type { Node } from "./tree.ts";

type Kind = "number" | "string" | "boolean" | "list" | "other" | undefined;

const PREDICATES = new Set(["all", "any", "one", "none", "map", "filter", "find", "findIndex", "count"]);
const OF_RESULT = ofResult(null);
const KINDS: Record<string, Kind> = {
  ...Object.fromEntries(
    ["len", "abs", "ceil", "floor", "round", "int", "float", "asInt", "asFloat"].map((name) => [name, "number"]),
  ),
  ...Object.fromEntries(["string", "upper", "lower", "trim"].map((name) => [name, "string"])),
  ...Object.fromEntries(["isNaN", "isInf", "isNil", "all", "any", "one", "none"].map((name) => [name, "boolean"])),
  ...Object.fromEntries(["map", "filter", "keys", "values"].map((name) => [name, "list"])),
  count: "number",
  findIndex: "number",
  now: "other",
  duration: "other",
  date: "other",
};
const BOOLEAN = new Set(["==", "!=", "<", "<=", ">", ">=", "in", "contains", "startsWith", "endsWith", "matches"]);
const LOGICAL = new Set(["and", "&&", "or", "||"]);
const COMPARED = new Set(["==", "!=", "<", "<=", ">", ">="]);
const CALCULATED = new Set(["*", "/", "%", "**", "^"]);

/**
 * Reads an expression and looks it over without a value: names and functions that are not there, and operators between what can't go
 * together, are found before anything is measured. Throws ExpressionError.
 */
export function checkedExpression(text: string, names: readonly string[], wanted?: "boolean"): Node {
  const node = parseExpression(text);
  const kind = kindOf(node, names);
  if (wanted && kind !== undefined && kind !== wanted)
    throw new ExpressionError(`expected a bool, but it gives a ${kind}`);
  return node;
}

/** What a node gives as far as that can be told. Throws ExpressionError for what can't be evaluated at all. */
function kindOf(node: Node, names: readonly string[]): Kind {
  const of = (one: Node): Kind => kindOf(one, names);
  switch (node.type) {
    case "literal":
      return node.value === null ? undefined : (typeof node.value as Kind);
    case "name":
      if (!names.includes(node.name)) throw new ExpressionError(`unknown name ${node.name}${known(names)}`);
      return undefined;
    case "element":
      return undefined;
    case "unary":
      return only(of(node.of), node.operator === "not" ? "boolean" : "number", node.operator);
    case "binary":
      checkPattern(node);
      return binary(node.operator, of(node.left), of(node.right));
    case "choice":
      return choice([only(of(node.test), "boolean", "?"), of(node.yes), of(node.no)]);
    case "member":
      of(node.of);
      return undefined;
    case "index":
      of(node.at);
      of(node.of);
      return undefined;
    case "slice":
      for (const part of [node.from, node.to]) if (part) only(of(part), "number", "a slice");
      return of(node.of);
    case "array":
      node.items.forEach(of);
      return "list";
    case "map":
      for (const { value } of node.entries) of(value);
      return "other";
    case "call":
      return called(node, of);
  }
}

function called({ name, args, each }: Node & { type: "call" }, of: (node: Node) => Kind): Kind {
  args.forEach(of);
  if (each) of(each);
  const found = [OF_RESULT, BUILT_IN].some((some) => Object.hasOwn(some, name));
  if (!found && !PREDICATES.has(name) && name !== "now") throw new ExpressionError(`unknown function ${name}`);
  return Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
}

function checkPattern({ operator, right }: Node & { type: "binary" }): void {
  if (operator !== "matches" || right.type !== "literal" || typeof right.value !== "string") return;
  const problem = patternProblem(right.value);
  if (problem !== undefined) throw new ExpressionError(`the pattern ${right.value} is not valid: ${problem}`);
}

const known = (names: readonly string[]): string =>
  names.length === 0 ? "" : `; the value is called ${names.join(", ")}`;

const choice = ([, yes, no]: Kind[]): Kind => (yes === no ? yes : undefined);

function only(kind: Kind, wanted: Kind, operator: string): Kind {
  if (kind !== undefined && kind !== wanted)
    throw new ExpressionError(`${operator} takes a ${wanted}, and got a ${kind}`);
  return wanted;
}

function binary(operator: string, left: Kind, right: Kind): Kind {
  if (LOGICAL.has(operator)) {
    only(left, "boolean", operator);
    return only(right, "boolean", operator);
  }
  if (CALCULATED.has(operator)) {
    only(left, "number", operator);
    return only(right, "number", operator);
  }
  if (COMPARED.has(operator) && left !== undefined && right !== undefined && left !== right) {
    throw new ExpressionError(`${operator} does not go between a ${left} and a ${right}`);
  }
  if (BOOLEAN.has(operator)) return "boolean";
  return operator === ".." ? "list" : operator === "+" && left === right ? left : undefined;
}
