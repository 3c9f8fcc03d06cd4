import { looksManaged, managedResource } from "./crossplane.ts";
import { condition, degraded, generationLag, healthy, progressing, words, type Health, type Shape } from "./verdict.ts";

/** Conditions that mean a failure when True. */
const FAILURES = ["Stalled", "Failed", "Degraded"];
/** Conditions that mean it is well when True; the first that is there speaks. */
const WELL = ["Ready", "Available", "Healthy", "Succeeded"];

/**
 * Any kind by observedGeneration and the standard conditions, as kstatus does (cli-utils pkg/kstatus/status/generic.go):
 * Stalled is a failure, Reconciling and a Ready that is not True are progress, and what says nothing is Healthy. Beyond kstatus, Failed
 * and Degraded are failures, Available, Healthy and Succeeded stand in for a Ready that is missing, and a Succeeded that is False is
 * over. Who has Synced beside Ready tells it as Crossplane's resources do.
 */
export function standardConditions(object: Shape): Health {
  const lag = generationLag(object);
  if (lag) return lag;
  if (looksManaged(object)) return managedResource(object);
  for (const type of FAILURES) {
    const entry = condition(object, type);
    if (entry?.text("status") === "True") return degraded(words(entry, `it is ${type.toLowerCase()}`));
  }
  const reconciling = condition(object, "Reconciling");
  if (reconciling?.text("status") === "True") return progressing(words(reconciling, "it is reconciling"));
  const found = WELL.map((type) => condition(object, type)).find((entry) => entry !== undefined);
  if (!found || found.text("status") === "True") return healthy;
  const ended = found.text("type") === "Succeeded" && found.text("status") === "False";
  if (ended) return degraded(words(found, "it did not succeed"));
  return progressing(words(found, `it is not ${found.text("type")?.toLowerCase()} yet`));
}
