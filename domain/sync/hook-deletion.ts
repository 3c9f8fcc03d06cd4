import type { RawObject } from "../../schemas/artifact.ts";
import type { HookDeletePolicy } from "../../schemas/phases.ts";
import { type Guard, holdsData, ownGuard, pruneGuard } from "./guards.ts";
import { runsToItsEnd } from "./hook-state.ts";
import { hookRunOf } from "./hooks.ts";
import { keyOf } from "./identity.ts";
import { placementOf } from "./phases.ts";

/** Whether a run deletes what lies under its hook's name before it makes its own, or applies onto it. */
export interface Succession {
  replaced: boolean;
  /** In words, to follow `its object stays:`, where it stays although a policy would have it deleted. */
  kept?: string;
}

/**
 * What runs to its end is replaced whatever its policy says: an old one that is complete would pass for this run. Anything else is
 * replaced only where the hook itself names BeforeHookCreation, and nothing protects the object.
 */
export function successionOf(live: RawObject, wanted: RawObject): Succession {
  if (runsToItsEnd(live)) return { replaced: true };
  // Not the plan's: one that was made by an earlier version of us names a policy also where the hook doesn't.
  const policies = placementOf(wanted).deletePolicies;
  // What was no hook until now was not made to be deleted, neither before this run nor after it.
  const taken = policies.length > 0 && hookRunOf(live) === undefined ? ofKind(live) : undefined;
  const anew = policies.includes("BeforeHookCreation");
  const kept = (anew ? (ownProtection(live) ?? ownProtection(wanted)) : undefined) ?? taken;
  return kept === undefined ? { replaced: anew } : { replaced: false, kept };
}

/** Why the object of a hook is deleted after its run: how it ended, that it was given up while it ran, or that its application goes. */
export type HookEnd = Exclude<HookDeletePolicy, "BeforeHookCreation"> | "Abandoned" | "Deleted";

/** Why a hook's live object is not deleted after all, in words to follow `its object stays:`; undefined when it goes. */
export function hookKept(live: RawObject, end: HookEnd): string | undefined {
  if (end === "Deleted") return saying(pruneGuard(live, keyOf(live), { whole: true }));
  const { deletePolicies } = placementOf(live);
  if (end !== "Abandoned") return ownProtection(live) ?? (deletePolicies.includes(end) ? undefined : ofKind(live));
  if (runsToItsEnd(live)) return undefined;
  const unnamed = deletePolicies.length === 0 ? "its hook names no deletion policy" : undefined;
  return ownProtection(live) ?? ofKind(live) ?? unnamed;
}

/** Prune and Delete alike: a hook that goes is neither pruned nor deleted with its application, and comes back. */
function ownProtection(object: RawObject): string | undefined {
  const guards = [ownGuard(object, false), ownGuard(object, true)];
  return saying(guards.find((guard): guard is Guard => guard !== undefined && guard !== "unset"));
}

const ofKind = (object: RawObject): string | undefined =>
  holdsData(keyOf(object)) ? `deleting a ${object.kind} takes what is in it along` : undefined;

const saying = (guard: Guard | undefined): string | undefined => guard && `it is protected by ${guard.why}`;
