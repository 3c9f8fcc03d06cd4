import type { Artifact, Inventory, Plan, RawObject, Report } from "../schemas/artifact.ts";
import type { Digests } from "../domain/sync/canonical.ts";
import { worst } from "../domain/health/health.ts";
import { keyTextOf } from "../domain/sync/identity.ts";
import { recordedInventory } from "../domain/sync/inventory.ts";
import { isInPart } from "../domain/sync/waves.ts";
import { isLeftover } from "./apply-hook.ts";
import type { IgnoredDeps } from "./ignored.ts";
import { ApplyRun, type ApplyCluster } from "./apply-run.ts";
import type { OwnCheck } from "./judge.ts";
import { counts, NOT_ATTEMPTED, noted, reportOf, unhealthy } from "./outcomes.ts";
import type { Part } from "../schemas/phases.ts";
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
  /** What ignoring differences takes; without it the inventory remembers every field. */
  ignored?: IgnoredDeps;
  /** Health checks out of configuration; the built-in rules alone by default. */
  own?: OwnCheck;
  /** Objects of a stage that are applied at once, 16 by default. */
  concurrency?: number;
  /** Pauses before an object is tried again that the cluster was out of reach for; `[0, 1000, 3000]` by default. */
  pausesMs?: readonly number[];
}

/** A worker that is alive says so at least this often. */
const HEARTBEAT_MS = 5_000;

/**
 * Makes a plan, or one part of it, true in its cluster: stage by stage, each object with its own outcome, prunes last and only when
 * nothing failed. Running it twice is harmless. Throws `ClusterUnavailable` when the cluster is away, so that it is run again.
 */
export function createApplyActivity(deps: ApplyDeps): (input: ApplyInput, context: StepContext) => Promise<Applied> {
  return async (input, context) => {
    const plan = await deps.blobs.getJson<Plan>(input.plan);
    const { part } = input;
    const [objects, hooks, before, intended, cluster] = await Promise.all([
      objectsOf(deps, plan.artifact),
      objectsOf(deps, plan.hooks ? (plan.hookArtifact ?? plan.artifact) : ""),
      input.report === undefined ? undefined : deps.blobs.getJson<Report>(input.report),
      intendedOf(deps, plan, input.inventory),
      deps.cluster(plan.cluster),
    ]);
    const confirmed = input.confirmed === true;
    const run = new ApplyRun({ ...deps, plan, part, before, confirmed, objects, hooks, intended, cluster, context });
    const beat = setInterval(() => context.heartbeat(run.progress()), HEARTBEAT_MS);
    try {
      await run.cleanUp(input.abandon === true);
      await run.removeLeft();
      await run.applyAll();
      await run.runHooks();
      await run.pruneAll();
    } finally {
      clearInterval(beat);
    }
    return await answer(deps, run, { plan, intended, part });
  };
}

async function objectsOf({ blobs }: ApplyDeps, artifact: string): Promise<Map<string, RawObject>> {
  if (artifact === "") return new Map();
  const { objects } = await blobs.getJson<Artifact>(artifact);
  return new Map(objects.map((object) => [keyTextOf(object), object]));
}

async function intendedOf({ blobs }: ApplyDeps, plan: Plan, left: string | undefined): Promise<Inventory> {
  const { inventory, application, cluster } = plan;
  const digest = left ?? inventory;
  return digest === undefined
    ? { version: 1, application, cluster, entries: [] }
    : await blobs.getJson<Inventory>(digest);
}

async function answer(
  { blobs }: ApplyDeps,
  run: ApplyRun,
  { plan, intended, part }: { plan: Plan; intended: Inventory; part: Part | undefined },
): Promise<Applied> {
  const outcomes = run.outcomes();
  const report = reportOf(plan, outcomes);
  const [reportDigest, inventory] = await Promise.all([
    blobs.putJson(report),
    blobs.putJson(recordedInventory(intended, outcomes, run.entries)),
  ]);
  const mine = part ? outcomes.filter((outcome) => isInPart(outcome, part)) : outcomes;
  const health = part ? worst(mine.filter(counts).map((outcome) => outcome.health)) : report.health;
  return {
    report: reportDigest,
    inventory,
    counts: report.counts,
    health,
    ...(part ? { whole: report.health } : {}),
    ...(outcomes.some((outcome) => isLeftover(outcome)) ? { leftovers: true } : {}),
    failures: noted(mine, "failed"),
    refused: noted(outcomes, "refused"),
    unhealthy: unhealthy(mine),
    interrupted: mine.some(({ reason }) => reason === NOT_ATTEMPTED),
  };
}
