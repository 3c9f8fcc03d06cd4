import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  visit,
  type Alias,
  type Document,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { resolvePlain } from "./yaml-scalar.ts";

/** Thrown for what YAML allows and JSON or a limit does not; `offset` is where it stands in the text. */
export class YamlRefused extends Error {
  readonly offset: number;
  readonly limit: boolean;

  constructor(message: string, offset: number, limit = false) {
    super(message);
    this.offset = offset;
    this.limit = limit;
  }
}

/** How many values may still be made; shared by all documents of one rendering. */
export interface Budget {
  nodes: number;
}

/** A value that an alias copies takes this much of the budget: few bytes make many of them. */
const ALIAS_COST = 16;

const TAG = "tag:yaml.org,2002:";

/** The JSON value of a document's contents, as sigs.k8s.io/yaml has it. Aliases are copied, so that the budget counts them. */
export function valueOf(document: Document.Parsed, budget: Budget, depth: number): unknown {
  return new Converter(document, budget, depth).value(document.contents, 0);
}

class Converter {
  readonly #document: Document.Parsed;
  readonly #budget: Budget;
  readonly #maxDepth: number;
  /** Anchored nodes that are being converted: an alias to one of them has no end. */
  readonly #open = new Set<Node>();
  #targets: Map<Alias, Node> | undefined;
  /** Above 0 inside of an alias. */
  #copying = 0;

  constructor(document: Document.Parsed, budget: Budget, maxDepth: number) {
    this.#document = document;
    this.#budget = budget;
    this.#maxDepth = maxDepth;
  }

  value(node: Node | null, depth: number): unknown {
    this.#count(node, depth);
    if (node === null) return null;
    if (isAlias(node)) return this.#alias(node, depth);
    if (isScalar(node)) return scalarOf(node);
    if (this.#open.has(node)) throw new YamlRefused("an alias refers to something that it is part of", startOf(node));
    this.#open.add(node);
    const value = isSeq<Node | null>(node)
      ? node.items.map((item) => this.value(item, depth + 1))
      : isMap<Node, Node | null>(node)
        ? this.#map(node, depth)
        : null;
    this.#open.delete(node);
    return value;
  }

  #count(node: Node | null, depth: number): void {
    this.#budget.nodes -= this.#copying > 0 ? ALIAS_COST : 1;
    const offset = node === null ? 0 : startOf(node);
    if (this.#budget.nodes < 0) throw new YamlRefused("it has more values than the limit allows", offset, true);
    if (depth > this.#maxDepth) {
      throw new YamlRefused(`it is nested deeper than ${this.#maxDepth} levels`, offset, true);
    }
  }

  #alias(node: Alias, depth: number): unknown {
    this.#targets ??= aliasTargets(this.#document);
    const target = this.#targets.get(node);
    if (target === undefined) throw new YamlRefused("an alias refers to no anchor before it", startOf(node));
    this.#copying += 1;
    const value = this.value(target, depth);
    this.#copying -= 1;
    return value;
  }

  #map(node: YAMLMap<Node, Node | null>, depth: number): Record<string, unknown> {
    const own = new Map<string, unknown>();
    const merged: Record<string, unknown>[] = [];
    for (const pair of node.items) {
      if (isMergeKey(pair.key)) merged.push(...this.#merged(pair, depth));
      else {
        const key = this.#key(pair.key);
        if (own.has(key)) throw new YamlRefused(`the key ${JSON.stringify(key)} stands there twice`, startOf(pair.key));
        own.set(key, this.value(pair.value, depth + 1));
      }
    }
    const result: Record<string, unknown> = {};
    for (const source of merged.reverse()) for (const [key, value] of Object.entries(source)) set(result, key, value);
    for (const [key, value] of own) set(result, key, value);
    return result;
  }

  /** What `<<` brings in, first wins. */
  #merged(pair: Pair<Node, Node | null>, depth: number): Record<string, unknown>[] {
    const value = this.value(pair.value, depth);
    const sources = Array.isArray(value) ? value : [value];
    if (!sources.every(isRecord)) throw new YamlRefused("`<<` takes a map or a list of maps", startOf(pair.key));
    return sources;
  }

  #key(node: Node): string {
    this.#budget.nodes -= 1;
    const key = isAlias(node) ? this.#alias(node, 0) : isScalar(node) ? meaningOf(node) : undefined;
    if (typeof key === "string") return key;
    if (typeof key === "number") return numberKey(key);
    if (typeof key === "boolean" || (typeof key === "bigint" && key < 2n ** 63n)) return String(key);
    throw new YamlRefused("a key must be text, a number or a boolean", startOf(node));
  }
}

/** The node that each alias of a document means: the newest with its anchor before it. */
function aliasTargets(document: Document.Parsed): Map<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Node(_key, node) {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target) targets.set(node, target);
      } else if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** Sets a member as data, `__proto__` too. */
function set(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else target[key] = value;
}

/** Where a node begins in the text. */
export const startOf = (node: Node): number => node.range?.[0] ?? 0;

const isMergeKey = (node: Node): boolean =>
  isScalar(node) && node.value === "<<" && node.type === "PLAIN" && node.tag === undefined;

function scalarOf(node: Scalar): unknown {
  const value = meaningOf(node);
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new YamlRefused(`${String(node.value)} is a number that JSON does not have`, startOf(node));
  }
  return value;
}

const meaningOf = (node: Scalar): unknown => tagged(node, typeof node.value === "string" ? node.value : "");

/** A number as a key: an integer as it is; of anything else Go writes the digits that a float32 needs, from 10^6 on with an exponent. */
function numberKey(key: number): string {
  if (Number.isSafeInteger(key)) return String(key);
  if (Number.isNaN(key)) return ".nan";
  if (!Number.isFinite(key)) return key > 0 ? ".inf" : "-.inf";
  let digits = 1;
  while (digits < 9 && Math.fround(Number(key.toPrecision(digits))) !== Math.fround(key)) digits += 1;
  const [mantissa, exponent] = key.toExponential(digits - 1).split("e") as [string, string];
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(Number(key.toPrecision(digits)));
  return `${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

/** An explicit tag decides; without one only a plain scalar can be anything but text. */
function tagged(node: Scalar, text: string): unknown {
  switch (node.tag) {
    case undefined:
      return node.type === "PLAIN" || node.type === undefined ? resolvePlain(text) : text;
    case `${TAG}binary`:
      return Buffer.from(text, "base64").toString("utf8");
    case `${TAG}int`:
    case `${TAG}float`:
    case `${TAG}bool`:
    case `${TAG}null`:
      return resolvePlain(text);
    default:
      return text;
  }
}
