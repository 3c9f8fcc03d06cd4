import type { RawObject } from "../../schemas/artifact.ts";
import type { FieldSet } from "./field-set.ts";
import { select } from "./field-set.ts";

/**
 * What tells the items of a built-in kind's list apart, by the list's name: the patchMergeKey of k8s.io/api. A list that is
 * not here, and every list of another kind, is one value.
 */
const MERGE_KEYS: Readonly<Record<string, readonly string[]>> = {
  containers: ["name"],
  initContainers: ["name"],
  ephemeralContainers: ["name"],
  volumes: ["name"],
  imagePullSecrets: ["name"],
  secrets: ["name"],
  env: ["name"],
  resourceClaims: ["name"],
  schedulingGates: ["name"],
  webhooks: ["name"],
  ports: ["containerPort", "port"],
  volumeMounts: ["mountPath"],
  volumeDevices: ["devicePath"],
  hostAliases: ["ip"],
  topologySpreadConstraints: ["topologyKey"],
};

type Tree = Record<string, unknown>;

const isRecord = (value: unknown): value is Tree =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** Groups of the API server itself, whose kinds it knows the merge keys of. */
const isBuiltin = (apiVersion: string): boolean =>
  !apiVersion.includes("/") || !apiVersion.split("/")[0]?.includes(".") || /^[^/]+\.k8s\.io\//.test(apiVersion);

/** How the API server merges an object of a kind: with the keys of its lists where the kind is built in. */
export const mergeTypeOf = (apiVersion: string, served: { crd: boolean }): "strategic" | "merge" =>
  isBuiltin(apiVersion) && !served.crd ? "strategic" : "merge";

/** The fields that an object sets, as a server-side apply would own them. */
export function fieldsOfObject(object: RawObject, type: "strategic" | "merge"): FieldSet {
  const { apiVersion: _, kind: _kind, status: _status, metadata, ...rest } = object;
  const { labels, annotations, finalizers } = metadata;
  const own = Object.fromEntries(
    Object.entries({ labels, annotations, finalizers }).filter(([, value]) => value !== undefined),
  );
  return fieldsOf({ ...rest, metadata: own }, type) as FieldSet;
}

function fieldsOf(value: unknown, type: "strategic" | "merge", list?: string): FieldSet {
  if (Array.isArray(value)) {
    const key = type === "strategic" && list !== undefined ? keyOfItems(list, value) : undefined;
    if (key === undefined) return {};
    const items = value.map((item: Tree): [string, FieldSet] => [
      `k:${JSON.stringify({ [key]: item[key] })}`,
      { ".": {}, ...fieldsOf(item, type) },
    ]);
    return Object.fromEntries(items);
  }
  if (!isRecord(value)) return {};
  const names = Object.keys(value);
  // An empty map is there, and what is in it is others'.
  if (names.length === 0) return { ".": {} };
  return Object.fromEntries(names.map((name) => [`f:${name}`, fieldsOf(value[name], type, name)]));
}

/** The key that all items of a list have; undefined when it is one value. */
const keyOfItems = (list: string, items: readonly unknown[]): string | undefined =>
  items.length === 0
    ? undefined
    : MERGE_KEYS[list]?.find((key) => items.every((item) => isRecord(item) && item[key] !== undefined));

/**
 * The patch that makes a live object what is desired, and takes away what was applied before and isn't desired any more. Fields
 * of others stay. As kubectl's client-side apply, but by the set of fields instead of a copy of the object in an annotation.
 */
export function threeWayPatch(before: FieldSet, desired: RawObject, type: "strategic" | "merge"): Tree {
  const { status: _status, ...patch } = structuredClone(desired) as RawObject & Tree;
  remove(before, patch as Tree, type);
  return patch as Tree;
}

/** Identity is never taken away. */
const KEPT: ReadonlySet<string> = new Set(["apiVersion", "kind", "name", "namespace"]);

function remove(before: FieldSet, patch: Tree, type: "strategic" | "merge"): void {
  for (const [element, inner] of Object.entries(before)) {
    if (!element.startsWith("f:")) continue;
    const name = element.slice(2);
    const value = patch[name];
    if (value === undefined) {
      if (!KEPT.has(name)) patch[name] = gone(inner, type);
    } else if (isRecord(value)) remove(inner, value, type);
    else if (Array.isArray(value) && type === "strategic") removeItems(inner, value);
  }
}

/** What takes a field away: a keyed list item by item, so that others' items stay, anything else as a whole. */
function gone(inner: FieldSet, type: "strategic" | "merge"): unknown {
  const items = Object.keys(inner).filter((element) => element.startsWith("k:"));
  if (type === "merge" || items.length === 0) return null;
  return items.map((element) => ({ $patch: "delete", ...keysIn(element) }));
}

function removeItems(before: FieldSet, items: unknown[]): void {
  for (const [element, inner] of Object.entries(before)) {
    if (!element.startsWith("k:")) continue;
    const found = select(items, element).filter(isRecord);
    if (found.length === 0 && !items.some((item) => hasFirstKey(item, element))) {
      items.push({ $patch: "delete", ...keysIn(element) });
    }
    for (const item of found) remove(inner, item, "strategic");
  }
}

/** A server-side apply tells ports apart by port and protocol, of which Git may name the first only. */
function hasFirstKey(item: unknown, element: string): boolean {
  const keys = keysIn(element);
  return isRecord(item) && Object.entries(keys).every(([key, wanted]) => (item[key] ?? wanted) === wanted);
}

const keysIn = (element: string): Tree => JSON.parse(element.slice(2)) as Tree;
