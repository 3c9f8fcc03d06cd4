import type { InventoryEntry, ObjectOutcome, PlanStep, RawObject } from "../schemas/artifact.ts";
import { toSluiceError } from "../schemas/errors.ts";
import { health } from "../domain/health/health.ts";
import { liveRefusal, type PruneRefusal } from "../domain/sync/prune.ts";
import { neverReached, type ObjectCluster } from "./apply-object.ts";
import { until } from "./until.ts";

/** What pruning one object needs of a cluster. */
export type PruneCluster = Pick<ObjectCluster, "resolve" | "get" | "delete">;

export interface PruneWork {
  cluster: PruneCluster;
  application: string;
  step: PlanStep;
  /** The object as the inventory has it. */
  entry: InventoryEntry | undefined;
  /** An operator has said yes to what waits for it (Prune=confirm, Delete=confirm). */
  confirmed?: boolean;
  signal: AbortSignal;
}

/** How long a deleted object may take to go before it is reported as pending. */
const PATIENCE_MS = 2_000;

type Named = Pick<ObjectOutcome, "key" | "apiVersion" | "action" | "reason">;

const named = ({ key, apiVersion, action, reason }: PlanStep): Named => ({ key, apiVersion, action, reason });

/** A planned prune that is not carried out. */
export const notPruned = (step: PlanStep, reason: PruneRefusal, message: string): ObjectOutcome => ({
  ...named(step),
  action: "refuse",
  reason,
  result: "refused",
  health: step.health ?? "Unknown",
  message,
});

/**
 * Deletes one object after a fresh look at it: same uid, our tracking id, not protected. Success is only its absence;
 * while finalizers hold it, it is pending. Throws only when a request never reached the cluster.
 */
export async function pruneObject(work: PruneWork): Promise<ObjectOutcome> {
  const { step } = work;
  try {
    return await tryPrune(work);
  } catch (thrown) {
    if (neverReached(thrown)) throw thrown;
    const { code, message } = toSluiceError(thrown);
    return { ...named(step), reason: code, result: "failed", health: step.health ?? "Unknown", message };
  }
}

async function tryPrune({
  cluster,
  application,
  step,
  entry,
  confirmed = false,
  signal,
}: PruneWork): Promise<ObjectOutcome> {
  const { namespace, name } = step.key;
  const kind = await cluster.resolve(step.apiVersion, step.key.kind);
  if (!kind || !entry) return notPruned(step, "LiveUnknown", "its live state could not be read");
  const pruned: ObjectOutcome = { ...named(step), result: "pruned", health: "Healthy" };

  const live = await cluster.get(kind, namespace, name);
  if (!live) return pruned;
  const { whole = false, propagation } = step.options ?? {};
  const refusal = liveRefusal(entry, live, { application, whole, confirmed });
  if (refusal) return notPruned(step, refusal.reason, refusal.message);
  const { uid } = live.metadata;
  if (uid === undefined || uid !== step.uid)
    return notPruned(step, "Replaced", "it was replaced while the plan was made");

  const answer = await cluster.delete(kind, namespace, name, { uid, ...(propagation && { propagation }) });
  if (answer === "replaced") return notPruned(step, "Replaced", "it was replaced before it could be deleted");
  if (answer === "gone") return pruned;
  let left: RawObject | undefined = live;
  const gone = await until(
    async () => {
      left = await cluster.get(kind, namespace, name);
      return !left || left.metadata.uid !== uid || undefined;
    },
    { limitMs: PATIENCE_MS, signal },
  );
  if (gone) return pruned;
  const { status, message } = health(left);
  return {
    ...named(step),
    reason: "Deleting",
    result: "pending",
    health: status,
    ...(message === undefined ? {} : { message }),
  };
}
