import type { FieldChange } from "../../domain/break-glass/difference.ts";

/** Keys and indexes that lead to a place in a value. */
export type Place = (string | number)[];

type Fields = Record<string | number, unknown>;

/** The same value with fields changed; the value given stays as it is. */
export function withChanges(value: unknown, changes: readonly FieldChange[]): unknown {
  const copy: unknown = structuredClone(value);
  for (const change of changes) apply(copy, change);
  return copy;
}

function apply(root: unknown, { path, value }: FieldChange): void {
  const place = placeIn(root, path);
  if (value === undefined) {
    if (place) remove(root, place);
    return;
  }
  if (place) return set(root, place, value);
  // The last element is a member that the list has not got yet.
  const list = placeIn(root, path.slice(0, -1));
  if (!list) return;
  const found = at(root, list);
  if (Array.isArray(found)) found.push(value);
  else set(root, list, [value]);
}

const at = (root: unknown, place: Place): unknown =>
  place.reduce<unknown>((value, key) => (isFields(value) && Object.hasOwn(value, key) ? value[key] : undefined), root);

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;

function remove(root: unknown, place: Place): void {
  const parent = at(root, place.slice(0, -1));
  const key = place.at(-1)!;
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else if (isFields(parent)) delete parent[key];
}

function set(root: unknown, place: Place, value: unknown): void {
  let parent = root as Fields;
  for (const key of place.slice(0, -1)) {
    if (!isFields(parent[key])) parent[key] = {};
    parent = parent[key] as Fields;
  }
  parent[place.at(-1)!] = value;
}

function placeIn(root: unknown, path: readonly string[]): Place | undefined {
  const place: Place = [];
  for (const element of path) {
    if (element.startsWith("f:")) {
      place.push(element.slice(2));
      continue;
    }
    const list = at(root, place);
    const index = Array.isArray(list) ? indexIn(list, element) : -1;
    if (index < 0) return undefined;
    place.push(index);
  }
  return place;
}

/** Which item of a list an element of a field set names; -1 where it has none. */
export function indexIn(items: readonly unknown[], element: string): number {
  const rest = element.slice(2);
  if (element.startsWith("i:")) return Number(rest);
  const wanted: unknown = JSON.parse(rest);
  if (element.startsWith("v:"))
    return items.findIndex((item) => typeof item !== "bigint" && JSON.stringify(item) === rest);
  const keys = Object.entries(wanted as object);
  // A key with a default, as a port's protocol, may be left out of the manifest.
  const fits = (item: unknown) =>
    isFields(item) &&
    keys.every(([name, value]) => {
      const own = item[name];
      return own === undefined ? name === "protocol" && value === "TCP" : own === value;
    });
  return items.findIndex(fits);
}
