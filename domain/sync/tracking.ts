import type { RawObject } from "../../schemas/artifact.ts";
import { objectKey, parseTrackingId, TRACKING_ANNOTATION, trackingId, type ObjectKey } from "../../schemas/ids.ts";
import { keyOf } from "./identity.ts";

/** The annotation that marks an object as this application's. */
export const trackingAnnotation = (application: string, key: ObjectKey): Record<string, string> => ({
  [TRACKING_ANNOTATION]: trackingId(application, key),
});

/**
 * The application that a live object belongs to, or undefined when it belongs to none. A tracking id that names another
 * object is ignored, as Argo CD does: it came with a copy and says nothing about this one.
 */
export function ownerOf(live: RawObject): string | undefined {
  const text = live.metadata.annotations?.[TRACKING_ANNOTATION];
  const tracked = typeof text === "string" ? parseTrackingId(text) : undefined;
  if (!tracked || objectKey(tracked.key) !== objectKey(keyOf(live))) return undefined;
  return tracked.application;
}
