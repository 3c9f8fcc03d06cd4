import type { Action, Inventory, InventoryEntry, Plan, PlanStep, RawObject } from "../../schemas/artifact.ts";
import { objectKey } from "../../schemas/ids.ts";
import type { ActionCounts } from "../../schemas/operation.ts";
import { health, type Health } from "../health/health.ts";
import { desiredDigest, type Digests } from "./canonical.ts";
import { equalState } from "./compare.ts";
import { recordedDigest } from "../diff/recorded.ts";
import { type Claim, claimRefusal, type ClaimRefusal } from "./claim.ts";
import { keyOf } from "./identity.ts";
import { isSet, optionsFor, ownOptions, type EffectiveOptions } from "./options.ts";
import { compareKeys } from "./order.ts";
import { candidates, prunable, type PruneContext, type PruneOptions } from "./prune.ts";
import { applyOptions } from "./step-options.ts";
import { ownerOf } from "./tracking.ts";

/** Why a rendered object gets its action. */
export type StepReason =
  | "NotLive"
  | "KindLater"
  | "KindUnknown"
  | "LiveUnknown"
  | ClaimRefusal
  | "Ignored" // ssa: Ignore
  | "Paused" // reconcile: disabled
  | "Present" // ssa: IfNotPresent, and it is there
  | "Terminating"
  | "NotRecorded"
  | "ApplyUnrecorded"
  | "Replaced"
  | "DesiredChanged"
  | "FieldsUnknown"
  | "Drifted"
  | "ApplyAll" // ApplyOutOfSyncOnly=false
  | "Recorded"
  | "DryRunEqual";

export interface PlanOptions extends PruneOptions {
  /** Force=true for the whole application. */
  force: boolean;
  /** It only compares, so that ApplyOutOfSyncOnly=false is no difference. */
  comparesOnly?: boolean;
  /** Kinds, as `group/Kind`, that the cluster will know once the CRDs of this artifact are applied. */
  kindsLater: ReadonlySet<string>;
  /** Kinds, as `group/Kind`, that the cluster doesn't know and no CRD of this artifact declares. */
  kindsUnknown: ReadonlySet<string>;
  /** Server-side diff: what a dry run of the apply returned, by object key. */
  predicted?: ReadonlyMap<string, RawObject>;
}

export interface PlanInput {
  application: string;
  operation: string;
  cluster: string;
  /** The rendering: its digest (of the stored artifact) and its objects, in apply order. */
  artifact: { digest: string; objects: readonly RawObject[] };
  /** Live objects by key; `undefined` is a proven absence, a missing key was not read. */
  live: ReadonlyMap<string, RawObject | undefined>;
  inventory: Inventory | undefined;
  options: PlanOptions;
  digests: Digests;
  /** Applications that live objects are marked with and that are not there. */
  gone?: Claim["gone"];
  /** How live objects are judged; the built-in rules by default. */
  judge?: (object: RawObject) => Health;
}

interface Verdict {
  action: Action;
  reason: StepReason;
  message: string;
}

/** Desired, live and owned become the list of actions, each with its reason: rendered objects first, prunes in reverse. */
export function plan(input: PlanInput): Plan {
  const entries = new Map((input.inventory?.entries ?? []).map((entry) => [objectKey(entry.key), entry]));
  const steps = [...input.artifact.objects.map((object) => desiredStep(object, entries, input)), ...pruneSteps(input)];
  const { application, operation, cluster, artifact, options } = input;
  return {
    version: 1,
    application,
    operation,
    cluster,
    artifact: artifact.digest,
    steps,
    counts: countSteps(steps),
    force: options.force,
  };
}

