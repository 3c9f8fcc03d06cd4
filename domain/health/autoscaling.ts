import { degraded, generationLag, healthy, progressing, shapeOf, words, type Health, type Shape } from "./verdict.ts";

/** Reasons that mean the autoscaler can't do its work, as Argo CD has them (gitops-engine pkg/health/health_hpa.go). */
const BROKEN: Readonly<Record<string, readonly string[]>> = {
  AbleToScale: ["FailedGetScale", "FailedUpdateScale"],
  ScalingActive: [
    ...["FailedGetResourceMetric", "FailedGetObjectMetric", "FailedGetPodsMetric", "FailedGetExternalMetric"],
    ...["FailedGetContainerResourceMetric", "FailedComputeMetricsReplicas", "InvalidSelector"],
  ],
};

/** HorizontalPodAutoscaler: Degraded when it can't get its metrics or set the scale, Healthy once it is able to. */
export function horizontalPodAutoscaler(object: Shape): Health {
  const conditions = conditionsOf(object);
  for (const entry of conditions) {
    const reasons = BROKEN[entry.text("type") ?? ""] ?? [];
    if (reasons.includes(entry.text("reason") ?? "")) return degraded(words(entry, "it can't scale"));
  }
  const able = conditions.some(
    (entry) => ["AbleToScale", "ScalingLimited"].includes(entry.text("type") ?? "") && entry.text("status") === "True",
  );
  return able ? healthy : progressing("the autoscaler has not begun yet");
}

/** In autoscaling/v1 they stand in an annotation, as JSON. */
function conditionsOf(object: Shape): Shape[] {
  const listed = object.list("status", "conditions");
  const text = object.text("metadata", "annotations", "autoscaling.alpha.kubernetes.io/conditions");
  if (listed.length > 0 || text === undefined) return listed;
  try {
    return shapeOf({ all: JSON.parse(text) as unknown }).list("all");
  } catch {
    return [];
  }
}

/** PodDisruptionBudget: Degraded when its controller can't keep it; too few pods to disrupt is what it is there for. */
export function podDisruptionBudget(object: Shape): Health {
  const lag = generationLag(object, true);
  if (lag) return lag;
  const failed = object
    .list("status", "conditions")
    .find((entry) => entry.text("status") === "False" && entry.text("reason") !== "InsufficientPods");
  return failed ? degraded(words(failed, "its controller can't keep it")) : healthy;
}
