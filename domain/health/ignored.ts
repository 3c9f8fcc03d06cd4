import type { RawObject } from "../../schemas/artifact.ts";
import { shapeOf } from "./verdict.ts";

/** Annotations that take an object out of its application's health, with the value "true". */
const ANNOTATIONS = ["argocd.argoproj.io/ignore-healthcheck", "sluice.dev/ignore-healthcheck"] as const;

/** The annotation by which an object's health doesn't count, or undefined when it does. */
export const healthIgnoredBy = (object: RawObject): (typeof ANNOTATIONS)[number] | undefined =>
  ANNOTATIONS.find((name) => shapeOf(object).text("metadata", "annotations", name) === "true");

/** Whether an object's health doesn't count for its application, and nothing waits for it. */
export const isHealthIgnored = (object: RawObject): boolean => healthIgnoredBy(object) !== undefined;
