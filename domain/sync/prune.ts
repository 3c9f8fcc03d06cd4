import type { InventoryEntry, PlanStep, RawObject, StepOptions } from "../../schemas/artifact.ts";
import { objectKey } from "../../schemas/ids.ts";
import { pruneGuard, type Deletion, type Guard } from "./guards.ts";
import { optionValues, ownOptions, type OptionValues } from "./options.ts";
import { propagationOf } from "./step-options.ts";
import { ownerOf } from "./tracking.ts";

/** How the commit to be synced relates to the one of the last sync. `chosen`: an operator named it (rollback, delete). */
export type RevisionMove = "first" | "same" | "forward" | "chosen" | "diverged" | "unknown";

/**
 * Why an object that is no longer rendered is not deleted: the nine conditions of "prune only on proof", in their order,
 * then the two switches before them. The letters are those of docs/reference on pruning.
 */
export type PruneRefusal =
  | "RenderNotProven" // a: not exactly one recorded commit whose rendering is the stored artifact
  | "EmptyRender" // b: nothing was rendered, and allowEmpty is not set
  | "OverPruneLimit" // c: more objects than the limit would go at once
  | "NotOurs" // d: the live object is not the one of the inventory, nor marked as ours
  | "Replaced" // d: the live object has our mark but another uid
  | "NotTracked" // e: the live object lost our tracking id
  | "OwnedByOther" // e: the live object is tracked by another application
  | "LiveUnknown" // e: it could not be read afresh
  | "DiscoveryStale" // f: some API groups could not be listed
  | "StillDesired" // g: the same object is still rendered, under another version or group
  | "Protected" // h: Prune=false or a kind that holds data
  | "NotConfirmed" // h: Prune=confirm or Delete=confirm, and nobody has said yes
  | "RevisionNotForward" // i: the source did not move forward
  | "PruneDisabled" // the policy does not prune
  | "ApplyFailed"; // something of the same sync could not be applied

/** What holds for the whole rendering: conditions a, f and i. */
export interface PruneProof {
  /** The artifact was re-digested on read, is this application's and names one full commit. */
  rendered: boolean;
  move: RevisionMove;
  staleGroups: readonly string[];
}

export interface PruneOptions {
  prune: boolean;
  allowEmpty: boolean;
  /** At most this share of the inventory or this many objects, whichever is greater, go in one sync. */
  pruneLimit: { share: number; objects: number };
  proof: PruneProof;
  /** The whole application is deleted, so that Delete decides over each object. */
  whole?: boolean;
  /** Sync options of the application, and of the operation, which win. */
  syncOptions?: readonly string[];
  operationOptions?: readonly string[];
}

/** The limit of facts: 30 % or 10 objects. */
export const PRUNE_LIMIT = { share: 0.3, objects: 10 } as const;

export interface PruneRefused {
  reason: PruneRefusal;
  message: string;
}

export interface PruneContext {
  application: string;
  options: PruneOptions;
  /** How many objects are rendered, and the uids of their live counterparts. */
  desired: number;
  desiredUids: ReadonlySet<string>;
  /** Entries of the inventory before, and how many of them are no longer rendered but still live. */
  owned: number;
  removed: number;
}

const refused = (reason: PruneRefusal, message: string): PruneRefused => ({ reason, message });

/** What becomes of a live object that is no longer rendered, as a plan says it. */
export type PruneVerdict = Pick<PlanStep, "action" | "reason" | "message" | "confirm" | "pruneLast" | "options">;

/**
 * Whether a live object that is no longer rendered goes: all nine conditions hold, perhaps once an operator has said yes. One
 * that stays and says IgnoreExtraneous is no difference.
 */
export function prunable(entry: InventoryEntry, live: RawObject, context: PruneContext): PruneVerdict {
  const refusal = pruneRefusal(entry, live, context);
  if (refusal && OURS_TO_KEEP.has(refusal.reason) && ownOptions(live).ignoreExtraneous) {
    return { action: "unchanged", reason: "Extraneous", message: `${refusal.message}; IgnoreExtraneous lets it be` };
  }
  if (refusal) return { action: "refuse", ...refusal };
  const values = { ...levelOf(context.options), ...ownOptions(live).values };
  const guard = pruneGuard(live, entry.key, deletionOf(context.options));
  const options = pruneStepOptions(values, context.options);
  return {
    action: "prune",
    reason: "NotDesired",
    message: guard ? `it is no longer in Git, and waits for a yes: ${guard.why}` : "it is no longer in Git",
    ...(guard ? { confirm: true } : {}),
    ...(ownOptions(live).values.PruneLast === "true" ? { pruneLast: true } : {}),
    ...(options ? { options } : {}),
  };
}

const OURS_TO_KEEP: ReadonlySet<PruneRefusal> = new Set(["PruneDisabled", "Protected"]);

function pruneStepOptions(values: OptionValues, { whole = false }: PruneOptions): StepOptions | undefined {
  const propagation = propagationOf(values);
  if (!whole && propagation === undefined) return undefined;
  return { ...(whole ? { whole: true } : {}), ...(propagation === undefined ? {} : { propagation }) };
}

const levelOf = ({ syncOptions = [], operationOptions = [] }: PruneOptions): OptionValues =>
  optionValues([...syncOptions, ...operationOptions]);
