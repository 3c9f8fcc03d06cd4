import type { RawObject } from "../../schemas/artifact.ts";
import { FIELD_MANAGER } from "../../schemas/ids.ts";
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
