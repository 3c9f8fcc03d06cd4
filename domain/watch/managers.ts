import type { RawObject } from "../../schemas/artifact.ts";
import { FIELD_MANAGER } from "../../schemas/ids.ts";

type Fields = { readonly [element: string]: unknown };

const isFields = (value: unknown): value is Fields =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** Managers other than ours that now hold fields of the set, sorted; empty when the fields were removed or nobody holds them. */
export function touchedBy(live: RawObject, fieldSet: unknown): string[] {
  const entries: unknown[] = Array.isArray(live.metadata.managedFields) ? live.metadata.managedFields : [];
  const names = new Set<string>();
  for (const entry of entries) {
    if (!isFields(entry)) continue;
    const manager = entry["manager"];
    if (typeof manager !== "string" || manager === FIELD_MANAGER) continue;
    const fields = entry["fieldsV1"];
    if (isFields(fields) && Object.keys(fields).length > 0 && overlap(fields, fieldSet)) names.add(manager);
  }
  return [...names].sort();
}

/** Whether two field sets share a leaf; a leaf stands for everything below it. */
export function overlap(a: unknown, b: unknown): boolean {
  if (!isFields(a) || !isFields(b)) return false;
  const names = Object.keys(a);
  if (names.length === 0 || Object.keys(b).length === 0) return true;
  return names.some((name) => (name === "." ? false : Object.hasOwn(b, name) && overlap(a[name], b[name])));
}
