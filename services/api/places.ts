import type { Problem } from "../../schemas/errors.ts";
import type { ConfigurationDocument } from "./documents.ts";

type Position = Pick<Problem, "line" | "column">;

/** Where the parts of a document stand, by path: plain data, so that another thread can be told. */
export type Places = Map<string, Position>;

/** Problems of a configuration object lie no deeper, and in the first of very many members as well as in any. */
const DEEPEST = 6;
const MOST_MEMBERS = 200;

const keyOf = (path: readonly PropertyKey[]): string => JSON.stringify(path);

/** The places of a document's parts. */
export function placesOf(document: ConfigurationDocument): Places {
  const places: Places = new Map();
  const walk = (value: unknown, path: PropertyKey[]): void => {
    const { line, column } = document.locate(path);
    places.set(keyOf(path), { ...(line !== undefined && { line }), ...(column !== undefined && { column }) });
    if (path.length >= DEEPEST || typeof value !== "object" || value === null) return;
    const members = Array.isArray(value) ? [...value.slice(0, MOST_MEMBERS).entries()] : Object.entries(value);
    for (const [name, member] of members.slice(0, MOST_MEMBERS)) walk(member, [...path, name]);
  };
  walk(document.value, []);
  return places;
}

/** A document that was read in another thread. */
export const documentAt = (file: string, value: unknown, places: Places): ConfigurationDocument => ({
  file,
  value,
  locate(path) {
    for (let length = path.length; length > 0; length -= 1) {
      const place = places.get(keyOf(path.slice(0, length)));
      if (place) return { file, ...place };
    }
    return { file, ...places.get(keyOf([])) };
  },
});
