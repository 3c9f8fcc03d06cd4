import { condition, degraded, healthy, progressing, suspended, words, type Health, type Shape } from "./verdict.ts";

/** Jobs and CronJobs, judged as Argo CD does (gitops-engine pkg/health/health_job.go; its check of CronJob). */

/** Job: Degraded when it failed, Healthy when complete, Suspended while suspended. */
export function job(object: Shape): Health {
  const holds = (type: string): Shape | undefined => {
    const entry = condition(object, type);
    return entry?.text("status") === "True" ? entry : undefined;
  };
  const failure = holds("Failed") ?? holds("FailureTarget");
  if (failure) return degraded(words(failure, "the Job failed"));
  if (holds("Complete")) return healthy;
  if (holds("Suspended") || object.flag("spec", "suspend")) return suspended("the Job is suspended");
  return progressing(`${object.number("status", "active") ?? 0} pods are active`);
}

/**
 * CronJob: Suspended while suspended; Degraded when its last run is over and did not succeed. One that never ran, or never came to its
 * end yet, is well: nothing in its status tells a failure from a first run.
 */
export function cronJob(object: Shape): Health {
  if (object.flag("spec", "suspend")) return suspended("the CronJob is suspended");
  const scheduled = object.text("status", "lastScheduleTime");
  const succeeded = object.text("status", "lastSuccessfulTime");
  const active = object.list("status", "active").length > 0;
  if (active || scheduled === undefined || succeeded === undefined) return healthy;
  // RFC 3339 in UTC to the second, as the API server writes both: they compare as texts.
  return succeeded < scheduled ? degraded(`its run of ${scheduled} did not succeed`) : healthy;
}
