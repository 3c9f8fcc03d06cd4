import { condition, degraded, healthy, progressing, suspended, words, type Health, type Shape } from "./verdict.ts";

/** Pods and Jobs, judged as Argo CD does (gitops-engine pkg/health/health_pod.go and health_job.go). */

/** Pod: by its phase; a container that can't start or keeps ending makes it Degraded. */
export function pod(object: Shape): Health {
  const phase = object.text("status", "phase");
  if (phase === "Succeeded") return healthy;
  if (phase === "Failed") return degraded(failed(object));
  const always = (object.text("spec", "restartPolicy") ?? "Always") === "Always";
  const stuck = always ? containers(object).flatMap(waitingError)[0] : undefined;
  if (stuck !== undefined) return degraded(stuck);
  if (phase === "Running") return running(object, always);
  return progressing(pending(object));
}

function running(object: Shape, always: boolean): Health {
  if (!always) return progressing("the pod is to run to its end");
  if (condition(object, "Ready")?.text("status") === "True") return healthy;
  const ended = containers(object).find((container) => container.at("lastState", "terminated").exists);
  if (!ended) return progressing("the pod is not ready yet");
  const why = ended.text("lastState", "terminated", "reason") ?? "an error";
  return degraded(`container ${ended.text("name")} ended with ${why} and was started again`);
}

const containers = (object: Shape): Shape[] => [
  ...object.list("status", "initContainerStatuses"),
  ...object.list("status", "containerStatuses"),
];

/** Waiting reasons that mean trouble, as Argo CD has them: `Err...`, `...Error`, `...BackOff`. */
function waitingError(container: Shape): string[] {
  const waiting = container.at("state", "waiting");
  const reason = waiting.text("reason") ?? "";
  if (!/^Err|Error$|BackOff$/.test(reason)) return [];
  const message = waiting.text("message");
  return [`container ${container.text("name")}: ${reason}${message ? `: ${message}` : ""}`];
}

function failed(object: Shape): string {
  const ended = containers(object).find(
    (container) => (container.number("state", "terminated", "exitCode") ?? 0) !== 0,
  );
  const message = object.text("status", "message") || object.text("status", "reason");
  if (message) return message;
  if (!ended) return "the pod failed";
  const code = ended.number("state", "terminated", "exitCode");
  return `container ${ended.text("name")} ended with exit code ${code} (${ended.text("state", "terminated", "reason") ?? "Error"})`;
}

function pending(object: Shape): string {
  const scheduled = condition(object, "PodScheduled");
  return scheduled?.text("status") === "False" ? words(scheduled, "it is not scheduled") : "the pod is starting";
}

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
