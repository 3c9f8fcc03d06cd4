import type { RawObject } from "../../schemas/artifact.ts";

type Step = { field: string } | { keys: Record<string, unknown> } | { index: number };

/**
 * An object without some fields, named as the API server writes their paths: `.spec.ports[port=80,protocol="TCP"].wrong`. The
 * very same object when none of them is in it.
 */
export function withoutFields(object: RawObject, paths: readonly string[]): RawObject {
  const copy = structuredClone(object);
  const removed = paths.map((path) => remove(copy, stepsOf(path)));
  return removed.includes(true) ? copy : object;
}

/** A name goes up to the next dot or bracket: what has one in it is a key of a free map, which any schema takes. */
const STEP = /\.([^.[\]]+)|\[((?:"(?:[^"\\]|\\.)*"|[^\]"])*)\]/g;

function stepsOf(path: string): Step[] {
  return [...path.matchAll(STEP)].map(([, field, inside = ""]): Step => {
    if (field !== undefined) return { field };
    if (/^\d+$/.test(inside)) return { index: Number(inside) };
    const pairs = [...inside.matchAll(/(\w[^=,]*)=("(?:[^"\\]|\\.)*"|[^,]*)/g)];
    return { keys: Object.fromEntries(pairs.map(([, name = "", value = ""]) => [name, parsed(value)])) };
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** Whether there was something to remove. A list item may lack the defaults of its keys, as a port its protocol. */
function remove(value: unknown, [step, ...rest]: Step[]): boolean {
  if (!step) return false;
  if ("field" in step) {
    if (!isRecord(value) || !Object.hasOwn(value, step.field)) return false;
    return rest.length === 0 ? delete value[step.field] : remove(value[step.field], rest);
  }
  if (!Array.isArray(value) || rest.length === 0) return false;
  if ("index" in step) return remove(value[step.index], rest);
  const items = value.filter((item) => fits(item, step.keys));
  return items.map((item) => remove(item, rest)).includes(true);
}

const fits = (item: unknown, keys: Record<string, unknown>): boolean =>
  isRecord(item) && Object.entries(keys).every(([name, wanted]) => item[name] === undefined || item[name] === wanted);
