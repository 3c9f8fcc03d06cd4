import { createAct, type ActDeps } from "./act.ts";
import { type OrphanDeps, orphaning } from "./orphan.ts";
import { createPrepare, type PrepareDeps } from "./prepare.ts";
import { createNote } from "./note.ts";
import { createRevert, type RevertDeps } from "./revert.ts";
import { createSettle, type SettleDeps } from "./settle.ts";
import type { StepHandlers } from "./steps.ts";

/** What the steps of an operation need; the service plugs the adapters in. */
export interface ActivityDeps extends Omit<PrepareDeps, "apply" | "blobs">, SettleDeps, OrphanDeps {
  commits: RevertDeps["commits"];
  actionCluster: ActDeps["cluster"];
  apply: StepHandlers["apply"];
  assess: StepHandlers["assess"];
}

/** Limits of waiting that hold unless the service says otherwise. */
export const DEFAULT_WAITS: PrepareDeps["waits"] = {
  // Longer than a pod's first crash and restart, shorter than anybody's patience with a broken rollout.
  degradedGraceMs: 30_000,
  recheckMs: 30_000,
  longestRecheckMs: 300_000,
};

/** The steps of an operation. */
export function createActivities(deps: ActivityDeps): StepHandlers {
  return {
    prepare: orphaning(createPrepare(deps), deps),
    apply: deps.apply,
    assess: deps.assess,
    settle: createSettle(deps),
    note: createNote(deps),
    revert: createRevert(deps),
    act: createAct({ ...deps, cluster: deps.actionCluster }),
  };
}
