import type {
  Artifact,
  ComparedObject,
  Comparison,
  Inventory,
  Plan,
  PlanStep,
  RawObject,
} from "../schemas/artifact.ts";
import { toSluiceError } from "../schemas/errors.ts";
import { objectKey } from "../schemas/ids.ts";
import type { ActionCounts, HealthStatus } from "../schemas/operation.ts";
import type { Noted } from "../domain/application/command.ts";
import { restricted } from "../domain/break-glass/difference.ts";
import { ignoringFor } from "../domain/diff/ignore.ts";
import { ownedSet } from "../domain/diff/recorded.ts";
import { worst } from "../domain/health/health.ts";
import { equalState, normalised } from "../domain/sync/compare.ts";
import { keyTextOf } from "../domain/sync/identity.ts";
import type { FieldSet } from "../domain/sync/field-set.ts";
import { union, withoutManagers } from "../domain/sync/manager-entries.ts";
import { countSteps } from "../domain/sync/plan.ts";
import { fieldsOfObject, mergeTypeOf } from "../domain/sync/three-way.ts";
import { mayTakeBack } from "../domain/sync/takeover.ts";
import { conflictsOf } from "./apply-conflicts.ts";
import { withoutIgnoredIn, type IgnoredDeps } from "./ignored.ts";
import { limited } from "./limited.ts";
import { readLive, type LiveCluster, type ServedKind } from "./live.ts";
import { redacted } from "./redacted.ts";

/** What comparing needs of a cluster. */
export interface CompareCluster extends LiveCluster {
  apply(
    kind: ServedKind,
    object: RawObject,
    options: { force: boolean; dryRun: true; signal?: AbortSignal },
  ): Promise<{ object: RawObject }>;
}

export interface CompareDeps {
  blobs: {
    getJson<T>(digest: string): Promise<T>;
    putJson(value: unknown): Promise<string>;
  };
  cluster(name: string): Promise<CompareCluster>;
  /** The object with its sealed Secret values opened. */
  open(object: RawObject): RawObject;
  /** The object with keyed digests in place of Secret values. */
  mask(object: RawObject): RawObject;
  /** What ignoring differences takes; without it rules have no effect. */
  ignored?: IgnoredDeps;
  concurrency?: number;
}

export interface Compared {
  sync: "Synced" | "OutOfSync";
  health: HealthStatus;
  counts: ActionCounts;
  /** Digests of the plan, with what a dry run proved unchanged taken out, and of the Comparison. */
  plan: string;
  comparison: string;
  /** At most 20 objects. */
  differing: Noted[];
}

const TAKEN_BACK = "others changed fields of it; a sync takes them back";
const NOT_OURS =
  "other managers own fields of it; remove them from Git, or take them over with the sync option Force=true";

const CONCURRENCY = 16;
const NOTED = 20;

/**
 * Compares a plan's desired objects with live by a server-side dry run of the apply, so that defaulting, status and
 * fields of others are no difference. Nothing is written; Secret values leave masked only.
 */
export function createCompareActivity(
  deps: CompareDeps,
): (input: { plan: string; signal?: AbortSignal }) => Promise<Compared> {
  return async ({ plan: digest, signal }) => {
    const plan = await deps.blobs.getJson<Plan>(digest);
    const [artifact, cluster] = await Promise.all([
      plan.artifact === "" ? undefined : deps.blobs.getJson<Artifact>(plan.artifact),
      deps.cluster(plan.cluster),
    ]);
    const inventory = plan.inventory === undefined ? undefined : await deps.blobs.getJson<Inventory>(plan.inventory);
    const applied = new Map((inventory?.entries ?? []).map((entry) => [objectKey(entry.key), ownedSet(entry)]));
    const desired = new Map((artifact?.objects ?? []).map((object) => [keyTextOf(object), object]));
    const open = plan.steps.filter(({ action }) => action !== "unchanged");
    const live = await readLive(cluster, {
      application: plan.application,
      wanted: open.map(({ key, apiVersion }) => ({ key, apiVersion })),
      ...(signal ? { signal } : {}),
    });
    const compared = await limited(open, deps.concurrency ?? CONCURRENCY, (step) => {
      const key = objectKey(step.key);
      const states = { desired: desired.get(key), live: live.objects.get(key), applied: applied.get(key) };
      return compareOne({ deps, plan, cluster, step, ...states, signal });
    });
    return await store(deps, plan, compared);
  };
}

interface Work {
  deps: CompareDeps;
  plan: Plan;
  cluster: CompareCluster;
  step: PlanStep;
  desired: RawObject | undefined;
  live: RawObject | undefined;
  /** Our fields, as the last apply left them. */
  applied: unknown;
  signal: AbortSignal | undefined;
}

