import { ExpressionError, type Token, tokensOf } from "./token.ts";
import type { Node } from "./tree.ts";

/** How tightly operators bind, as expr-lang has them. */
const BINARY: Record<string, number> = {
  "|": 0,
  or: 10,
  "||": 10,
  and: 15,
  "&&": 15,
  "==": 20,
  "!=": 20,
  "<": 20,
  ">": 20,
  ">=": 20,
  "<=": 20,
  in: 20,
  matches: 20,
  contains: 20,
  startsWith: 20,
  endsWith: 20,
  "..": 25,
  "+": 30,
  "-": 30,
  "*": 60,
  "/": 60,
  "%": 60,
  "**": 100,
  "^": 100,
  "??": 500,
};
const UNARY: Record<string, number> = { not: 50, "!": 50, "-": 90, "+": 90 };
const RIGHT = new Set(["**", "^"]);
const LITERALS = new Map<string, boolean | null>([
  ["true", true],
  ["false", false],
  ["nil", null],
]);
/** Functions whose second argument is asked of each element. */
const PREDICATES = new Set(["all", "any", "one", "none", "map", "filter", "find", "findIndex", "count"]);

const LONGEST = 10_000;
const DEEPEST = 100;

/** Reads an expression of expr-lang, as Argo Rollouts' conditions are written. Throws ExpressionError. */
export function parseExpression(text: string): Node {
  if (text.length > LONGEST) throw new ExpressionError(`it is longer than ${LONGEST} characters`);
  const reader = new Reader(tokensOf(text));
  const node = reader.expression(0);
  reader.end();
  return node;
}

