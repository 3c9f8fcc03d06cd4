import type { HealthStatus } from "../../schemas/operation.ts";

/** How one object is, with a sentence on why when it is not Healthy. */
export interface Health {
  status: HealthStatus;
  message?: string;
}

export const healthy: Health = { status: "Healthy" };
export const progressing = (message: string): Health => ({ status: "Progressing", message });
export const degraded = (message: string): Health => ({ status: "Degraded", message });
export const suspended = (message: string): Health => ({ status: "Suspended", message });

/** JSON of any shape, read without ever throwing: what is missing or of another type is undefined or empty. */
export interface Shape {
  at(...path: string[]): Shape;
  text(...path: string[]): string | undefined;
  number(...path: string[]): number | undefined;
  flag(...path: string[]): boolean;
  list(...path: string[]): Shape[];
  exists: boolean;
}

/** A value behind the safe readers. */
export function shapeOf(value: unknown): Shape {
  const find = (path: string[]): unknown => {
    let current = value;
    for (const name of path) current = memberOf(current, name);
    return current;
  };
  const typed = <T>(path: string[], test: (found: unknown) => found is T): T | undefined => {
    const found = find(path);
    return test(found) ? found : undefined;
  };
  return {
    at: (...path) => shapeOf(find(path)),
    text: (...path) => typed(path, (found) => typeof found === "string"),
    number: (...path) => typed(path, (found) => typeof found === "number"),
    flag: (...path) => find(path) === true,
    list: (...path) => (typed(path, Array.isArray) ?? []).map(shapeOf),
    exists: value !== undefined && value !== null,
  };
}

const memberOf = (value: unknown, name: string): unknown =>
  value !== null && typeof value === "object" && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;

/** A status condition by its type. */
export const condition = (object: Shape, type: string): Shape | undefined =>
  object.list("status", "conditions").find((entry) => entry.text("type") === type);

/** The message of a condition, or its reason, or the words given. */
export const words = (entry: Shape, otherwise: string): string =>
  entry.text("message")?.trim() || entry.text("reason")?.trim() || otherwise;

/** Progressing while the controller has not seen the newest spec; nothing where it keeps no observedGeneration. */
export function generationLag(object: Shape, required = false): Health | undefined {
  const generation = object.number("metadata", "generation");
  const observed = object.number("status", "observedGeneration") ?? (required ? 0 : undefined);
  if (generation === undefined || observed === undefined || observed >= generation) return undefined;
  return progressing(`generation ${generation} is not observed yet, the newest seen is ${observed}`);
}
