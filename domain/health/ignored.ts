import type { RawObject } from "../../schemas/artifact.ts";
import { shapeOf } from "./verdict.ts";

/** Annotations that take an object out of its application's health, with the value "true". Ours wins over Argo CD's. */
const ANNOTATIONS = ["sluice.dev/ignore-healthcheck", "argocd.argoproj.io/ignore-healthcheck"] as const;

/** The annotation by which an object's health doesn't count, or undefined when it does. */
export function healthIgnoredBy(object: RawObject): (typeof ANNOTATIONS)[number] | undefined {
  const valueOf = (name: string): string | undefined => shapeOf(object).text("metadata", "annotations", name);
  const found = ANNOTATIONS.find((name) => valueOf(name) !== undefined);
  return found !== undefined && valueOf(found)?.trim() === "true" ? found : undefined;
}

/** Whether an object's health doesn't count for its application, and nothing waits for it. */
export const isHealthIgnored = (object: RawObject): boolean => healthIgnoredBy(object) !== undefined;
