import type { RawObject } from "../../schemas/artifact.ts";
import { select, type FieldSet } from "../sync/field-set.ts";
import type { JsonPath } from "./path.ts";

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** The field sets that some managers have on a live object, whatever they wrote them with. */
export function fieldsOf(live: RawObject, managers: readonly string[]): FieldSet[] {
  return fieldSetsOf(live, (manager) => managers.includes(manager));
}

/** The field sets on a live object whose manager is wanted. */
export function fieldSetsOf(live: RawObject, wanted: (manager: string) => boolean): FieldSet[] {
  const entries: unknown[] = Array.isArray(live.metadata.managedFields) ? live.metadata.managedFields : [];
  return entries.flatMap((entry) =>
    isRecord(entry) && typeof entry["manager"] === "string" && wanted(entry["manager"]) && isRecord(entry["fieldsV1"])
      ? [entry["fieldsV1"] as FieldSet]
      : [],
  );
}

/** Where the fields stand in an object that some managers have on the live one. */
export const managedPaths = (object: RawObject, live: RawObject, managers: readonly string[]): JsonPath[] =>
  managers.length === 0 ? [] : fieldsOf(live, managers).flatMap((set) => pathsIn(object, set));

/** Where the leaves of a field set stand in a value; what the value does not have is left out. */
export function pathsIn(value: unknown, set: FieldSet): JsonPath[] {
  return Object.entries(set).flatMap(([element, inner]) =>
    element === "."
      ? []
      : keysOf(value, element).flatMap(({ key, item }) =>
          Object.keys(inner).length === 0 ? [[key]] : pathsIn(item, inner).map((path) => [key, ...path]),
        ),
  );
}

/** Name or positions in a value of what an element of a field set names. */
export function keysOf(value: unknown, element: string): { key: string | number; item: unknown }[] {
  const found = select(value, element);
  if (element.startsWith("f:")) return found.map((item) => ({ key: element.slice(2), item }));
  if (!Array.isArray(value)) return [];
  const list: unknown[] = value;
  return list.flatMap((item, key) => (found.includes(item) ? [{ key, item }] : []));
}
