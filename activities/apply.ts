import type { Artifact, Inventory, Plan, RawObject } from "../schemas/artifact.ts";
import type { Digests } from "../domain/sync/canonical.ts";
import { keyTextOf } from "../domain/sync/identity.ts";
import { recordedInventory } from "../domain/sync/inventory.ts";
import { ApplyRun, type ApplyCluster } from "./apply-run.ts";
import { NOT_ATTEMPTED, noted, reportOf, unhealthy } from "./outcomes.ts";
import type { Applied, ApplyInput, StepContext } from "./steps.ts";

export interface ApplyDeps {
  blobs: {
    getJson<T>(digest: string): Promise<T>;
    putJson(value: unknown): Promise<string>;
  };
  cluster(name: string): Promise<ApplyCluster>;
  /** The object with its sealed Secret values opened. */
  open(object: RawObject): RawObject;
  digests: Digests;
  /** Objects of a stage that are applied at once, 16 by default. */
  concurrency?: number;
  /** Pauses before an object is tried again that the cluster was out of reach for; `[0, 1000, 3000]` by default. */
  pausesMs?: readonly number[];
}

/** A worker that is alive says so at least this often. */
const HEARTBEAT_MS = 5_000;

/**
 * Makes a plan true in its cluster: stage by stage, each object with its own outcome, prunes last and only when nothing
 * failed. Running it twice is harmless. Throws `ClusterUnavailable` when the cluster is away, so that it is run again.
 */
export function createApplyActivity(deps: ApplyDeps): (input: ApplyInput, context: StepContext) => Promise<Applied> {
  return async (input, context) => {
    const plan = await deps.blobs.getJson<Plan>(input.plan);
    const [artifact, intended, cluster] = await Promise.all([
      plan.artifact === "" ? undefined : deps.blobs.getJson<Artifact>(plan.artifact),
      intendedOf(deps, plan),
      deps.cluster(plan.cluster),
    ]);
    const objects = new Map((artifact?.objects ?? []).map((object) => [keyTextOf(object), object]));
    const run = new ApplyRun({ ...deps, plan, objects, intended, cluster, context });
    const beat = setInterval(() => context.heartbeat(run.progress()), HEARTBEAT_MS);
    try {
      await run.applyAll();
      await run.pruneAll();
    } finally {
      clearInterval(beat);
    }
    return await answer(deps, run, { plan, intended });
  };
}

const intendedOf = async ({ blobs }: ApplyDeps, { inventory, application, cluster }: Plan): Promise<Inventory> =>
  inventory === undefined
    ? { version: 1, application, cluster, entries: [] }
    : await blobs.getJson<Inventory>(inventory);

async function answer(
  { blobs }: ApplyDeps,
  run: ApplyRun,
  { plan, intended }: { plan: Plan; intended: Inventory },
): Promise<Applied> {
  const outcomes = run.outcomes();
  const report = reportOf(plan, outcomes);
  const [reportDigest, inventory] = await Promise.all([
    blobs.putJson(report),
    blobs.putJson(recordedInventory(intended, outcomes, run.entries)),
  ]);
  return {
    report: reportDigest,
    inventory,
    counts: report.counts,
    health: report.health,
    failures: noted(outcomes, "failed"),
    refused: noted(outcomes, "refused"),
    unhealthy: unhealthy(outcomes),
    interrupted: outcomes.some(({ reason }) => reason === NOT_ATTEMPTED),
  };
}
