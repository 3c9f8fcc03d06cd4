import { condition, degraded, healthy, progressing, words, type Health, type Shape } from "./verdict.ts";

/** Pods, judged as Argo CD does (gitops-engine pkg/health/health_pod.go). */

/** Makes a pod that is to run to its end be judged like one that runs for ever; not honoured on hooks, which end. */
const IGNORE_RESTART_POLICY = ["argocd.argoproj.io/ignore-restart-policy", "sluice.dev/ignore-restart-policy"];
const HOOK = ["argocd.argoproj.io/hook", "sluice.dev/hook", "helm.sh/hook"];

/** Pod: by its phase; a container that can't start or keeps ending makes it Degraded. */
export function pod(object: Shape): Health {
  const phase = object.text("status", "phase");
  if (phase === "Succeeded") return healthy;
  if (phase === "Failed") return degraded(failed(object));
  if (phase === "Unknown") return { status: "Unknown", message: "its node can't be reached" };
  const always = runsForEver(object);
  const stuck = always ? containers(object).flatMap(waitingError)[0] : undefined;
  if (stuck !== undefined) return degraded(stuck);
  if (phase === "Running") return running(object, always);
  return progressing(pending(object));
}

function runsForEver(object: Shape): boolean {
  if ((object.text("spec", "restartPolicy") ?? "Always") === "Always") return true;
  const annotation = (name: string): string | undefined => object.text("metadata", "annotations", name);
  return IGNORE_RESTART_POLICY.some((name) => annotation(name) === "true") && !HOOK.some((name) => annotation(name));
}

function running(object: Shape, always: boolean): Health {
  if (!always) return progressing("the pod is to run to its end");
  if (condition(object, "Ready")?.text("status") === "True") return healthy;
  const ended = containers(object).find((container) => container.at("lastState", "terminated").exists);
  if (!ended) return progressing("the pod is not ready yet");
  return degraded(`container ${ended.text("name")} ended with ${lastEnd(ended)} and was started again`);
}

const containers = (object: Shape): Shape[] => [
  ...object.list("status", "initContainerStatuses"),
  ...object.list("status", "containerStatuses"),
];

/** How a container last ended, as in `OOMKilled (exit code 137)`. */
function lastEnd(container: Shape): string {
  const end = container.at("lastState", "terminated");
  const code = end.number("exitCode");
  return `${end.text("reason") ?? "an error"}${code === undefined ? "" : ` (exit code ${code})`}`;
}

/**
 * Waiting reasons that mean trouble: `Err...`, `...Error` and `...BackOff` as Argo CD has them, so ErrImagePull, ImagePullBackOff,
 * CrashLoopBackOff, CreateContainerConfigError, RunContainerError; and a name of an image that can't be one.
 */
function waitingError(container: Shape): string[] {
  const waiting = container.at("state", "waiting");
  const reason = waiting.text("reason") ?? "";
  if (!/^Err|Error$|BackOff$|^InvalidImageName$/.test(reason)) return [];
  const message = waiting.text("message");
  const before = container.at("lastState", "terminated").exists ? `; it last ended with ${lastEnd(container)}` : "";
  return [`container ${container.text("name")}: ${reason}${message ? `: ${message}` : ""}${before}`];
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
