import type { RawObject } from "../../schemas/artifact.ts";
import { APPLICATION_LABEL, FIELD_MANAGER, TRACKING_ANNOTATION } from "../../schemas/ids.ts";
import { authorsOf } from "../drift/authors.ts";
import { type ChangedField, changedFields } from "../drift/changed-fields.ts";
import type { FieldSet } from "../sync/field-set.ts";
import { managerEntries, type ManagerEntry, subtract, union } from "../sync/manager-entries.ts";

/** A field that somebody wrote beside those of Sluice; a sync leaves it as it is. */
export interface AddedField extends ChangedField {
  /** Field managers that hold it, sorted. */
  managers: string[];
}

/** Elements of a field set that the cluster or we write, never meant for Git. */
export const NEVER_MEANT: ReadonlySet<string> = new Set([
  "f:kubectl.kubernetes.io/last-applied-configuration",
  "f:kubectl.kubernetes.io/restartedAt",
  "f:deployment.kubernetes.io/revision",
  `f:${TRACKING_ANNOTATION}`,
  `f:${APPLICATION_LABEL}`,
]);

/** The entries of other managers that changed since an instant (RFC 3339); one without a time may have. */
export const entriesSince = (live: RawObject, since: string): ManagerEntry[] =>
  managerEntries(live).filter((entry) => entry.manager !== FIELD_MANAGER && isSince(entry, since));

function isSince(entry: ManagerEntry & { time?: unknown }, since: string): boolean {
  // The API server writes whole seconds.
  const begin = Math.floor(Date.parse(since) / 1_000) * 1_000;
  return typeof entry.time !== "string" || Date.parse(entry.time) >= begin;
}

/** The fields that other managers wrote since an instant and that are not ours; status is left out. */
export function addedSet(live: RawObject, ours: unknown, since: string): FieldSet {
  const theirs = entriesSince(live, since).map(({ fieldsV1 }) => meant(fieldsV1));
  const { "f:status": _, ...set } = subtract(theirs.reduce(union, {}), (ours ?? {}) as FieldSet);
  return set;
}

/** A node that had members goes along with the last of them. */
function meant(set: FieldSet): FieldSet {
  const kept = Object.entries(set).filter(([element]) => !NEVER_MEANT.has(element));
  const left = kept.map(([element, inner]): [string, FieldSet] => [element, meant(inner)]);
  return Object.fromEntries(left.filter(([element, inner]) => members(inner) > 0 || members(set[element]!) === 0));
}

const members = (set: FieldSet): number => Object.keys(set).filter((element) => element !== ".").length;

/** The added fields of a live object, which comes masked, each with who holds it. */
export function addedFields(live: RawObject, ours: unknown, since: string): AddedField[] {
  const { fields, set } = changedFields({} as RawObject, live, addedSet(live, ours, since));
  const managers = [...new Set(authorsOf(live, set).map(({ manager }) => manager))].sort();
  return fields.map((field) => ({ ...field, managers }));
}
