import type { ObjectOutcome, Plan, PlanStep } from "../schemas/artifact.ts";
import { toSluiceError } from "../schemas/errors.ts";
import { namespaceManager } from "../schemas/ids.ts";
import {
  NAMESPACE_METADATA,
  namespaceDiffers,
  namespaceObject,
  type NamespaceMetadata,
} from "../domain/sync/namespace.ts";
import { conflictMessage, conflictsOf } from "./apply-conflicts.ts";
import type { ObjectCluster } from "./apply-object.ts";

type NamespaceCluster = Pick<ObjectCluster, "resolve" | "get" | "apply">;
const NOTHING: NamespaceMetadata = { labels: {}, annotations: {} };

/**
 * Creates a namespace that is not there (CreateNamespace=true), without our label or tracking id: it is nobody's to prune.
 * Returns why that failed, or undefined when it is there.
 */
export async function createNamespace(
  cluster: NamespaceCluster,
  name: string,
  managed?: { metadata: NamespaceMetadata; application: string },
): Promise<string | undefined> {
  try {
    const kind = await cluster.resolve("v1", "Namespace");
    if (!kind) return "the cluster does not list its kind Namespace";
    if (await cluster.get(kind, "", name)) return undefined;
    await cluster.apply(kind, namespaceObject(name, NOTHING), { force: false });
    if (managed) await keep(cluster, name, managed);
    return undefined;
  } catch (thrown) {
    const error = toSluiceError(thrown);
    if (error.code === "ClusterUnavailable") throw error;
    return `its namespace ${name} could not be created: ${error.message}`;
  }
}

/** A field manager for each application, so that two of them that want a label to differ are a conflict and no fight. */
async function keep(
  cluster: NamespaceCluster,
  name: string,
  { metadata, application }: { metadata: NamespaceMetadata; application: string },
): Promise<void> {
  const kind = await cluster.resolve("v1", "Namespace");
  if (!kind) return;
  await cluster.apply(kind, namespaceObject(name, metadata), { force: false, manager: namespaceManager(application) });
}

/** The step that brings the namespace of an application up to date, or undefined when it is, or is not there yet. */
export async function namespaceStep(
  cluster: Pick<ObjectCluster, "resolve" | "get">,
  name: string,
  { metadata, application }: { metadata: NamespaceMetadata; application: string },
): Promise<PlanStep | undefined> {
  const kind = await cluster.resolve("v1", "Namespace");
  const live = kind && (await cluster.get(kind, "", name));
  if (!live || !namespaceDiffers(live, metadata, application)) return undefined;
  return {
    key: { group: "", kind: "Namespace", namespace: "", name },
    apiVersion: "v1",
    action: "update",
    reason: NAMESPACE_METADATA,
    message: "its labels or annotations are not those of managedNamespaceMetadata",
    health: "Healthy",
    ...(live.metadata.uid === undefined ? {} : { uid: live.metadata.uid }),
  };
}

/** Carries out that step. Throws when the cluster is out of reach. */
export async function applyNamespace(cluster: NamespaceCluster, plan: Plan, step: PlanStep): Promise<ObjectOutcome> {
  const { key, apiVersion, action, reason } = step;
  const outcome = { key, apiVersion, action, reason, health: "Healthy" } as const;
  const { application, namespaceMetadata = NOTHING } = plan;
  try {
    await keep(cluster, key.name, { metadata: namespaceMetadata, application });
    return { ...outcome, result: "applied" };
  } catch (thrown) {
    const error = toSluiceError(thrown);
    if (error.code === "ClusterUnavailable") throw error;
    const conflicts = conflictsOf(error);
    if (!conflicts) return { ...outcome, result: "failed", reason: error.code, message: error.message };
    const message = conflictMessage(conflicts, "remove them from managedNamespaceMetadata of one of the two");
    return { ...outcome, result: "failed", reason: "FieldConflict", message, conflicts };
  }
}
