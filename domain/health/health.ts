import type { RawObject } from "../../schemas/artifact.ts";
import { HEALTH_ORDER, type HealthStatus } from "../../schemas/operation.ts";
import { standardConditions } from "./conditions.ts";
import { customResourceDefinition } from "./definitions.ts";
import { ingress, service } from "./network.ts";
import { job, pod } from "./pods.ts";
import { persistentVolumeClaim } from "./storage.ts";
import { progressing, shapeOf, type Health, type Shape } from "./verdict.ts";
import { daemonSet, deployment, replicaSet, statefulSet } from "./workloads.ts";

/** Rules of the built-in kinds by `group/Kind`; any other goes by its standard conditions. */
const RULES: ReadonlyMap<string, (object: Shape) => Health> = new Map([
  ["apps/Deployment", deployment],
  ["apps/StatefulSet", statefulSet],
  ["apps/DaemonSet", daemonSet],
  ["apps/ReplicaSet", replicaSet],
  ["/Pod", pod],
  ["batch/Job", job],
  ["/PersistentVolumeClaim", persistentVolumeClaim],
  ["/Service", service],
  ["networking.k8s.io/Ingress", ingress],
  ["apiextensions.k8s.io/CustomResourceDefinition", customResourceDefinition],
]);

/** Health of a live object of any kind and shape, Missing when there is none. Never throws. */
export function health(object: RawObject | undefined): Health {
  if (object === undefined) return { status: "Missing", message: "it is not in the cluster" };
  const shape = shapeOf(object);
  if (shape.at("metadata", "deletionTimestamp").exists) return progressing(deletion(shape));
  const apiVersion = shape.text("apiVersion") ?? "";
  const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
  return (RULES.get(`${group}/${shape.text("kind")}`) ?? standardConditions)(shape);
}

function deletion(object: Shape): string {
  const finalizers = textList(object.list("metadata", "finalizers"));
  return finalizers.length > 0 ? `it is being deleted and held by ${finalizers.join(", ")}` : "it is being deleted";
}

const textList = (items: Shape[]): string[] => items.map((item) => item.text()).filter((text) => text !== undefined);

/** The worst of several; Healthy when there is none. */
export function worst(statuses: Iterable<HealthStatus>): HealthStatus {
  let found = 0;
  for (const status of statuses) found = Math.max(found, HEALTH_ORDER.indexOf(status));
  return HEALTH_ORDER[found] ?? "Healthy";
}

export type { Health } from "./verdict.ts";

/** Built-in kinds that are well as soon as they exist: nothing in their status can make them otherwise. */
const WELL_ONCE_APPLIED: ReadonlySet<string> = new Set([
  "/ConfigMap",
  "/LimitRange",
  "/ResourceQuota",
  "/Secret",
  "/ServiceAccount",
  "networking.k8s.io/IngressClass",
  "networking.k8s.io/NetworkPolicy",
  "rbac.authorization.k8s.io/ClusterRole",
  "rbac.authorization.k8s.io/ClusterRoleBinding",
  "rbac.authorization.k8s.io/Role",
  "rbac.authorization.k8s.io/RoleBinding",
  "scheduling.k8s.io/PriorityClass",
  "storage.k8s.io/StorageClass",
]);

/** Whether the health of a kind is that it exists. */
export const isWellOnceApplied = ({ group, kind }: { group: string; kind: string }): boolean =>
  WELL_ONCE_APPLIED.has(`${group}/${kind}`);
