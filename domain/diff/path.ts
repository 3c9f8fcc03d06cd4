/** Where a value stands in an object: names of members and positions in lists, from the outside in. */
export type JsonPath = readonly (string | number)[];

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** The names in a JSON pointer (RFC 6901): `/metadata/annotations/a~1b` is `metadata`, `annotations`, `a/b`. */
export const pointerNames = (pointer: string): string[] =>
  pointer === ""
    ? []
    : pointer
        .slice(1)
        .split("/")
        .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));

/** The path of what a JSON pointer names in an object; undefined where there is nothing. */
export function pathOfPointer(object: unknown, pointer: string): JsonPath | undefined {
  const path: (string | number)[] = [];
  let value = object;
  for (const name of pointerNames(pointer)) {
    const step = Array.isArray(value) ? (/^(?:0|[1-9]\d*)$/.test(name) ? Number(name) : -1) : name;
    if (!has(value, step)) return undefined;
    path.push(step);
    value = member(value, step);
  }
  return path;
}

/**
 * The paths that one path of jq's `path()` names in an object: a negative position counts from the end, and a slice
 * (`{"start": 1, "end": 3}`) is each of its items. What is not there is left out.
 */
export function pathsOfJq(object: unknown, steps: readonly unknown[]): JsonPath[] {
  let found: { path: JsonPath; value: unknown }[] = [{ path: [], value: object }];
  for (const step of steps) {
    found = found.flatMap(({ path, value }) =>
      keysOf(value, step)
        .filter((key) => has(value, key))
        .map((key) => ({ path: [...path, key], value: member(value, key) })),
    );
  }
  return found.map(({ path }) => path);
}

function keysOf(value: unknown, step: unknown): (string | number)[] {
  if (typeof step === "string") return [step];
  if (!Array.isArray(value)) return [];
  if (typeof step === "number") return [step < 0 ? value.length + step : step];
  if (!isRecord(step)) return [];
  const { start, end } = step;
  return [...value.keys()].slice(...[start ?? 0, end ?? value.length].map(Number));
}

/** Whether a value has a member of that name, or an item at that position. */
export const has = (value: unknown, key: string | number): boolean =>
  typeof key === "number"
    ? Array.isArray(value) && key >= 0 && key < value.length
    : isRecord(value) && Object.hasOwn(value, key);

/** The member of that name, or the item at that position. */
export const member = (value: unknown, key: string | number): unknown =>
  (value as Record<string | number, unknown>)[key];

/** The value at a path; undefined where there is none. */
export function valueAt(value: unknown, path: JsonPath): unknown {
  let found = value;
  for (const key of path) {
    if (!has(found, key)) return undefined;
    found = member(found, key);
  }
  return found;
}

/** Paths as a tree: what is below one that ends is covered by it. */
export interface PathTree {
  ends: boolean;
  members: Map<string | number, PathTree>;
}

/** The tree of some paths. */
export function treeOf(paths: readonly JsonPath[]): PathTree {
  const root: PathTree = { ends: false, members: new Map() };
  for (const path of paths) {
    let node = root;
    for (const key of path) {
      const next: PathTree = node.members.get(key) ?? { ends: false, members: new Map() };
      node.members.set(key, next);
      node = next;
    }
    node.ends = true;
  }
  return root;
}

/** A copy without what stands at the paths; a map or list that is left empty by that goes too. The root stays. */
export const withoutPaths = <Value>(value: Value, paths: readonly JsonPath[]): Value =>
  paths.length === 0 ? value : ((cut(value, treeOf(paths)) ?? {}) as Value);

function cut(value: unknown, { members }: PathTree): unknown {
  if (Array.isArray(value)) {
    const kept = value.flatMap((item: unknown, at) => left(item, members.get(at)));
    return kept.length === 0 && value.length > 0 ? undefined : kept;
  }
  if (!isRecord(value)) return value;
  const entries = Object.entries(value);
  const kept = entries.flatMap(([name, item]) =>
    left(item, members.get(name)).map((rest): [string, unknown] => [name, rest]),
  );
  return kept.length === 0 && entries.length > 0 ? undefined : Object.fromEntries(kept);
}

/** What is left of one member: itself, a part of it, or nothing. */
function left(item: unknown, tree: PathTree | undefined): [] | [unknown] {
  if (tree === undefined) return [item];
  if (tree.ends) return [];
  const rest = cut(item, tree);
  return rest === undefined ? [] : [rest];
}

/** A copy with other values at some paths; a path that leads through something that is not there changes nothing. */
export function withValues<Value>(value: Value, changes: readonly { path: JsonPath; value: unknown }[]): Value {
  return changes.reduce((object, { path, value: to }) => set(object, path, to), value as unknown) as Value;
}

function set(value: unknown, path: JsonPath, to: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return to;
  if (!has(value, key)) return value;
  const changed = set(member(value, key), rest, to);
  if (Array.isArray(value)) return value.map((item: unknown, at) => (at === key ? changed : item));
  return Object.fromEntries(
    Object.entries(value as object).map(([name, item]) => [name, name === key ? changed : item]),
  );
}
