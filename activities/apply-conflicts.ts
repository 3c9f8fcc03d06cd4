import { SluiceError } from "../schemas/errors.ts";
import type { FieldConflict } from "../domain/sync/takeover.ts";

/** The fields and their owners of a server-side apply conflict, or undefined when the error is another one. */
export function conflictsOf(error: unknown): FieldConflict[] | undefined {
  const { conflicts } = error as { conflicts?: unknown };
  if (!Array.isArray(conflicts) || conflicts.length === 0) return undefined;
  return conflicts.map(({ manager, field }: FieldConflict) => ({ manager, field }));
}

/** Who owns which fields, and what to do about it. */
export function conflictMessage(conflicts: readonly FieldConflict[], next: string): string {
  const byManager = new Map<string, string[]>();
  for (const { manager, field } of conflicts) byManager.set(manager, [...(byManager.get(manager) ?? []), field]);
  const owners = [...byManager].map(([manager, fields]) => `${manager} owns ${fields.slice(0, 5).join(", ")}`);
  return `${owners.join("; ")}; ${next}`;
}

/** Whether the API server refused a write because the object is another one, or changed, since it was looked at. */
export const isLostRace = (error: unknown): boolean =>
  error instanceof SluiceError && error.code === "Conflict" && conflictsOf(error) === undefined;

/** Whether all that is wrong with an object is that fields of the live one can't be changed. */
export const isImmutable = (error: unknown): boolean => (error as { immutable?: unknown }).immutable === true;

/** Fields that the kind's schema doesn't know, by path; empty when that is not what is wrong. */
export function undeclaredOf(error: unknown): readonly string[] {
  const { undeclared } = error as { undeclared?: unknown };
  return Array.isArray(undeclared) ? (undeclared as string[]) : [];
}
