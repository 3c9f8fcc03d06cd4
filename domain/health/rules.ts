import { ARGO } from "./argo.ts";
import { horizontalPodAutoscaler, podDisruptionBudget } from "./autoscaling.ts";
import type { Rule, Rules } from "./by-conditions.ts";
import { CERT_MANAGER } from "./cert-manager.ts";
import { CLOUDNATIVE_PG } from "./cloudnative-pg.ts";
import { CROSSPLANE } from "./crossplane.ts";
import { apiService, customResourceDefinition } from "./definitions.ts";
import { SECRET_OPERATORS } from "./external-secrets.ts";
import { FLUX } from "./flux.ts";
import { GATEWAY_API } from "./gateway-api.ts";
import { cronJob, job } from "./jobs.ts";
import { KEDA } from "./keda.ts";
import { KNATIVE } from "./knative.ts";
import { ingress, service } from "./network.ts";
import { pod } from "./pods.ts";
import { persistentVolume, persistentVolumeClaim, volumeSnapshot } from "./storage.ts";
import { daemonSet, deployment, replicaSet, statefulSet } from "./workloads.ts";

/** Kubernetes' own kinds. */
const KUBERNETES: Rules = {
  "apps/Deployment": deployment,
  "apps/StatefulSet": statefulSet,
  "apps/DaemonSet": daemonSet,
  "apps/ReplicaSet": replicaSet,
  "/Pod": pod,
  "batch/Job": job,
  "batch/CronJob": cronJob,
  "/PersistentVolumeClaim": persistentVolumeClaim,
  "/PersistentVolume": persistentVolume,
  "snapshot.storage.k8s.io/VolumeSnapshot": volumeSnapshot,
  "snapshot.storage.k8s.io/VolumeSnapshotContent": volumeSnapshot,
  "/Service": service,
  "networking.k8s.io/Ingress": ingress,
  "extensions/Ingress": ingress,
  "autoscaling/HorizontalPodAutoscaler": horizontalPodAutoscaler,
  "policy/PodDisruptionBudget": podDisruptionBudget,
  "apiregistration.k8s.io/APIService": apiService,
  "apiextensions.k8s.io/CustomResourceDefinition": customResourceDefinition,
};

/** Every rule that is built in, by kind: `group/Kind`, or with `*.` before the end of a group and `*` for every kind. */
export const RULES: ReadonlyMap<string, Rule> = new Map(
  Object.entries({
    ...KUBERNETES,
    ...CERT_MANAGER,
    ...SECRET_OPERATORS,
    ...ARGO,
    ...GATEWAY_API,
    ...CLOUDNATIVE_PG,
    ...CROSSPLANE,
    ...KNATIVE,
    ...FLUX,
    ...KEDA,
  }),
);

/** The rule for a kind: its own before its group's, the longest end of a group before a shorter one. */
export function ruleOf(group: string, kind: string): Rule | undefined {
  const own = RULES.get(`${group}/${kind}`);
  if (own) return own;
  for (let end = group; end !== ""; end = afterDot(end)) {
    const at = end === group ? undefined : `*.${end}`;
    // `crossplane.io` itself counts to `*.crossplane.io`.
    for (const place of at === undefined ? [group, `*.${group}`] : [at]) {
      const found = RULES.get(`${place}/${kind}`) ?? RULES.get(`${place}/*`);
      if (found) return found;
    }
  }
  return undefined;
}

const afterDot = (text: string): string => (text.includes(".") ? text.slice(text.indexOf(".") + 1) : "");
