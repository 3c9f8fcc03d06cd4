import type { Action, Inventory, InventoryEntry, Plan, PlanStep, RawObject } from "../../schemas/artifact.ts";
import { objectKey } from "../../schemas/ids.ts";
import type { ActionCounts } from "../../schemas/operation.ts";
import { health } from "../health/health.ts";
import { desiredDigest, type Digests } from "./canonical.ts";
import { equalState } from "./compare.ts";
import { recordedDigest } from "../diff/recorded.ts";
import { keyOf } from "./identity.ts";
import { compareKeys } from "./order.ts";
import { candidates, pruneRefusal, type PruneContext, type PruneOptions } from "./prune.ts";
import { ownerOf } from "./tracking.ts";

/** Why a rendered object gets its action. */
export type StepReason =
  | "NotLive"
  | "KindLater"
  | "KindUnknown"
  | "LiveUnknown"
  | "OwnedByOther"
  | "Terminating"
  | "NotRecorded"
  | "ApplyUnrecorded"
  | "Replaced"
  | "DesiredChanged"
  | "FieldsUnknown"
  | "Drifted"
  | "Recorded"
  | "DryRunEqual";

export interface PlanOptions extends PruneOptions {
  /** Take over fields of other managers (Force=true). */
  force: boolean;
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
  const verdict =
    (live ? undefined : kindVerdict(`${key.group}/${key.kind}`, input.options)) ??
    liveVerdict(input.live.has(text), live, input.application) ??
    recordedVerdict(live as RawObject, entries.get(text), desired, input);
  return { key, apiVersion: object.apiVersion, ...verdict, ...seen(live), desired };
}

/** What is remembered of the live object: its uid and health, so that an unchanged one needs no second read. */
function seen(live: RawObject | undefined): Partial<PlanStep> {
  if (!live) return {};
  const { status, message } = health(live);
  return {
    ...(live.metadata.uid === undefined ? {} : { uid: live.metadata.uid }),
    health: status,
    ...(message === undefined ? {} : { healthMessage: message }),
  };
}

const verdict = (action: Action, reason: StepReason, message: string): Verdict => ({ action, reason, message });

function kindVerdict(kind: string, { kindsLater, kindsUnknown }: PlanOptions): Verdict | undefined {
  if (kindsLater.has(kind)) return verdict("create", "KindLater", "its CRD is applied first, in the same sync");
  if (!kindsUnknown.has(kind)) return undefined;
  return verdict("create", "KindUnknown", `the cluster has no kind ${kind}; install its CRD`);
}

function liveVerdict(read: boolean, live: RawObject | undefined, application: string): Verdict | undefined {
  if (!read) return verdict("refuse", "LiveUnknown", "its live state could not be read");
  if (!live) return verdict("create", "NotLive", "it is not in the cluster");
  const owner = ownerOf(live);
  if (owner !== undefined && owner !== application) {
    const next = `remove it from one of the two, or the annotation from the object`;
    return verdict("refuse", "OwnedByOther", `it belongs to application ${owner}; ${next}`);
  }
  if (live.metadata["deletionTimestamp"]) {
    return verdict("recreate", "Terminating", "it is being deleted, and is created anew once it is gone");
  }
  return undefined;
}

function recordedVerdict(
  live: RawObject,
  entry: InventoryEntry | undefined,
  desired: string,
  { digests, options }: PlanInput,
): Verdict {
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
  return left.sort((a, b) => compareKeys(b.key, a.key)).map((entry) => pruneStep(entry, live, context));
}

function pruneStep(entry: InventoryEntry, live: PlanInput["live"], context: PruneContext): PlanStep {
  const { key, apiVersion } = entry;
  const object = live.get(objectKey(key));
  if (!object) {
    const stale = [...context.options.proof.staleGroups].sort().join(", ");
    const unread = live.has(objectKey(key))
      ? { reason: "DiscoveryStale", message: `it is not seen, but the cluster could not list the API groups ${stale}` }
      : { reason: "LiveUnknown", message: "its live state could not be read" };
    return { key, apiVersion, action: "refuse", ...unread };
  }
  const refusal = pruneRefusal(entry, object, context);
  if (refusal) return { key, apiVersion, action: "refuse", ...refusal, ...seen(object) };
  return { key, apiVersion, action: "prune", reason: "NotDesired", message: "it is no longer in Git", ...seen(object) };
}

/** How many steps there are of each action. */
export function countSteps(steps: readonly Pick<PlanStep, "action">[]): ActionCounts {
  const counts: ActionCounts = { create: 0, update: 0, recreate: 0, unchanged: 0, prune: 0, refused: 0, failed: 0 };
  for (const { action } of steps) counts[action === "refuse" ? "refused" : action] += 1;
  return counts;
}
