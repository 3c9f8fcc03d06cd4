import type { RawObject } from "../../schemas/artifact.ts";
import type { ObjectKey } from "../../schemas/ids.ts";
import { HOOK_PHASES } from "../../schemas/phases.ts";
import { compareText, keyOf } from "./identity.ts";
import { placementOf } from "./phases.ts";

/**
 * Kinds as `group/Kind` in the order they are applied: Helm's InstallOrder (pkg/release/v1/util/kind_sorter.go), which
 * Argo CD's sync_tasks.go shares, drawn together into stages. Kinds of one stage don't need each other and are applied
 * concurrently; the next stage begins when all of them have an outcome. CRDs come before everything that may be one.
 */
const STAGES: readonly (readonly string[])[] = [
  ["scheduling.k8s.io/PriorityClass", "/Namespace"],
  ["apiextensions.k8s.io/CustomResourceDefinition"],
  [
    "networking.k8s.io/NetworkPolicy",
    "/ResourceQuota",
    "/LimitRange",
    "policy/PodDisruptionBudget",
    "/ServiceAccount",
    "rbac.authorization.k8s.io/ClusterRole",
    "rbac.authorization.k8s.io/Role",
    "storage.k8s.io/StorageClass",
    "node.k8s.io/RuntimeClass",
    "networking.k8s.io/IngressClass",
    "gateway.networking.k8s.io/GatewayClass",
  ],
  ["rbac.authorization.k8s.io/ClusterRoleBinding", "rbac.authorization.k8s.io/RoleBinding"],
  ["/Secret", "/ConfigMap", "/PersistentVolume"],
  ["/PersistentVolumeClaim", "/Service"],
  [
    "apps/DaemonSet",
    "/Pod",
    "/ReplicationController",
    "apps/ReplicaSet",
    "apps/Deployment",
    "apps/StatefulSet",
    "batch/Job",
    "batch/CronJob",
  ],
  ["autoscaling/HorizontalPodAutoscaler", "networking.k8s.io/Ingress", "apiregistration.k8s.io/APIService"],
];

/** Webhooks and admission policies come last: a failing one would block the objects it arrives with. */
const LAST: readonly string[] = [
  "admissionregistration.k8s.io/MutatingAdmissionPolicy",
  "admissionregistration.k8s.io/ValidatingAdmissionPolicy",
  "admissionregistration.k8s.io/MutatingAdmissionPolicyBinding",
  "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding",
  "admissionregistration.k8s.io/MutatingWebhookConfiguration",
  "admissionregistration.k8s.io/ValidatingWebhookConfiguration",
];

interface Place {
  stage: number;
  rank: number;
}

const OTHER: Place = { stage: STAGES.length, rank: 0 };

const PLACES: ReadonlyMap<string, Place> = new Map(
  [...STAGES, [], LAST].flatMap((kinds, stage) => kinds.map((kind, rank): [string, Place] => [kind, { stage, rank }])),
);

const placeOf = (key: Pick<ObjectKey, "group" | "kind">): Place => PLACES.get(`${key.group}/${key.kind}`) ?? OTHER;

/** The stage a kind is applied in, from 0; kinds nobody lists come after the workloads and before the webhooks. */
export const stageOf = (key: Pick<ObjectKey, "group" | "kind">): number => placeOf(key).stage;

/** Total order of objects for applying: stage, place in it, then group, kind, namespace, name. */
export function compareKeys(a: ObjectKey, b: ObjectKey): number {
  const [left, right] = [placeOf(a), placeOf(b)];
  return (
    left.stage - right.stage ||
    left.rank - right.rank ||
    compareText(a.group, b.group) ||
    compareText(a.kind, b.kind) ||
    compareText(a.namespace, b.namespace) ||
    compareText(a.name, b.name)
  );
}

/** Total order of placed objects: phase, wave, then the order of their keys. What is no hook is in the phase Sync. */
export function comparePlaced(a: Placed, b: Placed): number {
  return a.phase - b.phase || a.wave - b.wave || compareKeys(a.key, b.key);
}

interface Placed {
  /** Index of its first phase. */
  phase: number;
  wave: number;
  key: ObjectKey;
}

function placedIn(object: RawObject): Placed & { object: RawObject } {
  const { hooks = ["Sync"], wave } = placementOf(object);
  return { object, phase: HOOK_PHASES.findIndex((phase) => hooks.includes(phase)), wave, key: keyOf(object) };
}

/** The objects in apply order; the given array stays as it is. */
export const inApplyOrder = (objects: readonly RawObject[]): RawObject[] =>
  objects
    .map(placedIn)
    .sort(comparePlaced)
    .map(({ object }) => object);

/** Consecutive items of one stage, in the order given. */
export function byStage<Item extends { key: Pick<ObjectKey, "group" | "kind"> }>(items: readonly Item[]): Item[][] {
  const groups: Item[][] = [];
  let stage: number | undefined;
  for (const item of items) {
    const next = stageOf(item.key);
    if (next !== stage) groups.push([]);
    stage = next;
    groups.at(-1)?.push(item);
  }
  return groups;
}
