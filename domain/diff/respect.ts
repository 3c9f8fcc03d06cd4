import type { RawObject } from "../../schemas/artifact.ts";
import type { FieldSet } from "../sync/field-set.ts";
import { fieldSetsOf, keysOf } from "./managed.ts";
import { has, member, withValues, type JsonPath } from "./path.ts";

/**
 * The desired object with the values that live has at the paths of ignored fields, so that applying it leaves them as they are
 * (RespectIgnoreDifferences). Items of lists that the API server tracks by key or value are matched by that, others by
 * position. What live doesn't have is applied as desired.
 */
export function withLiveValues(desired: RawObject, live: RawObject, paths: readonly JsonPath[]): RawObject {
  const sets = fieldSetsOf(live, () => true);
  const changes = paths.flatMap((path) => {
    const found = counterpart(path, { desired, live, sets });
    return found ? [{ path, value: found.value }] : [];
  });
  return withValues(desired, changes);
}

interface Pair {
  desired: unknown;
  live: unknown;
  sets: readonly FieldSet[];
}

function counterpart(path: JsonPath, { desired, live, sets }: Pair): { value: unknown } | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return { value: live };
  if (!has(desired, key)) return undefined;
  const next = typeof key === "string" ? ofMember(key, live, sets) : ofItem(key, { desired, live, sets });
  return next && counterpart(rest, { desired: member(desired, key), ...next });
}

type Below = Pick<Pair, "live" | "sets"> | undefined;

const ofMember = (name: string, live: unknown, sets: readonly FieldSet[]): Below =>
  has(live, name) ? { live: member(live, name), sets: inside(sets, `f:${name}`) } : undefined;

function ofItem(at: number, { desired, live, sets }: Pair): Below {
  const elements = [...new Set(sets.flatMap(Object.keys))].filter((element) => /^[kv]:/.test(element));
  if (elements.length === 0) return has(live, at) ? { live: member(live, at), sets: [] } : undefined;
  const element = elements.find((each) => keysOf(desired, each).some(({ key }) => key === at));
  const [found] = element === undefined ? [] : keysOf(live, element);
  return found && element !== undefined ? { live: found.item, sets: inside(sets, element) } : undefined;
}

const inside = (sets: readonly FieldSet[], element: string): FieldSet[] =>
  sets.flatMap((set) => (set[element] ? [set[element]] : []));
