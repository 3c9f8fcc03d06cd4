import { holdsData } from "../domain/sync/guards.ts";
import { hookObject, hookRefusal, hookRunOf } from "../domain/sync/hooks.ts";
import { hookKept, successionOf, type HookEnd } from "../domain/sync/hook-deletion.ts";
import { hookState, type JudgeHealth } from "../domain/sync/hook-state.ts";
import type { HookStep, ObjectOutcome, RawObject } from "../schemas/artifact.ts";
import { toSluiceError } from "../schemas/errors.ts";
import { conflictsOf, isImmutable } from "./apply-conflicts.ts";
import type { ObjectCluster } from "./apply-work.ts";
import type { PruneCluster } from "./apply-prune.ts";
import { judging, type OwnCheck } from "./judge.ts";
import type { ServedKind } from "./live.ts";
import { NOT_ATTEMPTED } from "./outcomes.ts";
import { redacted } from "./redacted.ts";
import { until } from "./until.ts";

/** What running a hook needs of a cluster. */
export type HookCluster = ObjectCluster & PruneCluster;

export interface HookWork {
  cluster: HookCluster;
  application: string;
  step: HookStep;
  /** The hook as the artifact has it, with its secrets open. */
  object: RawObject;
  /** Health checks out of configuration. */
  own: OwnCheck | undefined;
  signal: AbortSignal;
}

/** How long a kind may take to be served after its CRD. */
const PATIENCE_MS = 10_000;
/** How long the object of an earlier run may take to go: a pod has 30 s by default to end. */
const REMOVAL_MS = 60_000;

/**
 * Creates a hook's object, or applies it onto the one that is there, unless this very run did already: a step that is tried again
 * after a crash finds it by its mark. Only what is to run anew is deleted before, by uid (`successionOf`). Throws only when the
 * cluster is out of reach.
 */
export async function runHook(work: HookWork): Promise<ObjectOutcome> {
  try {
    return await tryRun(work);
  } catch (thrown) {
    const error = toSluiceError(thrown);
    if (error.code === "ClusterUnavailable") throw error;
    const conflict = conflictsOf(error) ? "fields of it belong to another manager" : undefined;
    const next = isImmutable(thrown) && !holdsData(work.step.key) ? ANEW : error.next;
    const why = conflict ?? (next ? `${error.message}; ${next}` : error.message);
    return failed(work.step, conflict ? "FieldConflict" : error.code, redacted(why, work.object));
  }
}

/** What is left to do where a field of the object that is there can't be changed. */
const ANEW =
  "give the hook the deletion policy BeforeHookCreation to have it deleted and made anew each time, or take the change back";

async function tryRun(work: HookWork): Promise<ObjectOutcome> {
  const { cluster, step, application, signal } = work;
  const kind = await kindOf(work);
  if (!kind) {
    return failed(step, "KindUnknown", `the cluster has no ${step.key.kind} in ${step.apiVersion}; install its CRD`);
  }
  const before = await cluster.get(kind, step.key.namespace, step.key.name);
  if (before && hookRunOf(before) === step.run) return await outcomeOfHook(step, before, work.own);
  const place = before ? await placeFor(work, kind, before) : {};
  if ("result" in place) return place;
  if (signal.aborted) return hookNotAttempted(step);
  const wanted = hookObject(work.object, step, application);
  const { object } = await cluster.apply(kind, wanted, { force: true });
  return await outcomeOfHook(step, object, work.own, place);
}

/** What the outcome says of an object that was there before: nothing when it is gone by now. */
type Place = Pick<ObjectOutcome, "kept"> & { action?: "update" };

/** Makes place for a hook's object: deletes the one that is there, or leaves it to be applied onto. An outcome when neither can be. */
async function placeFor(work: HookWork, kind: ServedKind, before: RawObject): Promise<Place | ObjectOutcome> {
  const { step, application } = work;
  const refusal = hookRefusal(before, application);
  if (refusal !== undefined) return failed(step, "NotOurs", refusal);
  const { replaced, kept } = successionOf(before, work.object);
  if (!replaced && before.metadata["deletionTimestamp"] === undefined) {
    return { action: "update", ...(kept === undefined ? {} : { kept }) };
  }
  if (await removed(work, kind, before)) return {};
  return failed(step, "Terminating", "the object of an earlier run does not go; look at its finalizers");
}

async function kindOf({ cluster, step, signal }: HookWork): Promise<ServedKind | undefined> {
  const find = (): Promise<ServedKind | undefined> => cluster.resolve(step.apiVersion, step.key.kind);
  const found = await find();
  if (found) return found;
  // Its CRD may have come a moment ago, in the same operation.
  const refreshed = async (): Promise<ServedKind | undefined> => {
    await cluster.refreshDiscovery();
    return await find();
  };
  return await until(refreshed, { limitMs: PATIENCE_MS, everyMs: 1_000, signal });
}