function desiredStep(object: RawObject, entries: ReadonlyMap<string, InventoryEntry>, input: PlanInput): PlanStep {
  const key = keyOf(object);
  const text = objectKey(key);
  const desired = desiredDigest(object, input.digests);
  const live = input.live.get(text);
  const entry = entries.get(text);
  const options = effective(object, input);
  const about: About = { object, live, read: input.live.has(text), entry, desired, options };
  const verdict = asked(
    skipVerdict(about) ??
      (live ? undefined : kindVerdict(`${key.group}/${key.kind}`, about, input.options)) ??
      liveVerdict(about, input) ??
      recordedVerdict(live as RawObject, about, input),
    about,
    input.options,
  );
  const takenOver = live !== undefined && !(entry?.uid === live.metadata.uid && ownerOf(live) === input.application);
  const owner = live && ownerOf(live);
  const from = owner === input.application ? undefined : owner;
  const how = WRITES.has(verdict.action) ? applyOptions(key, options, { live, takenOver, from }) : undefined;
  const seenNow = verdict.reason === "Ignored" && !live ? { health: "Healthy" as const } : seen(live, input.judge);
  return { key, apiVersion: object.apiVersion, ...verdict, ...seenNow, desired, ...(how ? { options: how } : {}) };
}

const WRITES: ReadonlySet<Action> = new Set(["create", "update", "recreate"]);

/** One rendered object with all that is known of it. */
interface About {
  object: RawObject;
  live: RawObject | undefined;
  /** Whether it could be read; without a live object it is proven absent then. */
  read: boolean;
  entry: InventoryEntry | undefined;
  desired: string;
  options: EffectiveOptions;
}

const effective = (object: RawObject, { options }: PlanInput): EffectiveOptions =>
  optionsFor(
    [...(options.syncOptions ?? []), ...(options.force ? ["Force=true"] : [])],
    options.operationOptions ?? [],
    object,
  );

/** What leaves an object alone whatever its state: `ssa: Ignore`, `reconcile: disabled` in Git or on the live one, IfNotPresent. */
function skipVerdict({ options, live }: About): Verdict | undefined {
  if (options.ssa === "Ignore") return verdict("unchanged", "Ignored", "its annotation ssa: Ignore leaves it alone");
  if (live && (options.paused || ownOptions(live).paused)) {
    return verdict("unchanged", "Paused", "its annotation reconcile: disabled leaves it alone");
  }
  if (options.paused) return verdict("unchanged", "Ignored", "its annotation reconcile: disabled leaves it alone");
  if (options.ssa !== "IfNotPresent" || !live || live.metadata["deletionTimestamp"]) return undefined;
  return verdict("unchanged", "Present", "it is there, and its annotation ssa: IfNotPresent asks for no more");
}

/** What the options make of a verdict: everything is applied again, or replaced by deletion. */
function asked(given: Verdict, { options }: About, { comparesOnly = false }: PlanOptions): Verdict {
  const all = options.values.ApplyOutOfSyncOnly === "false" && !comparesOnly;
  const again = all && given.action === "unchanged" && given.reason === "Recorded";
  const made = again ? verdict("update", "ApplyAll", "ApplyOutOfSyncOnly=false applies every object again") : given;
  const anew = made.action === "update" && isSet(options, "Replace") && isSet(options, "Force");
  return anew ? { ...made, action: "recreate" } : made;
}

/** What is remembered of the live object: its uid and health, so that an unchanged one needs no second read. */
function seen(live: RawObject | undefined, judge: PlanInput["judge"]): Partial<PlanStep> {
  if (!live) return {};
  const { status, message } = (judge ?? health)(live);
  return {
    ...(live.metadata.uid === undefined ? {} : { uid: live.metadata.uid }),
    health: status,
    ...(message === undefined ? {} : { healthMessage: message }),
  };
}

const verdict = (action: Action, reason: StepReason, message: string): Verdict => ({ action, reason, message });

function kindVerdict(kind: string, { options }: About, { kindsLater, kindsUnknown }: PlanOptions): Verdict | undefined {
  if (kindsLater.has(kind)) return verdict("create", "KindLater", "its CRD is applied first, in the same sync");
  if (!kindsUnknown.has(kind)) return undefined;
  if (isSet(options, "SkipDryRunOnMissingResource")) {
    return verdict("create", "KindLater", `the cluster has no kind ${kind} yet; it is waited for during the sync`);
  }
  return verdict("create", "KindUnknown", `the cluster has no kind ${kind}; install its CRD`);
}

