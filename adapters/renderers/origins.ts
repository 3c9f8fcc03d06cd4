import type { RawObject } from "../../schemas/artifact.ts";

/** The text that an object was read from, and the line that it begins on there. */
export interface Origin {
  file: string;
  line: number;
}

const origins = new WeakMap<RawObject, Origin>();

/** Remembers where an object was read from, for as long as the object itself is there. */
export const rememberOrigin = (object: RawObject, origin: Origin): void => void origins.set(object, origin);

/** Where an object was read from; undefined for one that was not read here. */
export const originOf = (object: RawObject): Origin | undefined => origins.get(object);