async function removed({ cluster, step, signal }: HookWork, kind: ServedKind, before: RawObject): Promise<boolean> {
  const { namespace, name } = step.key;
  const { uid } = before.metadata;
  if (uid === undefined) return false;
  const going = before.metadata["deletionTimestamp"] !== undefined;
  if (!going) await cluster.delete(kind, namespace, name, { uid, propagation: "Background" });
  const gone = async (): Promise<true | undefined> =>
    (await cluster.get(kind, namespace, name))?.metadata.uid !== uid || undefined;
  return (await until(gone, { limitMs: REMOVAL_MS, everyMs: 100, signal })) === true;
}

function base({ key, apiVersion, phase, wave, ignoreHealth, deletePolicies }: HookStep) {
  const deleteOn = deletePolicies.filter((policy) => policy !== "BeforeHookCreation");
  return {
    key,
    apiVersion,
    action: "create" as const,
    hook: phase,
    ...(wave === 0 ? {} : { wave }),
    ...(ignoreHealth ? { ignoreHealth } : {}),
    ...(deleteOn.length === 0 ? {} : { deleteOn }),
  };
}

const failed = (step: HookStep, reason: string, message: string): ObjectOutcome => ({
  ...base(step),
  result: "failed",
  reason,
  health: "Missing",
  message,
});

/** The outcome of a hook as its live object says. */
async function outcomeOfHook(
  step: HookStep,
  live: RawObject,
  own: OwnCheck | undefined,
  place: Place = {},
): Promise<ObjectOutcome> {
  const { uid } = live.metadata;
  const judge = await judging(own, [live]);
  const made = { ...base(step), ...place, result: "applied", health: "Progressing", ...(uid ? { uid } : {}) } as const;
  return judgedHook(made, live, judge);
}

/** A hook whose turn has not come. */
export const hookNotAttempted = (step: HookStep): ObjectOutcome => ({
  ...base(step),
  result: "pending",
  reason: NOT_ATTEMPTED,
  health: "Missing",
});

/** What a hook's outcome is by a fresh look at its object. One that is gone before it was seen to be done has failed. */
export const judgedHook = (
  outcome: ObjectOutcome,
  live: RawObject | undefined,
  judge: JudgeHealth | undefined,
): ObjectOutcome => sayingKept(judged(outcome, live, judge));

function judged(outcome: ObjectOutcome, live: RawObject | undefined, judge: JudgeHealth | undefined): ObjectOutcome {
  const { message: _before, reason: _reason, ...rest } = outcome;
  if (!live || (outcome.uid !== undefined && live.metadata.uid !== outcome.uid)) {
    const message = "its object was deleted before it was seen to be done; leave it for a while after its end";
    return { ...rest, result: "failed", reason: "HookGone", health: "Missing", message };
  }
  const { state, degraded, message } = hookState(live, judge);
  const said = message === undefined ? {} : { message };
  if (state === "failed") return { ...rest, result: "failed", reason: "HookFailed", health: "Degraded", ...said };
  if (state === "succeeded") return { ...rest, reason: "HookSucceeded", health: "Healthy" };
  // Degraded may pass: the operation fails when it lasts, as with any object.
  const health = degraded ? "Degraded" : "Progressing";
  return { ...rest, reason: "HookRunning", health: rest.ignoreHealth ? "Healthy" : health, ...said };
}

/** The outcome with the reason in its message why its object stays. */
function sayingKept(outcome: ObjectOutcome): ObjectOutcome {
  const { kept, message } = outcome;
  if (kept === undefined || outcome.reason === "HookGone") return outcome;
  const stays = `its object stays: ${kept}`;
  return { ...outcome, message: message === undefined ? stays : `${message}; ${stays}` };
}

/** Whether the object of a hook still has to be deleted: it is over in a way that its policy names, or is abandoned. */
export function isLeftover(
  { hook, uid, reason = "", deleteOn = [], deleted, kept }: ObjectOutcome,
  abandon = false,
): boolean {
  if (hook === undefined || uid === undefined || deleted || kept !== undefined) return false;
  return (deleteOn as string[]).includes(reason) || (abandon && reason === "HookRunning");
}

/** Deletes the object of a hook that is over or abandoned, unless something protects it. */
export async function cleanedHook(cluster: HookCluster, outcome: ObjectOutcome): Promise<ObjectOutcome> {
  const end = (["HookSucceeded", "HookFailed"] as const).find((reason) => reason === outcome.reason) ?? "Abandoned";
  return sayingKept(await deleteHook(cluster, outcome, end));
}

/** Deletes the object of a hook, by uid, so that a second time does nothing; what is protected stays, with the reason. */
export async function deleteHook<Made extends Pick<ObjectOutcome, "key" | "apiVersion" | "uid">>(
  cluster: HookCluster,
  outcome: Made,
  end: HookEnd,
): Promise<Made & Pick<ObjectOutcome, "deleted" | "kept">> {
  const { key, apiVersion = "", uid } = outcome;
  const kind = await cluster.resolve(apiVersion, key.kind);
  if (!kind || uid === undefined) return outcome;
  const live = await cluster.get(kind, key.namespace, key.name);
  if (live?.metadata.uid !== uid) return { ...outcome, deleted: true };
  const kept = hookKept(live, end);
  if (kept !== undefined) return { ...outcome, kept };
  await cluster.delete(kind, key.namespace, key.name, { uid, propagation: "Background" });
  return { ...outcome, deleted: true };
}
