/** Reads of a parsed JSON body of which nothing is known: each answers undefined where the shape is another. */

/** The value under own properties only, so that `__proto__` and friends are data and never an object's insides. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, key)) return undefined;
    current = (current as Record<string, unknown>)[key];
  }
  return current;
}

/** A non-empty string of at most 2,048 characters without control characters, or undefined. */
export function text(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  if (typeof found !== "string" || found.length === 0 || found.length > 2_048) return undefined;
  return hasControl(found) ? undefined : found;
}

/** The elements of an array, or none. */
export function list(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? (found as readonly unknown[]) : [];
}

/** Those of the paths that hold a string, without repetition. */
export function texts(value: unknown, paths: readonly (readonly string[])[]): string[] {
  const found = paths.map((path) => text(value, ...path)).filter((each) => each !== undefined);
  return [...new Set(found)];
}

function hasControl(value: string): boolean {
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if (code < 32 || code === 127) return true;
  }
  return false;
}

/** An event's name as it may be said back and logged. */
export const label = (event: string): string => event.replace(/[^A-Za-z0-9:_. -]/g, "").slice(0, 64) || "unnamed";

/** A provider's delivery id, or undefined when it is not of a form that ids have. */
export const deliveryId = (id: string | undefined): string | undefined =>
  id !== undefined && /^[A-Za-z0-9{}._:-]{1,128}$/.test(id) ? id : undefined;
