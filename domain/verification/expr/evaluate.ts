import { createPattern, newEffort, patternProblem } from "../../pattern/pattern.ts";
import { BUILT_IN, type Functions } from "./functions.ts";
import { operate } from "./operators.ts";
import { ExpressionError } from "./token.ts";
import type { Node } from "./tree.ts";
import { boolOf, Instant, kindOf, listOf, numberOf, stringOf, type Value } from "./value.ts";

/** What names and functions an expression may use, and what `now()` is. */
export interface Surroundings {
  names: Record<string, Value>;
  functions: Functions;
  /** Milliseconds. */
  now: number;
}

/** Steps of one evaluation: a result of ten thousand samples is looked at with ten operators. */
const MOST_STEPS = 500_000;

/** The value of an expression. Throws ExpressionError; takes a bounded number of steps. */
export function evaluate(node: Node, surroundings: Surroundings): Value {
  return new Evaluation(surroundings).of(node, undefined);
}

class Evaluation {
  readonly #surroundings: Surroundings;
  readonly #effort = newEffort();
  #steps = 0;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  of(node: Node, element: Value): Value {
    this.#steps += 1;
    if (this.#steps > MOST_STEPS) throw new ExpressionError("it takes too many steps");
    switch (node.type) {
      case "literal":
        return node.value;
      case "name":
        return this.#named(node.name);
      case "element":
        return element;
      case "unary":
        return unary(node.operator, this.of(node.of, element));
      case "binary":
        return this.#binary(node, element);
      case "choice":
        return this.of(boolOf(this.of(node.test, element), "?") ? node.yes : node.no, element);
      case "member":
        return fieldOf(this.of(node.of, element), node.name, node.optional);
      case "index":
        return itemOf(this.of(node.of, element), this.of(node.at, element));
      case "array":
        return node.items.map((item) => this.of(item, element));
      case "map":
        return Object.fromEntries(node.entries.map(({ key, value }) => [key, this.of(value, element)]));
      case "slice":
        return this.#slice(node, element);
      case "call":
        return this.#call(node, element);
    }
  }

  #named(name: string): Value {
    const { names } = this.#surroundings;
    if (!Object.hasOwn(names, name)) throw new ExpressionError(`unknown name ${name}`);
    return names[name];
  }

  #binary({ operator, left, right }: Node & { type: "binary" }, element: Value): Value {
    const first = this.of(left, element);
    switch (operator) {
      case "and":
      case "&&":
        return boolOf(first, operator) && boolOf(this.of(right, element), operator);
      case "or":
      case "||":
        return boolOf(first, operator) || boolOf(this.of(right, element), operator);
      case "??":
        return first ?? this.of(right, element);
      case "matches":
        return this.#matches(stringOf(first, operator), stringOf(this.of(right, element), operator));
      default:
        return operate(operator, first, this.of(right, element));
    }
  }

  #matches(text: string, pattern: string): boolean {
    const problem = patternProblem(pattern);
    if (problem !== undefined) throw new ExpressionError(`the pattern ${pattern} is not valid: ${problem}`);
    try {
      return createPattern(pattern).test(text, this.#effort);
    } catch (thrown) {
      throw new ExpressionError(thrown instanceof Error ? thrown.message : "the pattern could not be matched");
    }
  }

  #slice({ of, from, to }: Node & { type: "slice" }, element: Value): Value {
    const list = this.of(of, element);
    const bound = (node: Node | undefined): number | undefined => node && numberOf(this.of(node, element), "a slice");
    return typeof list === "string"
      ? list.slice(bound(from), bound(to))
      : listOf(list, "a slice").slice(bound(from), bound(to));
  }

  #call({ name, args, each }: Node & { type: "call" }, element: Value): Value {
    const given = args.map((arg) => this.of(arg, element));
    if (Object.hasOwn(PREDICATES, name)) return this.#each(name, listOf(given[0], name), each);
    if (name === "now" && given.length === 0) return new Instant(this.#surroundings.now);
    const { functions } = this.#surroundings;
    const found = [functions, BUILT_IN].find((some) => Object.hasOwn(some, name))?.[name];
    if (!found) throw new ExpressionError(`unknown function ${name}`);
    if (given.length < found.least || given.length > found.most) {
      throw new ExpressionError(`${name} takes ${found.least === found.most ? found.least : "more"} arguments`);
    }
    return found.call(...given);
  }

  #each(name: string, list: unknown[], predicate: Node | undefined): Value {
    const value = (item: unknown): Value => (predicate ? this.of(predicate, item) : item);
    return PREDICATES[name]!(list, value, (item) => boolOf(value(item), name));
  }
}

type Predicate = (list: unknown[], value: (item: unknown) => Value, test: (item: unknown) => boolean) => Value;

const PREDICATES: Record<string, Predicate> = {
  all: (list, _value, test) => list.every(test),
  any: (list, _value, test) => list.some(test),
  none: (list, _value, test) => !list.some(test),
  one: (list, _value, test) => list.filter(test).length === 1,
  count: (list, _value, test) => list.filter(test).length,
  filter: (list, _value, test) => list.filter(test),
  find: (list, _value, test) => list.find(test) ?? null,
  findIndex: (list, _value, test) => list.findIndex(test),
  map: (list, value) => list.map(value),
};

function unary(operator: string, value: Value): Value {
  if (operator === "not") return !boolOf(value, operator);
  return operator === "-" ? -numberOf(value, operator) : numberOf(value, operator);
}

function fieldOf(value: Value, name: string, optional: boolean): Value {
  if (optional && (value ?? null) === null) return null;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ExpressionError(`${kindOf(value)} has no field ${name}`);
  }
  return Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : null;
}

function itemOf(value: Value, at: Value): Value {
  if (!Array.isArray(value)) return fieldOf(value, typeof at === "string" ? at : String(numberOf(at, "[]")), false);
  const index = numberOf(at, "[]");
  const found = index < 0 ? value.length + index : index;
  if (!Number.isInteger(found) || found < 0 || found >= value.length) {
    throw new ExpressionError(`index out of range: ${index} (the list has ${value.length})`);
  }
  return value[found];
}
