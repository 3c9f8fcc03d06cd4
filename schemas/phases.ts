/** The words of phases, waves and hooks. Types and lists only, so that workflows and domain code may import them. */

/** When a hook runs: around and in a sync, after one that failed, and around a deletion. */
export const HOOK_PHASES = ["PreSync", "Sync", "PostSync", "SyncFail", "PreDelete", "PostDelete"] as const;
export type HookPhase = (typeof HOOK_PHASES)[number];

/** When a hook's object is deleted. */
export const HOOK_DELETE_POLICIES = ["HookSucceeded", "HookFailed", "BeforeHookCreation"] as const;
export type HookDeletePolicy = (typeof HOOK_DELETE_POLICIES)[number];

/** Marks a hook's object with the run that made it: operation, attempt and phase. A step that is tried again finds it by this. */
export const HOOK_RUN_ANNOTATION = "sluice.dev/hook-run";

/**
 * One part of an operation: what is written together, and waited for before the next part begins. `Prune` parts delete; `Cleanup`
 * deletes hooks whose deletion policy says so, and is in no plan.
 */
export interface Part {
  phase: HookPhase | "Prune" | "Cleanup";
  wave: number;
  /** Something in it is deleted only after an operator's yes. */
  confirm?: true;
  /** Sync: hooks run in it beside what is applied. */
  hooks?: true;
}
