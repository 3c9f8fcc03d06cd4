import {
  condition,
  degraded,
  generationLag,
  healthy,
  progressing,
  suspended,
  words,
  type Health,
  type Shape,
} from "./verdict.ts";

/**
 * Workload controllers, judged as Argo CD does (gitops-engine pkg/health/health_deployment.go, health_statefulset.go,
 * health_daemonset.go, health_replicaset.go), which follows `kubectl rollout status` and kstatus' core.go.
 */

/** Deployment: degraded past its progress deadline, suspended while paused, else by its replicas. */
export function deployment(object: Shape): Health {
  if (object.flag("spec", "paused")) return suspended("the Deployment is paused");
  const lag = generationLag(object, true);
  if (lag) return lag;
  const progress = condition(object, "Progressing");
  if (progress?.text("reason") === "ProgressDeadlineExceeded") {
    return degraded(words(progress, "the rollout went past its progress deadline"));
  }
  const wanted = object.number("spec", "replicas") ?? 1;
  const { total, updated, available } = replicas(object);
  if (updated < wanted) return progressing(`${updated} of ${wanted} replicas are updated${failure(object)}`);
  if (total > updated) return progressing(`${total - updated} old replicas are still to end`);
  if (available < updated) return progressing(`${available} of ${updated} updated replicas are available`);
  return healthy;
}

const replicas = (object: Shape): { total: number; updated: number; available: number } => ({
  total: object.number("status", "replicas") ?? 0,
  updated: object.number("status", "updatedReplicas") ?? 0,
  available: object.number("status", "availableReplicas") ?? 0,
});

function failure(object: Shape): string {
  const entry = condition(object, "ReplicaFailure");
  return entry?.text("status") === "True" ? `: ${words(entry, "replicas can't be created")}` : "";
}

/** StatefulSet: all replicas ready and, from its partition up, on the newest revision. */
export function statefulSet(object: Shape): Health {
  const lag = generationLag(object, true);
  if (lag) return lag;
  const wanted = object.number("spec", "replicas") ?? 1;
  const ready = object.number("status", "readyReplicas") ?? 0;
  if (ready < wanted) return progressing(`${ready} of ${wanted} replicas are ready`);
  if (object.text("spec", "updateStrategy", "type") === "OnDelete") return healthy;
  const partition = object.number("spec", "updateStrategy", "rollingUpdate", "partition") ?? 0;
  const updated = object.number("status", "updatedReplicas") ?? 0;
  if (partition > 0) {
    const target = Math.max(wanted - partition, 0);
    return updated < target ? progressing(`${updated} of ${target} replicas above the partition are updated`) : healthy;
  }
  const [current, update] = [object.text("status", "currentRevision"), object.text("status", "updateRevision")];
  if (current !== update) return progressing(`${updated} of ${wanted} replicas are at revision ${update}`);
  return healthy;
}

/** DaemonSet: a pod of the newest template available on every node that should have one. */
export function daemonSet(object: Shape): Health {
  const lag = generationLag(object, true);
  if (lag) return lag;
  if (object.text("spec", "updateStrategy", "type") === "OnDelete") return healthy;
  const wanted = object.number("status", "desiredNumberScheduled") ?? 0;
  const updated = object.number("status", "updatedNumberScheduled") ?? 0;
  const available = object.number("status", "numberAvailable") ?? 0;
  if (updated < wanted) return progressing(`${updated} of ${wanted} pods are updated`);
  if (available < wanted) return progressing(`${available} of ${wanted} pods are available`);
  return healthy;
}

/** ReplicaSet: degraded when replicas can't be created, else by those available. */
export function replicaSet(object: Shape): Health {
  const lag = generationLag(object, true);
  if (lag) return lag;
  const entry = condition(object, "ReplicaFailure");
  if (entry?.text("status") === "True") return degraded(words(entry, "replicas can't be created"));
  const wanted = object.number("spec", "replicas") ?? 1;
  const { available } = replicas(object);
  return available < wanted ? progressing(`${available} of ${wanted} replicas are available`) : healthy;
}