async function compareOne(work: Work): Promise<ComparedObject> {
  const { deps, plan, step, desired, live } = work;
  const { key, action, reason, message } = step;
  const shown = (object: RawObject | undefined): RawObject | null => (object ? normalised(deps.mask(object)) : null);
  const base: ComparedObject = {
    key,
    action,
    reason,
    ...(message === undefined ? {} : { message }),
    live: shown(live),
    desired: null,
  };
  if (!desired || action === "prune") return base;
  const opened = deps.open(desired);
  if (!live || action !== "update") return { ...base, desired: shown(opened) };
  const { predicted, ...more } = await predict(work, opened);
  const ignoring = ignoringFor(key, plan.ignoreDifferences ?? []);
  const states = predicted ? { live, predicted } : { live: written(work, live, opened), predicted: opened };
  const counted = ignoring && deps.ignored ? await withoutIgnoredIn(states, ignoring, deps.ignored) : states;
  const both = { live: shown(counted.live), desired: shown(counted.predicted) };
  if (predicted && equalState(counted.live, counted.predicted)) {
    return { ...base, ...both, action: "unchanged", reason: "DryRunEqual" };
  }
  return { ...base, ...more, ...both };
}

/** Without the API server's answer only what Git says, or said, can be compared: its defaults would all seem to go. */
function written({ step, applied }: Work, live: RawObject, object: RawObject): RawObject {
  const type = mergeTypeOf(step.apiVersion, { crd: false });
  const set = union(fieldsOfObject(object, type), (applied ?? {}) as FieldSet);
  const { apiVersion, kind, metadata } = live;
  const { metadata: shown = {}, ...rest } = restricted(live, set) as Partial<RawObject>;
  const { name, namespace } = metadata;
  return { apiVersion, kind, ...rest, metadata: { name, ...(namespace !== undefined && { namespace }), ...shown } };
}

interface Prediction {
  predicted?: RawObject;
  conflicts?: { manager: string; field: string }[];
  message?: string;
}

/** What the apply would make of the object; where fields of others are in its way, what it would make by force. */
async function predict({ cluster, plan, step, live, applied, signal }: Work, object: RawObject): Promise<Prediction> {
  const kind = await cluster.resolve(step.apiVersion, step.key.kind);
  if (!kind) return {};
  const { adopts = [], force: forced } = step.options ?? {};
  const dryRun = async (force: boolean): Promise<Prediction> => {
    try {
      const answer = await cluster.apply(kind, object, { force, dryRun: true, ...(signal ? { signal } : {}) });
      return { predicted: adopts.length > 0 ? withoutManagers(answer.object, adopts) : answer.object };
    } catch (thrown) {
      const conflicts = conflictsOf(thrown);
      // What is taken over is no conflict by then.
      if (conflicts?.every(({ manager }) => adopts.includes(manager))) return await dryRun(true);
      if (conflicts) {
        const back = live !== undefined && live.metadata.uid === step.uid && mayTakeBack(conflicts, applied, live);
        return { conflicts, message: back ? TAKEN_BACK : NOT_OURS };
      }
      const error = toSluiceError(thrown);
      if (error.retryable) throw error;
      return { message: redacted(live ? redacted(error.message, live) : error.message, object) };
    }
  };
  const first = await dryRun(plan.force === true || forced === true);
  return first.conflicts ? { ...(await dryRun(true)), ...first } : first;
}

async function store({ blobs }: CompareDeps, plan: Plan, compared: ComparedObject[]): Promise<Compared> {
  const equal = new Set(compared.filter(({ action }) => action === "unchanged").map(({ key }) => objectKey(key)));
  const steps = plan.steps.map((step): PlanStep => {
    if (!equal.has(objectKey(step.key))) return step;
    return { ...step, action: "unchanged", reason: "DryRunEqual", message: "an apply would change nothing" };
  });
  const counts = countSteps(steps);
  const objects = compared.filter(({ action }) => action !== "unchanged");
  const { application, operation } = plan;
  const comparison: Comparison = { version: 1, application, operation, objects };
  return {
    sync: objects.length === 0 ? "Synced" : "OutOfSync",
    health: worst(steps.filter(isJudged).map(({ health }) => health ?? "Missing")),
    counts,
    plan: await blobs.putJson({ ...plan, steps, counts }),
    comparison: await blobs.putJson(comparison),
    differing: objects.slice(0, NOTED).map(({ key, reason, message }) => ({
      object: objectKey(key),
      reason,
      ...(message === undefined ? {} : { message }),
    })),
  };
}

const isJudged = ({ action }: PlanStep): boolean => action !== "prune" && action !== "refuse";
