import type { RawObject } from "../../schemas/artifact.ts";
import { FIELD_MANAGER } from "../../schemas/ids.ts";
import { pathsIn } from "../diff/managed.ts";
import { withoutPaths } from "../diff/path.ts";
import { ownedFields, type FieldSet } from "./field-set.ts";

/** One entry of `metadata.managedFields` of an object itself, not of a subresource. */
export interface ManagerEntry {
  manager: string;
  operation: "Apply" | "Update";
  apiVersion: string;
  fieldsV1: FieldSet;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** The entries of a live object that are about the object itself. */
export const managerEntries = (live: RawObject): ManagerEntry[] =>
  rawEntries(live).filter(isOwn) as unknown as ManagerEntry[];

const rawEntries = (live: RawObject): unknown[] =>
  Array.isArray(live.metadata.managedFields) ? live.metadata.managedFields : [];

const isOwn = (entry: unknown): boolean =>
  isRecord(entry) && typeof entry["manager"] === "string" && !entry["subresource"] && isRecord(entry["fieldsV1"]);

/** Which of some managers' entries are to become ours. */
export interface Migration {
  /** Managers that wrote by `Update`, as client-side apply does. */
  updates: ReadonlySet<string>;
  /** Managers that wrote by server-side apply. */
  applies: ReadonlySet<string>;
}

/** Whether an entry becomes ours. */
const migrates = ({ manager, operation }: ManagerEntry, { updates, applies }: Migration): boolean =>
  operation === "Apply" ? manager !== FIELD_MANAGER && applies.has(manager) : updates.has(manager);

/** Names of the managers whose entries would become ours, sorted, each once. */
export const migratable = (live: RawObject, migration: Migration): string[] =>
  [
    ...new Set(
      managerEntries(live)
        .filter((entry) => migrates(entry, migration))
        .map(({ manager }) => manager),
    ),
  ].sort();

/**
 * The managed fields after the entries of those managers became our server-side apply's, or undefined when there is none.
 * What we don't apply is removed by the API server at our next apply (client-go, util/csaupgrade).
 */
export function migrated(live: RawObject, migration: Migration): unknown[] | undefined {
  const moving = managerEntries(live).filter((entry) => migrates(entry, migration));
  const [first] = moving;
  if (!first) return undefined;
  const fields = moving.map(({ fieldsV1 }) => fieldsV1).reduce(union, ownedFields(live) ?? {});
  const isOurs = (entry: unknown): boolean =>
    isRecord(entry) && entry["manager"] === FIELD_MANAGER && entry["operation"] === "Apply" && !entry["subresource"];
  const ours = rawEntries(live).find(isOurs) as ManagerEntry | undefined;
  const left = rawEntries(live).filter((entry) => !isOurs(entry) && !moving.includes(entry as ManagerEntry));
  const merged = {
    ...(ours ?? first),
    manager: FIELD_MANAGER,
    operation: "Apply",
    fieldsType: "FieldsV1",
    fieldsV1: fields,
  };
  return [...left, merged];
}

/** An object as it would be without what only some managers wrote: what of theirs goes once it is ours and isn't applied. */
export function withoutManagers(object: RawObject, managers: readonly string[]): RawObject {
  const entries = managerEntries(object);
  const moving = migrationOf(managers);
  const isMoving = (entry: ManagerEntry): boolean => migrates(entry, moving);
  const theirs = entries
    .filter(isMoving)
    .map(({ fieldsV1 }) => fieldsV1)
    .reduce(union, {});
  const left = entries
    .filter((entry) => !isMoving(entry))
    .map(({ fieldsV1 }) => fieldsV1)
    .reduce(subtract, theirs);
  return withoutPaths(object, pathsIn(object, left));
}

/** The leaves of one set that are not in the other. */
export function subtract(a: FieldSet, b: FieldSet): FieldSet {
  const left = Object.entries(a).flatMap(([element, inner]): [string, FieldSet][] => {
    const other = b[element];
    if (other === undefined) return [[element, inner]];
    if (Object.keys(inner).length === 0 || Object.keys(other).length === 0) return [];
    const rest = subtract(inner, other);
    return Object.keys(rest).some((name) => name !== ".") ? [[element, rest]] : [];
  });
  return Object.fromEntries(left);
}

/** What kubectl calls itself in a client-side apply, and what becomes of its fields at the first server-side one. */
export const CLIENT_SIDE = ["kubectl-client-side-apply", "kubectl-last-applied", "before-first-apply"];

/** The migration that takes over managers by name; a client-side applier never has an `Apply` entry. */
export const migrationOf = (managers: readonly string[]): Migration => ({
  updates: new Set(managers),
  applies: new Set(managers.filter((manager) => !CLIENT_SIDE.includes(manager))),
});

/** Both sets together; a node stands for itself where either says so. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  const merged: Record<string, FieldSet> = { ...a };
  for (const [element, inner] of Object.entries(b)) {
    const mine = merged[element];
    merged[element] = mine === undefined ? inner : joined(mine, inner);
  }
  return merged;
}

/** A node that one set has as a whole and the other by its members is both: itself, and each of them. */
function joined(a: FieldSet, b: FieldSet): FieldSet {
  const leaf = Object.keys(a).length === 0 || Object.keys(b).length === 0;
  const both = union(a, b);
  return leaf && Object.keys(both).length > 0 ? { ".": {}, ...both } : both;
}
