import type { RawObject } from "../../schemas/artifact.ts";
import { canonicalJson } from "./canonical.ts";

/** Metadata that changes with every write or belongs to the API server: never a difference. */
const NOISE = ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"];

/** An object as it is compared and shown: without status and server-owned metadata. */
export function normalised(object: RawObject): RawObject {
  const { status: _status, metadata, ...rest } = object;
  const kept = Object.fromEntries(Object.entries(metadata).filter(([name]) => !NOISE.includes(name)));
  return { ...rest, metadata: kept } as RawObject;
}

/** Whether two states of one object differ in nothing but status and server-owned metadata. */
export const equalState = (a: RawObject, b: RawObject): boolean =>
  canonicalJson(normalised(a)) === canonicalJson(normalised(b));
