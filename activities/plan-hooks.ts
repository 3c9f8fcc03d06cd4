import type { Noted } from "../domain/application/command.ts";
import { hookRunOf, hookSteps, partedByHook, type HookMode } from "../domain/sync/hooks.ts";
import { keyOf, keyTextOf } from "../domain/sync/identity.ts";
import { hooksOf, ignoresHealth, waveOf } from "../domain/sync/phases.ts";
import { countSteps } from "../domain/sync/plan.ts";
import { ownerOf } from "../domain/sync/tracking.ts";
import { partsOf } from "../domain/sync/waves.ts";
import type { HookStep, Inventory, Plan, PlanStep, RawObject } from "../schemas/artifact.ts";
import { APPLICATION_LABEL, objectKey } from "../schemas/ids.ts";
import type { OperationKind } from "../schemas/operation.ts";
import type { Part } from "../schemas/phases.ts";
import { writesNothing } from "./differing.ts";
import type { Live, LiveCluster } from "./live.ts";

/** What of a request decides on hooks. */
export interface HookRequest {
  operation: string;
  kind: OperationKind;
  /** Whether hooks are run; never when absent. */
  hooks?: HookMode;
  /** Which attempt at the operation, the first when absent. */
  attempt?: number;
  /** delete: digest of the artifact that holds its hooks. */
  hookArtifact?: string;
}

/** A rendering, taken apart for planning. */
export interface HookPlan {
  /** What is compared with live state: all but the hooks. */
  desired: RawObject[];
  hooks: RawObject[];
  skipped: ReadonlySet<string>;
  /** The inventory without what is a hook by now: that is neither pruned nor owned any more. */
  before: Inventory | undefined;
}

/** Takes the hooks out of a rendering, and what became a hook out of the inventory. */
export function withoutHooks(objects: readonly RawObject[], before: Inventory | undefined): HookPlan {
  const { owned, hooks, skipped } = partedByHook(objects);
  const left = new Set(skipped.map(keyTextOf));
  // In the order of the rendering, which is the order of the apply.
  const desired = skipped.length === 0 ? owned : objects.filter((object) => !hooks.includes(object));
  if (!before || hooks.length === 0) return { desired, hooks, skipped: left, before };
  const keys = new Set(hooks.map(keyTextOf));
  const entries = before.entries.filter(({ key }) => !keys.has(objectKey(key)));
  return { desired, hooks, skipped: left, before: { ...before, entries } };
}

/** The plan with the wave of every step, and nothing to do for what is skipped. */
export function placed(plan: Plan, { desired, skipped }: HookPlan, live: Live["objects"]): Plan {
  const objects = new Map(desired.map((object) => [keyTextOf(object), object]));
  const steps = plan.steps.flatMap((step): PlanStep[] => {
    const key = objectKey(step.key);
    if (skipped.has(key)) return skippedStep(step);
    const object = objects.get(key) ?? live.get(key);
    return [object ? { ...step, ...placeOf(object) } : step];
  });
  return { ...plan, steps, counts: countSteps(steps) };
}

function placeOf(object: RawObject): Pick<PlanStep, "wave" | "ignoreHealth"> {
  const wave = waveOf(object);
  return { ...(wave === 0 ? {} : { wave }), ...(ignoresHealth(object) ? { ignoreHealth: true } : {}) };
}

/** What is skipped is left as it is: there or not, ours or not. */
function skippedStep({ key, apiVersion, uid, health, healthMessage }: PlanStep): PlanStep[] {
  if (uid === undefined) return [];
  const message = "its hook annotation keeps it from being applied";
  const seen = { uid, ...(health ? { health } : {}), ...(healthMessage === undefined ? {} : { healthMessage }) };
  return [{ key, apiVersion, action: "unchanged", reason: "Skipped", message, ...seen }];
}

/** The plan with the hooks that it runs. */
export function hooked(plan: Plan, hooks: readonly RawObject[], request: HookRequest): Plan {
  const { operation, kind, attempt = 1, hooks: mode = "never", hookArtifact } = request;
  if (mode === "never" || (mode === "ifWriting" && writesNothing(plan.counts))) return plan;
  const steps = hookSteps(hooks, { operation, attempt, kind });
  if (steps.length === 0) return plan;
  return { ...plan, hooks: steps, ...(hookArtifact === undefined ? {} : { hookArtifact }) };
}

/** Makes the kinds of hooks known to what was read: they are run, so they are checked and watched like all others. */
export async function resolveHooks(
  cluster: Pick<LiveCluster, "resolve">,
  hooks: readonly RawObject[],
  live: Live,
): Promise<void> {
  for (const { apiVersion, kind } of hooks) {
    const id = `${apiVersion}/${kind}`;
    if (live.served.has(id)) continue;
    const served = await cluster.resolve(apiVersion, kind);
    if (served) live.served.set(id, served);
  }
}

/** Whether a hook runs when its application is deleted. */
export const runsWithDeletion = (hook: RawObject): boolean =>
  hooksOf(hook)?.some((phase) => phase === "PreDelete" || phase === "PostDelete") === true;

/** Objects that hooks of an application have left: they go with it. */
export async function leftByHooks(
  cluster: LiveCluster,
  application: string,
  hooks: readonly RawObject[],
): Promise<NonNullable<Plan["leftHooks"]>> {
  const places = new Map(hooks.map((hook) => [`${hook.apiVersion}/${hook.kind}/${hook.metadata.namespace}`, hook]));
  const left: NonNullable<Plan["leftHooks"]> = [];
  for (const { apiVersion, kind, metadata } of places.values()) {
    const served = await cluster.resolve(apiVersion, kind);
    if (!served) continue;
    const where = metadata.namespace === undefined ? {} : { namespace: metadata.namespace };
    const { items } = await cluster.list(served, { ...where, labelSelector: `${APPLICATION_LABEL}=${application}` });
    for (const item of items) {
      const { uid } = item.metadata;
      const ours = hookRunOf(item) !== undefined && ownerOf(item) === application;
      if (uid !== undefined && ours) left.push({ key: keyOf(item), apiVersion, uid });
    }
  }
  return left;
}

/** `apiVersion/resource` of what hooks make, so that the watch is up before they run. */
export const hookResources = (
  hooks: readonly HookStep[],
  resourceOf: (of: Pick<HookStep, "key" | "apiVersion">) => { resource: string } | undefined,
): string[] =>
  hooks.flatMap((hook) => {
    const found = resourceOf(hook);
    return found ? [`${hook.apiVersion}/${found.resource}`] : [];
  });

/** At most this many objects are named where a yes is asked for. */
const NOTED = 20;

/** How a plan is carried out that takes several parts, and what of it waits for an operator's yes. */
export interface Course {
  waves: Part[];
  confirm?: { objects: Noted[]; count: number };
}

/** How a plan is carried out; undefined when it is a single part. What waits for a yes is a part of its own. */
export function courseOf(plan: Plan, kind: OperationKind): Course | undefined {
  const waves = partsOf(plan, kind);
  if (!waves) return undefined;
  const guarded = plan.steps.filter(({ action, confirm }) => action === "prune" && confirm);
  const objects = guarded.slice(0, NOTED).map(({ key, reason, message }): Noted => ({
    object: objectKey(key),
    reason,
    ...(message === undefined ? {} : { message }),
  }));
  return { waves, ...(guarded.length > 0 ? { confirm: { objects, count: guarded.length } } : {}) };
}
