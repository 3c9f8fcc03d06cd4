import type { RawObject } from "../../schemas/artifact.ts";
import type { FieldSet } from "./field-set.ts";

/** One field of a server-side apply conflict, its path as the API server writes it. */
export interface FieldConflict {
  manager: string;
  field: string;
}

/**
 * Whether an apply may take conflicting fields without being told to force it: all of them were ours by the last apply of
 * this very object, and who holds them now wrote them by hand or as a controller (`Update`), not as another applier. A
 * manual edit is put back so; fields that were never ours, and another tool's, need Force=true.
 */
export function mayTakeBack(conflicts: readonly FieldConflict[], applied: unknown, live: RawObject): boolean {
  if (applied === null || typeof applied !== "object" || conflicts.length === 0) return false;
  const ours = pathsOf(applied as FieldSet);
  const appliers = managersApplying(live);
  return conflicts.every(({ manager, field }) => ours.has(field) && !appliers.has(manager));
}

function managersApplying(live: RawObject): Set<unknown> {
  const entries: unknown[] = Array.isArray(live.metadata.managedFields) ? live.metadata.managedFields : [];
  return new Set(
    entries
      .map((entry) => entry as { operation?: unknown; manager?: unknown } | null)
      .filter((entry) => entry?.operation === "Apply")
      .map((entry) => entry?.manager),
  );
}

/** Every path of a field set as structured-merge-diff's Path.String has it: `.spec.ports[port=80,protocol="TCP"].name`. */
export function pathsOf(set: FieldSet): Set<string> {
  const paths = new Set<string>();
  const walk = (node: FieldSet, path: string): void => {
    for (const [element, inner] of Object.entries(node)) {
      if (element === ".") continue;
      const here = path + elementText(element);
      paths.add(here);
      walk(inner, here);
    }
  };
  walk(set, "");
  return paths;
}

/** One element of a field set as structured-merge-diff writes it in a path. */
export function elementText(element: string): string {
  const rest = element.slice(2);
  if (element.startsWith("f:")) return `.${rest}`;
  if (element.startsWith("i:")) return `[${rest}]`;
  if (element.startsWith("v:")) return `[=${rest}]`;
  const keys = parsed(rest);
  const text = Object.keys(keys)
    .sort()
    .map((name) => `${name}=${JSON.stringify(keys[name])}`);
  return `[${text.join(",")}]`;
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
