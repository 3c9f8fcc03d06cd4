import type { RawObject } from "../../schemas/artifact.ts";
import { canonicalJson } from "../sync/canonical.ts";
import { select, type FieldSet } from "../sync/field-set.ts";
import { compareText } from "../sync/identity.ts";
import { fieldSetsOf } from "./managed.ts";

/**
 * Two states of one object with their set-like lists in one order. Which lists those are the API server says by how it
 * tracks their items: by key (`k:`) or by value (`v:`), not as a whole. Inside a pod template order counts all the same:
 * another order there is another template, and rolls the pods.
 */
export function inOneOrder(a: RawObject, b: RawObject): [RawObject, RawObject] {
  const sets = [a, b].flatMap((object) => fieldSetsOf(object, () => true));
  const sorted = (object: RawObject): RawObject =>
    object.kind === "Pod" || object.kind === "PodTemplate" ? object : (sort(object, sets) as RawObject);
  return [sorted(a), sorted(b)];
}

function sort(value: unknown, sets: readonly FieldSet[]): unknown {
  if (sets.length === 0 || value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return sortList(value, sets);
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      name === "template" ? item : sort(item, inside(sets, `f:${name}`)),
    ]),
  );
}

function sortList(list: readonly unknown[], sets: readonly FieldSet[]): unknown[] {
  const elements = new Set(sets.flatMap(Object.keys).filter((element) => /^[kv]:/.test(element)));
  if (elements.size === 0) return [...list];
  const own = new Map<unknown, FieldSet[]>();
  for (const element of elements) {
    for (const item of select(list, element)) own.set(item, [...(own.get(item) ?? []), ...inside(sets, element)]);
  }
  return list
    .map((item) => sort(item, own.get(item) ?? []))
    .map((item) => ({ item, text: canonicalJson(item) }))
    .sort((one, other) => compareText(one.text, other.text))
    .map(({ item }) => item);
}

const inside = (sets: readonly FieldSet[], element: string): FieldSet[] =>
  sets.flatMap((set) => (set[element] ? [set[element]] : []));