class Reader {
  readonly #tokens: Token[];
  #at = 0;
  #depth = 0;
  #closures = 0;

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  get #now(): Token {
    return this.#tokens[this.#at]!;
  }

  #is(text: string): boolean {
    return this.#now.type === "operator" && this.#now.text === text;
  }

  #took(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#at += 1;
    return true;
  }

  #expect(text: string): void {
    if (!this.#took(text)) throw this.#unexpected(`${text} was expected`);
  }

  #unexpected(why?: string): ExpressionError {
    const { type, text, at } = this.#now;
    const what = type === "end" ? "it ends too early" : `unexpected ${text} at character ${at + 1}`;
    return new ExpressionError(why === undefined ? what : `${what}: ${why}`);
  }

  end(): void {
    if (this.#now.type !== "end") throw this.#unexpected();
  }

  expression(least: number): Node {
    this.#depth += 1;
    if (this.#depth > DEEPEST) throw new ExpressionError(`it is nested deeper than ${DEEPEST} levels`);
    let left = this.#unary();
    for (let operator = this.#binary(least); operator; operator = this.#binary(least)) {
      left = this.#operation(left, operator);
    }
    const node = least === 0 ? this.#choice(left) : left;
    this.#depth -= 1;
    return node;
  }

  /** The operator that stands here and binds tightly enough; `not in` and its like are one. */
  #binary(least: number): { text: string; negated: boolean } | undefined {
    if (this.#now.type !== "operator") return undefined;
    const following = this.#tokens[this.#at + 1];
    const negated = this.#now.text === "not" && following?.type === "operator" && BINARY[following.text] === 20;
    const { text } = negated ? following : this.#now;
    const precedence = BINARY[text];
    if (precedence === undefined || precedence < least) return undefined;
    this.#at += negated ? 2 : 1;
    return { text, negated };
  }

  #operation(left: Node, { text: operator, negated }: { text: string; negated: boolean }): Node {
    if (operator === "|") return this.#piped(left);
    const precedence = BINARY[operator]!;
    const right = this.expression(RIGHT.has(operator) ? precedence : precedence + 1);
    const node: Node = { type: "binary", operator, left, right };
    return negated ? { type: "unary", operator: "not", of: node } : node;
  }

  #piped(left: Node): Node {
    if (this.#now.type !== "name") throw this.#unexpected("a function was expected");
    const call = this.#postfix(this.#named(left));
    if (call.type !== "call") throw this.#unexpected("a function was expected");
    return call;
  }

  #choice(test: Node): Node {
    if (!this.#took("?")) return test;
    const yes = this.expression(0);
    this.#expect(":");
    return { type: "choice", test, yes, no: this.expression(0) };
  }

  #unary(): Node {
    const { type, text } = this.#now;
    const precedence = type === "operator" ? UNARY[text] : undefined;
    if (precedence === undefined) return this.#postfix(this.#primary());
    this.#at += 1;
    return { type: "unary", operator: text === "!" ? "not" : text, of: this.expression(precedence) };
  }

  #primary(): Node {
    const token = this.#now;
    if (token.type === "name") return this.#named();
    if (token.type === "number" || token.type === "string") {
      this.#at += 1;
      return { type: "literal", value: token.value! };
    }
    if (this.#took("(")) {
      const inner = this.expression(0);
      this.#expect(")");
      return inner;
    }
    if (this.#took("[")) return { type: "array", items: this.#list("]") };
    if (this.#took("{")) return this.#map();
    if (this.#closures > 0 && this.#took("#")) return { type: "element" };
    // `.name` is `#.name`.
    if (this.#closures > 0 && this.#is(".")) return { type: "element" };
    throw this.#unexpected();
  }

  #named(piped?: Node): Node {
    const { text: name } = this.#now;
    this.#at += 1;
    if (LITERALS.has(name)) return { type: "literal", value: LITERALS.get(name)! };
    if (!this.#took("(")) return piped ? { type: "call", name, args: [piped] } : { type: "name", name };
    return this.#call(name, piped);
  }

  #call(name: string, piped?: Node): Node {
    if (!PREDICATES.has(name)) {
      const args = this.#list(")");
      return { type: "call", name, args: piped ? [piped, ...args] : args };
    }
    const of = piped ?? this.expression(0);
    const given = piped ? !this.#is(")") : this.#took(",");
    const each = given ? this.#predicate() : undefined;
    this.#expect(")");
    return { type: "call", name, args: [of], ...(each && { each }) };
  }

  #predicate(): Node {
    this.#closures += 1;
    const braced = this.#took("{");
    const node = this.expression(0);
    if (braced) this.#expect("}");
    this.#closures -= 1;
    return node;
  }

  #list(close: string): Node[] {
    const items: Node[] = [];
    while (!this.#took(close)) {
      if (items.length > 0) this.#expect(",");
      if (items.length > 0 && this.#took(close)) break;
      items.push(this.expression(0));
    }
    return items;
  }

  #map(): Node {
    const entries: { key: string; value: Node }[] = [];
    while (!this.#took("}")) {
      if (entries.length > 0) this.#expect(",");
      const { type, text, value } = this.#now;
      if (type !== "name" && type !== "string") throw this.#unexpected("a key was expected");
      this.#at += 1;
      this.#expect(":");
      entries.push({ key: type === "name" ? text : String(value), value: this.expression(0) });
    }
    return { type: "map", entries };
  }

  #postfix(start: Node): Node {
    let node = start;
    for (;;) {
      if (this.#is(".") || this.#is("?.")) node = this.#member(node);
      else if (this.#took("[")) node = this.#indexed(node);
      else return node;
    }
  }

  #member(of: Node): Node {
    const optional = this.#now.text === "?.";
    this.#at += 1;
    const { type, text } = this.#now;
    const word = type === "name" || (type === "operator" && /^[a-z]/i.test(text));
    if (!word) throw this.#unexpected("the name of a field was expected");
    this.#at += 1;
    if (this.#is("(")) throw new ExpressionError(`there is no method ${text}`);
    return { type: "member", of, name: text, optional };
  }

  #indexed(of: Node): Node {
    const from = this.#is(":") ? undefined : this.expression(0);
    if (this.#took("]")) return { type: "index", of, at: from! };
    this.#expect(":");
    const to = this.#is("]") ? undefined : this.expression(0);
    this.#expect("]");
    return { type: "slice", of, from, to };
  }
}
