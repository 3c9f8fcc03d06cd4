import type { RawObject } from "../../schemas/artifact.ts";
import type { ObjectKey } from "../../schemas/ids.ts";
import { changedLeaves, type Leaf } from "../drift/changed-fields.ts";
import { type FieldSet, select } from "../sync/field-set.ts";
import { NEVER_MEANT } from "./added.ts";

/** One field of an object that is to be another in its manifest; without a value it is to be gone. */
export interface FieldChange {
  /** Elements of a field set, from the root: `f:name`, `k:{...}`, `v:...`, `i:n`. */
  path: string[];
  value?: unknown;
}

/** What is to become of the manifest of one object. */
export interface ObjectEdit {
  key: ObjectKey;
  apiVersion: string;
  /** The object is gone from the cluster. */
  removed: boolean;
  changes: FieldChange[];
}

/**
 * The fields whose live value is not the desired one: of those we own, and of those that the managers who changed the object by hand
 * hold beside them. Status and metadata other than labels and annotations are left out.
 */
export function fieldChanges(desired: RawObject, live: RawObject, sets: readonly FieldSet[]): FieldChange[] {
  const changes = new Map<string, FieldChange>();
  for (const set of sets) {
    for (const leaf of changedLeaves(desired, live, set)) {
      if (!isMeant(leaf)) continue;
      const value: unknown = restricted(leaf.is, setAt(set, leaf.path));
      changes.set(leaf.path.join("\n"), { path: leaf.path, ...(leaf.is !== undefined && { value }) });
    }
  }
  const all = [...changes.values()];
  return all.filter(({ path }) => !all.some((other) => other.path !== path && isUnder(path, other.path)));
}

function isMeant({ path }: Leaf): boolean {
  const [section, part] = path;
  if (section === "f:status" || section === "f:apiVersion" || section === "f:kind") return false;
  if (section === "f:metadata" && part !== "f:labels" && part !== "f:annotations") return false;
  return !path.some((element) => NEVER_MEANT.has(element));
}

const isUnder = (path: readonly string[], above: readonly string[]): boolean =>
  path.length > above.length && above.every((element, index) => path[index] === element);

const setAt = (set: FieldSet, path: readonly string[]): FieldSet =>
  path.reduce<FieldSet>((at, element) => at[element] ?? {}, set);

/** A value with only what a field set names: what its author wrote, not what the API server filled in. */
export function restricted(value: unknown, set: FieldSet): unknown {
  const elements = Object.keys(set).filter((element) => element !== ".");
  if (elements.length === 0 || value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) {
    return elements.flatMap((element) => select(value, element).map((item) => restricted(item, set[element] ?? {})));
  }
  const fields = value as Record<string, unknown>;
  const kept = elements.filter((element) => element.startsWith("f:") && Object.hasOwn(fields, element.slice(2)));
  return Object.fromEntries(
    kept.map((element) => [element.slice(2), restricted(fields[element.slice(2)], set[element] ?? {})]),
  );
}