function liveVerdict(
  { read, live, entry, options }: About,
  { application, gone }: Pick<PlanInput, "application" | "gone">,
): Verdict | undefined {
  if (!read) return verdict("refuse", "LiveUnknown", "its live state could not be read");
  if (!live) return verdict("create", "NotLive", "it is not in the cluster");
  // What we applied is ours, even if our mark was taken off: an object of another owner still says whose it is.
  const known = entry?.uid !== undefined && entry.uid !== null && entry.uid === live.metadata.uid;
  const adopt = options.values.Adopt;
  const claim = { application, adopt: known && adopt === "false" ? undefined : adopt, ...(gone && { gone }) };
  const refusal = claimRefusal(live, claim);
  if (refusal) return verdict("refuse", refusal.reason, refusal.message);
  if (live.metadata["deletionTimestamp"]) {
    return verdict("recreate", "Terminating", "it is being deleted, and is created anew once it is gone");
  }
  return undefined;
}

function recordedVerdict(live: RawObject, { entry, desired }: About, { digests, options }: PlanInput): Verdict {
  const update = updateReason(live, entry, desired, digests);
  if (!update) return verdict("unchanged", "Recorded", "live equals what was applied");
  const predicted = options.predicted?.get(objectKey(keyOf(live)));
  if (predicted && equalState(live, predicted)) {
    return verdict("unchanged", "DryRunEqual", "an apply would change nothing");
  }
  return update;
}

function updateReason(
  live: RawObject,
  entry: InventoryEntry | undefined,
  desired: string,
  digests: Digests,
): Verdict | undefined {
  const update = (reason: StepReason, message: string): Verdict => verdict("update", reason, message);
  if (!entry) return update("NotRecorded", "it is in the cluster but was not applied by this application yet");
  if (entry.uid === null) return update("ApplyUnrecorded", "an apply of it was begun and its answer not recorded");
  if (entry.uid !== live.metadata.uid) return update("Replaced", "it was deleted and created anew");
  if (entry.desired !== desired) return update("DesiredChanged", "Git has changed it");
  if (entry.fields === null || entry.fieldSet === null) return update("FieldsUnknown", "what was applied is not known");
  if (recordedDigest(live, entry, digests) !== entry.fields) {
    return update("Drifted", "fields of it were changed in the cluster");
  }
  return undefined;
}

function pruneSteps(input: PlanInput): PlanStep[] {
  const { application, artifact, live, options, inventory } = input;
  const desired = new Set(artifact.objects.map((object) => objectKey(keyOf(object))));
  const owned = inventory?.entries ?? [];
  const gone = (entry: InventoryEntry): boolean => {
    const key = objectKey(entry.key);
    return live.has(key) && live.get(key) === undefined && options.proof.staleGroups.length === 0;
  };
  const left = candidates(owned, desired).filter((entry) => !gone(entry));
  const uids = [...desired].map((key) => live.get(key)?.metadata.uid).filter((uid) => uid !== undefined);
  const context: PruneContext = {
    application,
    options,
    desired: desired.size,
    desiredUids: new Set(uids),
    owned: owned.length,
    removed: left.length,
  };
  return left.sort((a, b) => compareKeys(b.key, a.key)).map((entry) => pruneStep(entry, input, context));
}

function pruneStep(entry: InventoryEntry, { live, judge }: PlanInput, context: PruneContext): PlanStep {
  const { key, apiVersion } = entry;
  const object = live.get(objectKey(key));
  if (!object) {
    const stale = [...context.options.proof.staleGroups].sort().join(", ");
    const unread = live.has(objectKey(key))
      ? { reason: "DiscoveryStale", message: `it is not seen, but the cluster could not list the API groups ${stale}` }
      : { reason: "LiveUnknown", message: "its live state could not be read" };
    return { key, apiVersion, action: "refuse", ...unread };
  }
  const verdict = prunable(entry, object, context);
  return { key, apiVersion, ...verdict, ...seen(object, judge) };
}

/** How many steps there are of each action. */
export function countSteps(steps: readonly Pick<PlanStep, "action">[]): ActionCounts {
  const counts: ActionCounts = { create: 0, update: 0, recreate: 0, unchanged: 0, prune: 0, refused: 0, failed: 0 };
  for (const { action } of steps) counts[action === "refuse" ? "refused" : action] += 1;
  return counts;
}
