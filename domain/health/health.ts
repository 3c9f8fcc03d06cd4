import type { RawObject } from "../../schemas/artifact.ts";
import { HEALTH_ORDER, type HealthStatus } from "../../schemas/operation.ts";
import { standardConditions } from "./conditions.ts";
import { healthIgnoredBy } from "./ignored.ts";
import { ruleOf } from "./rules.ts";
import { progressing, shapeOf, type Health, type Shape } from "./verdict.ts";

/** Health of a live object of any kind and shape, Missing when there is none. Never throws. */
export const health = (object: RawObject | undefined): Health =>
  object === undefined ? missing : judgedAs(object, () => builtInHealth(object));

const missing: Health = { status: "Missing", message: "it is not in the cluster" };

/** What Sluice knows of a kind by itself: its own rule, its group's, or else the standard conditions. */
export function builtInHealth(object: RawObject): Health {
  const shape = shapeOf(object);
  return (ruleOf(...kindOf(object)) ?? standardConditions)(shape);
}

/** Group and kind of an object of any shape; the core group is empty. */
export function kindOf(object: RawObject): [group: string, kind: string] {
  const shape = shapeOf(object);
  const apiVersion = shape.text("apiVersion") ?? "";
  const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
  return [group, shape.text("kind") ?? ""];
}

/**
 * What holds for every kind, whoever judges it: an object being deleted is Progressing, and one whose health is to be ignored counts as
 * Healthy, with what it would be in the message.
 */
export function judgedAs(object: RawObject, judge: () => Health): Health {
  const shape = shapeOf(object);
  if (shape.at("metadata", "deletionTimestamp").exists) return progressing(deletion(shape));
  const found = judge();
  const by = found.status === "Healthy" ? undefined : healthIgnoredBy(object);
  if (by === undefined) return found;
  const message = `it is ${found.status}${found.message ? ` (${found.message})` : ""}, which does not count by ${by}`;
  return { status: "Healthy", message };
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
