import type { InventoryEntry, RawObject } from "../../schemas/artifact.ts";
import type { Digests } from "../sync/canonical.ts";
import { fieldsDigest, type FieldSet } from "../sync/field-set.ts";
import { rulesDigest, type Ignoring } from "./ignore.ts";
import { touchedBy } from "../watch/managers.ts";
import { keysOf, managedPaths } from "./managed.ts";
import { treeOf, withoutPaths, type JsonPath, type PathTree } from "./path.ts";

/** What is left of a field set without ignored fields. */
export interface Narrowed {
  fieldSet: FieldSet;
  /** Ignored fields inside values that the API server tracks as a whole, such as a list without keys. */
  within: JsonPath[];
}

/** The field set without what stands at the paths of the object. */
export function narrowed(set: FieldSet, object: RawObject, paths: readonly JsonPath[]): Narrowed {
  const within: JsonPath[] = [];
  const fieldSet = cut(object, set, { tree: treeOf(paths), path: [], within }) ?? {};
  return { fieldSet, within };
}

interface Place {
  tree: PathTree;
  path: JsonPath;
  within: JsonPath[];
}

function cut(value: unknown, set: FieldSet, { tree, path, within }: Place): FieldSet | undefined {
  const elements = Object.entries(set);
  if (elements.length === 0) {
    within.push(...endsOf(tree).map((rest) => [...path, ...rest]));
    return set;
  }
  const kept = elements.flatMap(([element, inner]): [string, FieldSet][] => {
    const [found] = element === "." ? [] : keysOf(value, element);
    const below = found && tree.members.get(found.key);
    if (!below) return [[element, inner]];
    if (below.ends) return [];
    const rest = cut(found.item, inner, { tree: below, path: [...path, found.key], within });
    return rest ? [[element, rest]] : [];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

function endsOf({ ends, members }: PathTree): JsonPath[] {
  if (ends) return [[]];
  return [...members].flatMap(([key, inner]) => endsOf(inner).map((path) => [key, ...path]));
}

/** Digest of our fields as they are live, of which the ignored ones do not count. */
export const recordedDigest = (
  live: RawObject,
  entry: Pick<InventoryEntry, "fieldSet" | "ignored">,
  digests: Digests,
): string => fieldsDigest(withoutPaths(live, entry.ignored?.within ?? []), entry.fieldSet, digests);

/** All fields that were ours by the last apply, ignored ones included: these may be taken back. */
export const ownedSet = (entry: Pick<InventoryEntry, "fieldSet" | "ignored"> | undefined): unknown =>
  entry === undefined ? null : (entry.ignored?.owned ?? entry.fieldSet);

/**
 * The inventory entry of an object as it is live, with the fields left out of it that are ignored: what others make of
 * them is neither drift nor a difference from then on.
 */
export function withIgnored(
  entry: InventoryEntry,
  live: RawObject,
  { ignoring, paths, digests }: { ignoring: Ignoring | undefined; paths: readonly JsonPath[]; digests: Digests },
): InventoryEntry {
  const owned = ownedSet(entry);
  const { ignored: _, ...rest } = entry;
  const rules = rulesDigest(ignoring, digests);
  // Nothing is known of its fields, or nothing is to be.
  if (owned === null) return rest;
  const fieldsOf = (of: Pick<InventoryEntry, "fieldSet" | "ignored">): string | null =>
    entry.fields === null ? null : recordedDigest(live, of, digests);
  if (rules === undefined || ignoring === undefined) {
    return { ...rest, fieldSet: owned, fields: fieldsOf({ fieldSet: owned }) };
  }
  const { fieldSet, within } = narrowed(owned as FieldSet, live, paths);
  const managers = ignoring.managedFieldsManagers;
  const ignored = { rules, owned, ...(within.length > 0 && { within }), ...(managers.length > 0 && { managers }) };
  return { ...rest, fieldSet, ignored, fields: fieldsOf({ fieldSet, ignored }) };
}

/**
 * Whether all that changed of our fields was changed by managers whose fields are ignored. The API server gives a field that
 * somebody else changes to them, so a field that is there and that nobody else has is as we applied it.
 */
export function changedByIgnored(
  live: RawObject,
  { fieldSet, managers }: { fieldSet: unknown; managers: readonly string[] },
): boolean {
  if (managers.length === 0 || fieldSet === null) return false;
  const others = touchedBy(live, fieldSet).filter((manager) => !managers.includes(manager));
  return others.length === 0 && allThere(live, fieldSet as FieldSet);
}

/** A field set without the fields that ignored managers have now: what is to be told of a change that is not theirs alone. */
export const withoutManaged = (live: RawObject, fieldSet: unknown, managers: readonly string[]): unknown =>
  managers.length === 0 || fieldSet === null || fieldSet === undefined
    ? fieldSet
    : narrowed(fieldSet as FieldSet, live, managedPaths(live, live, managers)).fieldSet;

function allThere(value: unknown, set: FieldSet): boolean {
  return Object.entries(set).every(([element, inner]) => {
    if (element === ".") return value !== undefined;
    const found = keysOf(value, element);
    return found.length > 0 && found.every(({ item }) => allThere(item, inner));
  });
}
