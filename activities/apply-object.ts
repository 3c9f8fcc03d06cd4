import type { InventoryEntry, ObjectOutcome, PlanStep, RawObject } from "../schemas/artifact.ts";
import { SluiceError, toSluiceError } from "../schemas/errors.ts";
import { health } from "../domain/health/health.ts";
import type { Digests } from "../domain/sync/canonical.ts";
import { appliedEntry } from "../domain/sync/inventory.ts";
import { mayTakeBack } from "../domain/sync/takeover.ts";
import { ownerOf } from "../domain/sync/tracking.ts";
import type { ServedKind } from "./live.ts";
import { redacted } from "./redacted.ts";
import { until } from "./until.ts";

/** What applying one object needs of a cluster. */
export interface ObjectCluster {
  resolve(apiVersion: string, kind: string): Promise<ServedKind | undefined>;
  refreshDiscovery(): Promise<void>;
  get(kind: ServedKind, namespace: string, name: string, signal?: AbortSignal): Promise<RawObject | undefined>;
  /** Server-side apply; a conflict is thrown with its `conflicts`. */
  apply(
    kind: ServedKind,
    object: RawObject,
    options: { force: boolean },
  ): Promise<{ object: RawObject; created: boolean }>;
}

export interface ObjectWork {
  cluster: ObjectCluster;
  application: string;
  step: PlanStep;
  /** The desired object with its secrets open: it never leaves this call but to the API server. */
  object: RawObject;
  force: boolean;
  /** The fields that were ours by the last apply, when the inventory knows them. */
  fieldSet: unknown;
  digests: Digests;
  /** The entry without the fields that are to be ignored of the live object. */
  withoutIgnored?: ((entry: InventoryEntry, live: RawObject) => Promise<InventoryEntry>) | undefined;
  signal: AbortSignal;
}

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
  const { step, cluster, signal } = work;
  const kind = await kindOf(work);
  if (!kind) {
    return failed(step, "KindUnknown", `the cluster has no ${step.key.kind} in ${step.apiVersion}; install its CRD`);
  }
  if (kind.namespaced !== (step.key.namespace !== "")) {
    // Planned, and allowed by the Project, as something else: the API server would quietly drop the namespace.
    return failed(step, "KindUnknown", `the cluster did not know ${step.key.kind} when it was planned; sync again`);
  }
  if (step.action === "recreate") {
    const gone = await until(() => isGone(work, kind), { limitMs: PATIENCE_MS, signal });
    if (!gone) return failed(step, "Terminating", await terminating(work, kind));
  }
  const { object, conflicts } = await applyTakingBack(work, kind);
  const live = isCrdStep(step) ? await established(work, kind, object) : object;
  const answer = { applied: work.object, object, resource: kind.resource, namespaced: kind.namespaced };
  const applied = appliedEntry(step, { ...answer, desired: step.desired ?? "" }, work.digests);
  const entry = work.withoutIgnored ? await work.withoutIgnored(applied, object) : applied;
  const { status, message } = health(live);
  const outcome: ObjectOutcome = {
    ...named(step),
    result: "applied",
    health: status,
    ...(message ? { message } : {}),
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

interface Answer {
  object: RawObject;
  /** Fields that others held and that were taken back. */
  conflicts?: { manager: string; field: string }[];
}

/** Applies; fields that were ours and that somebody wrote over by hand are taken back, any others are a conflict. */
async function applyTakingBack(work: ObjectWork, kind: ServedKind): Promise<Answer> {
  try {
    return await applyOntoExpected(work, kind);
  } catch (thrown) {
    const conflicts = conflictsOf(thrown);
    if (!conflicts) throw thrown;
    const live = await work.cluster.get(kind, work.step.key.namespace, work.step.key.name);
    if (!live || live.metadata.uid !== work.step.uid || !mayTakeBack(conflicts, work.fieldSet, live)) throw thrown;
    return { ...(await applyOntoExpected({ ...work, force: true }, kind)), conflicts };
  }
}

/**
 * Applies onto the very object that the plan saw: its uid in the body makes the API server refuse another one. When it
 * was replaced or deleted meanwhile, ownership is looked at again before the apply goes on.
 */
async function applyOntoExpected(work: ObjectWork, kind: ServedKind): Promise<{ object: RawObject }> {
  const { cluster, object, step, force, application } = work;
  const onto = async (uid: string | undefined): Promise<{ object: RawObject }> => {
    const metadata = { ...object.metadata, ...(uid === undefined ? {} : { uid }) };
    return await cluster.apply(kind, { ...object, metadata }, { force });
  };
  const expected = step.action === "update" ? step.uid : undefined;
  try {
    return await onto(expected);
  } catch (thrown) {
    const error = toSluiceError(thrown);
    if (expected === undefined || error.code !== "Conflict" || conflictsOf(error)) throw error;
    const live = await cluster.get(kind, step.key.namespace, step.key.name);
    if (live?.metadata.uid === expected) throw error;
    const owner = live ? ownerOf(live) : undefined;
    if (owner !== undefined && owner !== application) {
      throw new SluiceError("Conflict", `it was replaced by an object of application ${owner} meanwhile`);
    }
    return await onto(live?.metadata.uid);
  }
}

async function isGone({ cluster, step }: ObjectWork, kind: ServedKind): Promise<true | undefined> {
  const live = await cluster.get(kind, step.key.namespace, step.key.name);
  return !live || live.metadata.uid !== step.uid || undefined;
}

async function terminating({ cluster, step }: ObjectWork, kind: ServedKind): Promise<string> {
  const live = await cluster.get(kind, step.key.namespace, step.key.name);
  const held = live ? health(live).message : undefined;
  return `${held ?? "it is being deleted"}; sync again once it is gone`;
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

function failedResult({ step, object, force }: ObjectWork, thrown: unknown): ObjectResult {
  const error = toSluiceError(thrown);
  const conflicts = conflictsOf(error);
  if (conflicts) {
    const message = conflictMessage(conflicts, force);
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

/** The fields and their owners of a server-side apply conflict, or undefined when the error is another one. */
export function conflictsOf(error: unknown): { manager: string; field: string }[] | undefined {
  const { conflicts } = error as { conflicts?: unknown };
  if (!Array.isArray(conflicts) || conflicts.length === 0) return undefined;
  return conflicts.map(({ manager, field }: { manager: string; field: string }) => ({ manager, field }));
}

function conflictMessage(conflicts: readonly { manager: string; field: string }[], force: boolean): string {
  const byManager = new Map<string, string[]>();
  for (const { manager, field } of conflicts) byManager.set(manager, [...(byManager.get(manager) ?? []), field]);
  const owners = [...byManager].map(([manager, fields]) => `${manager} owns ${fields.slice(0, 5).join(", ")}`);
  const next = force ? "sync again" : "remove them from Git, or take them over with the sync option Force=true";
  return `${owners.join("; ")}; ${next}`;
}
