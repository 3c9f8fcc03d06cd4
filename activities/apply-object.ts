import type { InventoryEntry, ObjectOutcome, PlanStep, RawObject } from "../schemas/artifact.ts";
import { SluiceError, toSluiceError } from "../schemas/errors.ts";
import { health } from "../domain/health/health.ts";
import { appliedEntry } from "../domain/sync/inventory.ts";
import { conflictMessage, conflictsOf } from "./apply-conflicts.ts";
import { deleteAndWait, gone, terminating } from "./apply-delete.ts";
import { NotOurs } from "./apply-onto.ts";
import type { ObjectWork } from "./apply-work.ts";
import { writeObject } from "./apply-write.ts";
import { judging } from "./judge.ts";
import type { ServedKind } from "./live.ts";
import { redacted } from "./redacted.ts";
import { until } from "./until.ts";

export type { ObjectCluster, ObjectWork } from "./apply-work.ts";

export interface ObjectResult {
  outcome: ObjectOutcome;
  /** What the inventory holds from now on, when it was applied. */
  entry?: InventoryEntry;
  /** The cluster was out of reach: trying again later may pass. */
  unavailable?: SluiceError;
}

/** How long a kind may take to be served after its CRD, and an object to go that is being deleted. */
const PATIENCE_MS = 10_000;

/** Applies one object and says what became of it; never throws. */
export async function applyObject(work: ObjectWork): Promise<ObjectResult> {
  try {
    return await tryApply(work);
  } catch (thrown) {
    return failedResult(work, thrown);
  }
}

async function tryApply(work: ObjectWork): Promise<ObjectResult> {
  const { step, cluster } = work;
  const kind = await kindOf(work);
  if (!kind) {
    return failed(step, "KindUnknown", `the cluster has no ${step.key.kind} in ${step.apiVersion}; install its CRD`);
  }
  if (kind.namespaced !== (step.key.namespace !== "")) {
    // Planned, and allowed by the Project, as something else: the API server would quietly drop the namespace.
    return failed(step, "KindUnknown", `the cluster did not know ${step.key.kind} when it was planned; sync again`);
  }
  if (step.action === "recreate") {
    if (step.reason !== "Terminating") await deleteAndWait(work, kind);
    else if (!(await gone(work, kind))) return failed(step, "Terminating", await terminating(work, kind));
  }
  const { object, conflicts, recreated, dropped, fieldSet } = await writeObject(work, kind);
  const live = isCrdStep(step) ? await established(work, kind, object) : object;
  const answer = { applied: work.object, object, fieldSet, resource: kind.resource, namespaced: kind.namespaced };
  const applied = appliedEntry(step, { ...answer, desired: step.desired ?? "" }, work.digests);
  // What is to be created once and left alone has no fields that could drift.
  const kept = step.options?.once ? { ...applied, fields: null } : applied;
  const entry = work.withoutIgnored ? await work.withoutIgnored(kept, object) : kept;
  const { status, message } = (await judging(work.own, [live]))(live);
  const said = dropped ? `left out what the cluster does not know: ${dropped.slice(0, 5).join(", ")}` : message;
  const outcome: ObjectOutcome = {
    ...named(step),
    ...(recreated ? { action: "recreate", reason: "Immutable" } : {}),
    result: "applied",
    health: status,
    ...(said ? { message: said } : {}),
    ...(conflicts ? { conflicts } : {}),
  };
  if (isCrdStep(step)) await cluster.refreshDiscovery();
  return { outcome, entry };
}

const named = ({ key, apiVersion, action, reason }: PlanStep): Omit<ObjectOutcome, "result" | "health"> => ({
  key,
  apiVersion,
  action,
  reason,
});

/** The served kind; one whose CRD came a moment ago is waited for. */
async function kindOf({ cluster, step, signal }: ObjectWork): Promise<ServedKind | undefined> {
  const { apiVersion, key, reason } = step;
  const found = await cluster.resolve(apiVersion, key.kind);
  if (found || reason !== "KindLater") return found;
  return await until(
    async () => {
      await cluster.refreshDiscovery();
      return await cluster.resolve(apiVersion, key.kind);
    },
    { limitMs: PATIENCE_MS, signal },
  );
}

const isCrdStep = ({ key }: PlanStep): boolean =>
  key.kind === "CustomResourceDefinition" && key.group === "apiextensions.k8s.io";

/** The CRD as soon as its kind is served, or as it is when patience ends. */
async function established(
  { cluster, step, signal }: ObjectWork,
  kind: ServedKind,
  first: RawObject,
): Promise<RawObject> {
  let live = first;
  await until(
    async () => {
      if (health(live).status === "Healthy") return true;
      live = (await cluster.get(kind, "", step.key.name)) ?? live;
      return health(live).status === "Progressing" ? undefined : true;
    },
    { limitMs: PATIENCE_MS, signal, everyMs: 100 },
  );
  return live;
}

function failed(step: PlanStep, reason: string, message: string): ObjectResult {
  // What could not be created is missing; what could not be updated is as it was.
  const before = step.uid === undefined ? "Missing" : (step.health ?? "Unknown");
  return { outcome: { ...named(step), reason, result: "failed", health: before, message } };
}

const SYNC_AGAIN = "sync again";
const TAKE_OVER = "remove them from Git, or take them over with the sync option Force=true";

/** Found to be another's only when it was to be written: left alone, and not in the inventory. */
function refused(step: PlanStep, { reason, message }: NotOurs): ObjectResult {
  const health = step.health ?? "Unknown";
  return { outcome: { ...named(step), action: "refuse", reason, result: "refused", health, message } };
}

function failedResult({ step, object, force }: ObjectWork, thrown: unknown): ObjectResult {
  if (thrown instanceof NotOurs) return refused(step, thrown);
  const error = toSluiceError(thrown);
  const conflicts = conflictsOf(error);
  if (conflicts) {
    const message = conflictMessage(conflicts, force ? SYNC_AGAIN : TAKE_OVER);
    const result = failed(step, "FieldConflict", message);
    return { outcome: { ...result.outcome, conflicts } };
  }
  const message = redacted(error.next ? `${error.message}; ${error.next}` : error.message, object);
  const result = failed(step, error.code, message);
  return error.code === "ClusterUnavailable" ? { ...result, unavailable: error } : result;
}

/** Whether a request never reached the cluster, as its client says in the cause: then its failure tells nothing of the object. */
export const neverReached = (error: unknown): boolean =>
  error instanceof SluiceError && (error.cause as { sent?: unknown } | undefined)?.sent === false;
