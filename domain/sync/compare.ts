import type { RawObject } from "../../schemas/artifact.ts";
import { inOneOrder } from "../diff/order.ts";
import { canonicalJson } from "./canonical.ts";

/** Metadata that changes with every write or belongs to the API server: never a difference. */
const NOISE = ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"];

/** An object as it is compared and shown: without status and server-owned metadata. */
export function normalised(object: RawObject): RawObject {
  const { status: _status, metadata, ...rest } = object;
  const kept = Object.fromEntries(Object.entries(metadata).filter(([name]) => !NOISE.includes(name)));
  return { ...rest, metadata: kept } as RawObject;
}

/** Whether two states of one object differ in nothing but status, server-owned metadata and the order of set-like lists. */
export function equalState(a: RawObject, b: RawObject): boolean {
  const same = (one: RawObject, other: RawObject): boolean =>
    canonicalJson(normalised(one)) === canonicalJson(normalised(other));
  return same(a, b) || same(...inOneOrder(a, b));
}
