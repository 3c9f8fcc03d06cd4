import type { Noted } from "../domain/application/command.ts";
import type { Digests } from "../domain/sync/canonical.ts";
import { equalState } from "../domain/sync/compare.ts";
import { keyTextOf } from "../domain/sync/identity.ts";
import { NAMESPACE_METADATA } from "../domain/sync/namespace.ts";
import type { Artifact, HookStep, Inventory, ObjectOutcome, Plan, PlanStep, RawObject } from "../schemas/artifact.ts";
import { toSluiceError } from "../schemas/errors.ts";
import { objectKey } from "../schemas/ids.ts";
import type { ActionCounts } from "../schemas/operation.ts";
import { applyObject } from "./apply-object.ts";
import { pruneObject } from "./apply-prune.ts";
import { dryCluster, type DryRunCluster, type Tried } from "./dry-cluster.ts";
import { respectingPlan, type IgnoredDeps } from "./ignored.ts";
import { limited } from "./limited.ts";
import { applyNamespace } from "./namespace.ts";
import { blocked, noted, reportOf, settled } from "./outcomes.ts";

export interface DryRunDeps {
  blobs: {
    getJson<T>(digest: string): Promise<T>;
    putJson(value: unknown): Promise<string>;
  };
  cluster(name: string): Promise<DryRunCluster>;
  /** The object with its sealed Secret values opened. */
  open(object: RawObject): RawObject;
  digests: Digests;
  /** What finding ignored fields takes. */
  ignored?: IgnoredDeps;
  concurrency?: number;
}

/** What a plan would come to, tried on the API server. */
export interface DryRan {
  /** Digest of the report: `applied` and `pruned` are what would be, `pending` is what can't be told before it is done. */
  report: string;
  counts: ActionCounts;
  /** At most 20 objects that would fail. */
  failures: Noted[];
}

const CONCURRENCY = 16;

/**
 * Tries every step of a plan as a server-side dry run, through the same code that carries it out, and writes nothing but its report.
 * Throws `ClusterUnavailable` when the cluster is away.
 */
export function createDryRun(deps: DryRunDeps): (input: { plan: string; signal: AbortSignal }) => Promise<DryRan> {
  return async ({ plan: digest, signal }) => {
    const plan = await deps.blobs.getJson<Plan>(digest);
    const [artifact, inventory, cluster] = await Promise.all([
      plan.artifact === "" ? undefined : deps.blobs.getJson<Artifact>(plan.artifact),
      plan.inventory === undefined ? undefined : deps.blobs.getJson<Inventory>(plan.inventory),
      deps.cluster(plan.cluster),
    ]);
    const run: Run = {
      deps,
      plan,
      signal,
      cluster: dryCluster(cluster),
      objects: new Map((artifact?.objects ?? []).map((object) => [keyTextOf(object), object])),
      entries: new Map((inventory?.entries ?? []).map((entry) => [objectKey(entry.key), entry])),
      missing: await missingNamespaces(plan, cluster),
    };
    const outcomes = await limited(plan.steps, deps.concurrency ?? CONCURRENCY, (step) => tried(run, step));
    const report = reportOf(plan, [...outcomes, ...(plan.hooks ?? []).map(wouldRun)]);
    return {
      report: await deps.blobs.putJson(report),
      counts: report.counts,
      failures: noted(outcomes, "failed"),
    };
  };
}

interface Run {
  deps: DryRunDeps;
  plan: Plan;
  signal: AbortSignal;
  cluster: Tried;
  objects: ReadonlyMap<string, RawObject>;
  entries: ReadonlyMap<string, Inventory["entries"][number]>;
  /** Namespaces that the same sync makes and that are not there yet. */
  missing: ReadonlySet<string>;
}

async function missingNamespaces(
  { steps, createNamespace }: Plan,
  cluster: Pick<DryRunCluster, "resolve" | "get">,
): Promise<Set<string>> {
  const created = steps.filter(
    ({ key, action }) => key.group === "" && key.kind === "Namespace" && action === "create",
  );
  const missing = new Set(created.map(({ key }) => key.name));
  if (createNamespace === undefined || missing.has(createNamespace)) return missing;
  const kind = await cluster.resolve("v1", "Namespace");
  if (kind && !(await cluster.get(kind, "", createNamespace))) missing.add(createNamespace);
  return missing;
}

async function tried(run: Run, step: PlanStep): Promise<ObjectOutcome> {
  if (step.action === "unchanged" || step.action === "refuse") return settled(step);
  if (step.reason === "KindLater")
    return untold(step, "its CRD comes with the same sync, so the API server can't judge it yet");
  if (run.missing.has(step.key.namespace)) {
    return untold(step, "its namespace comes with the same sync, so the API server can't judge it yet");
  }
  const key = objectKey(step.key);
  const { cluster, plan, signal } = run;
  if (step.action === "prune") {
    // What waits for an operator's yes would be deleted after it.
    const work = { cluster, application: plan.application, step, entry: run.entries.get(key), confirmed: true, signal };
    return await pruneObject(work);
  }
  if (step.reason === NAMESPACE_METADATA) return await applyNamespace(cluster, plan, step);
  const sealed = run.objects.get(key);
  if (!sealed) return blocked(step, "the artifact does not hold it; sync again");
  return await triedApply(run, step, sealed);
}

async function triedApply(run: Run, step: PlanStep, sealed: RawObject): Promise<ObjectOutcome> {
  const { deps, cluster, plan, signal } = run;
  const key = objectKey(step.key);
  let object: RawObject;
  try {
    object = deps.open(sealed);
  } catch (thrown) {
    return blocked(step, toSluiceError(thrown).message);
  }
  const { outcome, unavailable } = await applyObject({
    ...respectingPlan(plan, deps.ignored),
    cluster,
    application: plan.application,
    step,
    object,
    force: plan.force === true,
    fieldSet: run.entries.get(key)?.fieldSet ?? null,
    digests: deps.digests,
    signal,
  });
  if (unavailable) throw unavailable;
  return outcome.result === "applied" && step.action === "update" ? await unlessEqual(run, step, outcome) : outcome;
}

/** An update that changes nothing is none: only the API server can tell. */
async function unlessEqual({ cluster, signal }: Run, step: PlanStep, outcome: ObjectOutcome): Promise<ObjectOutcome> {
  const predicted = cluster.result(objectKey(step.key));
  const kind = predicted && (await cluster.resolve(step.apiVersion, step.key.kind));
  const live = kind && (await cluster.get(kind, step.key.namespace, step.key.name, signal));
  if (!predicted || !live || !equalState(live, predicted)) return outcome;
  return { ...outcome, action: "unchanged", reason: "DryRunEqual", result: "unchanged" };
}

/** A hook runs in the sync alone: what comes of it can't be tried. */
const wouldRun = ({ key, apiVersion, phase, wave, ignoreHealth }: HookStep): ObjectOutcome => ({
  ...{ key, apiVersion, action: "create", reason: "Hook", hook: phase, wave },
  message: phase === "SyncFail" ? "only when the sync fails" : `a hook, in wave ${wave}`,
  result: "pending",
  health: "Missing",
  ...(ignoreHealth ? { ignoreHealth } : {}),
});

const untold = ({ key, apiVersion, action, reason, health }: PlanStep, message: string): ObjectOutcome => ({
  ...{ key, apiVersion, action, reason, message },
  result: "pending",
  health: health ?? "Missing",
});