const deletionOf = (options: PruneOptions): Deletion => ({ whole: options.whole === true, level: levelOf(options) });

/** Why a live object that is no longer rendered must stay, or undefined when all nine conditions hold or a yes is missing only. */
export function pruneRefusal(entry: InventoryEntry, live: RawObject, context: PruneContext): PruneRefused | undefined {
  const { application, options } = context;
  return (
    disabled(entry, live, context) ??
    renderRefusal(context) ??
    sameObject(live, context) ??
    liveRefusal(entry, live, { application, ...deletionOf(options), confirmed: true })
  );
}

function disabled(entry: InventoryEntry, live: RawObject, context: PruneContext): PruneRefused | undefined {
  const { options, desired, application } = context;
  if (options.prune) return undefined;
  const guard = pruneGuard(live, entry.key, deletionOf(options));
  // Asking for a prune would lead to nothing.
  if (guard && !guard.confirmable && ownerOf(live) === application) {
    return refused("Protected", `it is no longer in Git, and stays: ${protectedBy(guard)}`);
  }
  const empty = desired === 0 && !options.allowEmpty;
  return refused(
    "PruneDisabled",
    empty
      ? `it is no longer in Git, and neither is anything else; ${HOW_TO_EMPTY}`
      : "it is no longer in Git; sync with prune to delete it, or set automated.prune",
  );
}

/** A prune alone would be refused, and `automated` without more would sync by itself. */
const HOW_TO_EMPTY =
  "if all of it is to go, delete the application, or set automated.allowEmpty (with enabled: false to go on syncing by hand) and sync with prune";

function renderRefusal({ options, desired, owned, removed }: PruneContext): PruneRefused | undefined {
  const { proof, allowEmpty, pruneLimit } = options;
  const limit = Math.max(pruneLimit.objects, Math.floor(pruneLimit.share * owned));
  if (!proof.rendered) {
    return refused("RenderNotProven", "the artifact is not proven to be the rendering of one recorded commit");
  }
  if (desired === 0 && !allowEmpty) {
    return refused("EmptyRender", `the rendering has no object; ${HOW_TO_EMPTY}`);
  }
  if (removed > limit) {
    return refused(
      "OverPruneLimit",
      `${removed} of ${owned} objects would be deleted at once and the limit is ${limit}; remove them in smaller steps`,
    );
  }
  if (proof.staleGroups.length > 0) {
    const groups = [...proof.staleGroups].sort().join(", ");
    return refused("DiscoveryStale", `the cluster could not list the API groups ${groups}; repair their APIService`);
  }
  return moveRefusal(proof.move);
}

function moveRefusal(move: RevisionMove): PruneRefused | undefined {
  if (move !== "diverged" && move !== "unknown") return undefined;
  const why =
    move === "diverged"
      ? "the source's history was rewritten: its commit does not follow the one last synced"
      : "it is not known whether the commit follows the one last synced";
  return refused("RevisionNotForward", `${why}; sync that revision by name to prune`);
}

const sameObject = (live: RawObject, { desiredUids }: PruneContext): PruneRefused | undefined =>
  live.metadata.uid !== undefined && desiredUids.has(live.metadata.uid)
    ? refused("StillDesired", "the same object is still rendered, under another API group")
    : undefined;

/**
 * Conditions d, e and h on a live object just read. The apply asks this again right before the delete, which carries the
 * uid as a precondition.
 */
export function liveRefusal(
  entry: Pick<InventoryEntry, "key" | "uid">,
  live: RawObject,
  { application, confirmed = false, ...deletion }: Deletion & { application: string; confirmed?: boolean },
): PruneRefused | undefined {
  const owner = ownerOf(live);
  const ours = owner === application;
  if (entry.uid === null && !ours) {
    return refused("NotOurs", "an apply of it was begun but never recorded, and the live object is not marked as ours");
  }
  if (entry.uid !== null && live.metadata.uid !== entry.uid) {
    return ours
      ? refused("Replaced", `it was deleted and created anew by somebody else; uid ${entry.uid} is gone`)
      : refused("NotOurs", `uid ${entry.uid} is gone; another object has its name now`);
  }
  if (!ours && owner !== undefined) return refused("OwnedByOther", `it is tracked by application ${owner}`);
  if (!ours) return refused("NotTracked", "our tracking annotation was removed from it");
  const guard = pruneGuard(live, entry.key, deletion);
  if (!guard || (guard.confirmable && confirmed)) return undefined;
  return guard.confirmable
    ? refused("NotConfirmed", `it waits for an operator's yes: ${guard.why}`)
    : refused("Protected", protectedBy(guard));
}

const protectedBy = ({ why }: Guard): string => `it is protected by ${why}; delete it by hand`;

/** Whether the inventory may forget an object after a refusal: it is provably not ours (any more). */
export const releases = (reason: string): boolean =>
  (["NotOurs", "OwnedByOther", "StillDesired"] satisfies PruneRefusal[] as string[]).includes(reason);

/** Entries of the inventory that are no longer rendered: candidates for pruning, in their own order. */
export const candidates = (entries: readonly InventoryEntry[], desired: ReadonlySet<string>): InventoryEntry[] =>
  entries.filter((entry) => !desired.has(objectKey(entry.key)));
