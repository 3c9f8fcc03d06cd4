import { ignoringFor, rulesDigest, type Ignoring, type IgnoreRule } from "../domain/diff/ignore.ts";
import { equalState } from "../domain/sync/compare.ts";
import { keyTextOf } from "../domain/sync/identity.ts";
import { countSteps } from "../domain/sync/plan.ts";
import type { Inventory, InventoryEntry, Plan, PlanStep, RawObject } from "../schemas/artifact.ts";
import { toSluiceError } from "../schemas/errors.ts";
import { objectKey } from "../schemas/ids.ts";
import { entryWithoutIgnored, withoutIgnoredIn, type IgnoredDeps } from "./ignored.ts";
import { limited } from "./limited.ts";
import type { ServedKind } from "./live.ts";

/** What a plan needs to leave ignored differences out. */
export interface PlanIgnoredDeps extends IgnoredDeps {
  /** Rules that hold for every application. */
  rules(): readonly IgnoreRule[];
  /** The object with its sealed Secret values opened. */
  open(object: RawObject): RawObject;
  cluster(name: string): Promise<DryRunCluster>;
}

/** A cluster that is asked what an apply would make. */
export interface DryRunCluster {
  resolve(apiVersion: string, kind: string): Promise<ServedKind | undefined>;
  apply(
    kind: ServedKind,
    object: RawObject,
    options: { force: boolean; dryRun: true; signal?: AbortSignal },
  ): Promise<{ object: RawObject }>;
}

export interface PlannedState {
  plan: Plan;
  before: Inventory | undefined;
  desired: readonly RawObject[];
  live: ReadonlyMap<string, RawObject | undefined>;
  signal?: AbortSignal | undefined;
}

const CONCURRENCY = 16;
const IGNORED = { action: "unchanged", reason: "DryRunEqual", message: "it differs in ignored fields only" } as const;
const COUNTS_AGAIN = "fields of it differ that were ignored before";

interface Doubtful {
  step: PlanStep;
  object: RawObject;
  live: RawObject;
  ignoring: Ignoring | undefined;
  entry: InventoryEntry;
}

/**
 * A plan in which objects that differ in ignored fields only are left alone, and the inventory before it, whose entries of
 * these are as the rules now have it. Only objects with rules, now or when they were applied, are asked for: their apply is
 * tried by a dry run.
 */
export async function withoutIgnoredChanges(
  { plan, before, desired, live, signal }: PlannedState,
  deps: PlanIgnoredDeps,
): Promise<{ plan: Plan; before: Inventory | undefined }> {
  const rules = [...(plan.ignoreDifferences ?? [])];
  const doubtful = doubtfulSteps({ plan, before, desired, live }, { rules, deps });
  if (doubtful.length === 0) return { plan, before };
  const cluster = await deps.cluster(plan.cluster);
  const entries = new Map<string, InventoryEntry>();
  const steps = new Map<string, PlanStep>();
  await limited(doubtful, CONCURRENCY, async (one) => {
    const key = objectKey(one.step.key);
    const predicted = await dryRun(cluster, deps.open(one.object), { step: one.step, signal });
    if (!predicted) return;
    const states = { live: one.live, predicted };
    const compared = one.ignoring ? await withoutIgnoredIn(states, one.ignoring, deps) : states;
    if (!equalState(compared.live, compared.predicted)) {
      steps.set(key, putBack(one));
      return;
    }
    steps.set(key, { ...one.step, ...IGNORED });
    const { desired: wanted = one.entry.desired } = one.step;
    const entry = { ...one.entry, desired: wanted, fields: one.entry.fields ?? "" };
    entries.set(key, await entryWithoutIgnored(entry, one.live, { rules, deps }));
  });
  const all = plan.steps.map((step) => steps.get(objectKey(step.key)) ?? step);
  return { plan: { ...plan, steps: all, counts: countSteps(all) }, before: before && replaced(before, entries) };
}

/** What was changed in the cluster is put back, and ignored fields stay as they are: nobody asked for another value of them. */
function putBack({ step, ignoring }: Doubtful): PlanStep {
  const found: PlanStep =
    step.action === "unchanged" ? { ...step, action: "update", reason: "Drifted", message: COUNTS_AGAIN } : step;
  const respected = ignoring !== undefined && found.reason === "Drifted";
  return respected ? { ...found, options: { ...found.options, respect: true } } : found;
}

function replaced(before: Inventory, entries: ReadonlyMap<string, InventoryEntry>): Inventory {
  return { ...before, entries: before.entries.map((entry) => entries.get(objectKey(entry.key)) ?? entry) };
}

/** Updates of objects with rules, and objects whose rules are not the ones that they were applied under. */
function doubtfulSteps(
  { plan, before, desired, live }: PlannedState,
  { rules, deps }: { rules: readonly IgnoreRule[]; deps: PlanIgnoredDeps },
): Doubtful[] {
  const entries = new Map((before?.entries ?? []).map((entry) => [objectKey(entry.key), entry]));
  if (rules.length === 0 && ![...entries.values()].some(({ ignored }) => ignored)) return [];
  const objects = new Map(desired.map((object) => [keyTextOf(object), object]));
  return plan.steps.flatMap((step): Doubtful[] => {
    const key = objectKey(step.key);
    const object = objects.get(key);
    const found = live.get(key);
    const entry = entries.get(key);
    const ignoring = ignoringFor(step.key, rules);
    if (!object || !found || !entry || (!ignoring && !entry.ignored)) return [];
    // What was never recorded has to be applied, so that it is.
    if (entry.uid !== found.metadata.uid || entry.fieldSet === null) return [];
    const changed = entry.ignored?.rules !== rulesDigest(ignoring, deps.digests);
    const open = (isMerged(step) && ignoring !== undefined) || (step.reason === "Recorded" && changed);
    return open ? [{ step, object, live: found, ignoring, entry }] : [];
  });
}

/** An update that a dry run of a server-side apply foretells: not one that replaces, takes over or is asked for whatever differs. */
const isMerged = ({ action, reason, options = {} }: PlanStep): boolean =>
  action === "update" && reason !== "ApplyAll" && !options.adopts && !options.replace && !options.clientSide;

/** What the apply would make of the object by force; undefined where it can't be told, and the plan stands. */
async function dryRun(
  cluster: DryRunCluster,
  object: RawObject,
  { step, signal }: { step: PlanStep; signal: AbortSignal | undefined },
): Promise<RawObject | undefined> {
  const kind = await cluster.resolve(step.apiVersion, step.key.kind);
  if (!kind) return undefined;
  try {
    return (await cluster.apply(kind, object, { force: true, dryRun: true, ...(signal && { signal }) })).object;
  } catch (thrown) {
    const error = toSluiceError(thrown);
    if (error.retryable) throw error;
    return undefined;
  }
}
