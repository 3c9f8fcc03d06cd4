import { condition, degraded, generationLag, healthy, progressing, words, type Health, type Shape } from "./verdict.ts";

/**
 * Any kind by observedGeneration and the standard conditions, as kstatus does (cli-utils pkg/kstatus/status/generic.go):
 * Stalled is a failure, Reconciling and a Ready that is not True are progress, and what says nothing is Healthy.
 */
export function standardConditions(object: Shape): Health {
  const lag = generationLag(object);
  if (lag) return lag;
  const stalled = condition(object, "Stalled");
  if (stalled?.text("status") === "True") return degraded(words(stalled, "it is stalled"));
  const reconciling = condition(object, "Reconciling");
  if (reconciling?.text("status") === "True") return progressing(words(reconciling, "it is reconciling"));
  const ready = condition(object, "Ready");
  if (ready && ready.text("status") !== "True") return progressing(words(ready, "it is not ready yet"));
  return healthy;
}
