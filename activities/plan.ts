import { LOCAL_REVISION } from "../schemas/artifact.ts";
import type { Artifact, Inventory, Plan, PlanStep, RawObject } from "../schemas/artifact.ts";
import { SluiceError, type Problem } from "../schemas/errors.ts";
import { objectKey } from "../schemas/ids.ts";
import type { ApplicationSpec } from "../schemas/kinds/application.ts";
import type { ActionCounts, OperationOptions, Others } from "../schemas/operation.ts";
import {
  destinationRefusal,
  objectRefusal,
  repositoryRefusal,
  type ProjectRules,
} from "../domain/project/permission.ts";
import { keepOthers, limitPlan } from "../domain/selection/limit.ts";
import { isSelective } from "../domain/selection/selected.ts";
import type { Digests } from "../domain/sync/canonical.ts";
import { keyOf } from "../domain/sync/identity.ts";
import { intendedInventory, resourcesOf } from "../domain/sync/inventory.ts";
import { isSet, optionValues } from "../domain/sync/options.ts";
import { countSteps, plan, type PlanOptions } from "../domain/sync/plan.ts";
import { PRUNE_LIMIT, type RevisionMove } from "../domain/sync/prune.ts";
import { withoutIgnoredChanges, type PlanIgnoredDeps, type PlannedState } from "./plan-ignored.ts";
import { checkShared, operationOptions, planOptions } from "./plan-options.ts";
import { namespaceStep } from "./namespace.ts";
import {
  courseOf,
  hooked,
  hookResources,
  leftByHooks,
  runsWithDeletion,
  placed,
  resolveHooks,
  withoutHooks,
  type Course,
  type HookRequest,
} from "./plan-hooks.ts";
import { abandoned, type StandingOf } from "./abandoned.ts";
import { judging, type OwnCheck } from "./judge.ts";
import { declaredKinds, readLive, type DeclaredKind, type Live, type LiveCluster, type Wanted } from "./live.ts";

/** What planning needs of a cluster. */
export interface PlanCluster extends LiveCluster {
  /** Groups that discovery can't vouch for at this moment. */
  staleGroups(): Promise<string[]>;
}

export interface PlanDeps {
  /** Health checks out of configuration; the built-in rules alone by default. */
  own?: OwnCheck;
  blobs: {
    getJson<T>(digest: string): Promise<T>;
    putJson(value: unknown): Promise<string>;
  };
  cluster(name: string): Promise<PlanCluster>;
  digests: Digests;
  /** Whether an application that live objects are marked with is still there; all are by default. */
  standing?: StandingOf;
  /** What ignoring differences takes; without it rules have no effect. */
  ignored?: PlanIgnoredDeps;
}

export interface PlanRequest extends HookRequest {
  application: string;
  cluster: { name: string; server: string };
  spec: ApplicationSpec;
  project: ProjectRules;
  /** Digest of the stored artifact; none for a delete, which renders nothing. */
  artifact?: string;
  /** Digest of the inventory as it stands; none before the first operation. */
  inventory?: string;
  /** Overrides the policy's prune. */
  prune?: boolean;
  /** What is asked for beside the policy. */
  options?: OperationOptions;
  /** How the commit relates to the one last synced: proof that a prune follows the source forward. */
  move: RevisionMove;
  signal?: AbortSignal;
}

export interface Planned {
  /** Digests of the plan, and of the inventory that stands while it is carried out. */
  plan: string;
  inventory: string;
  counts: ActionCounts;
  /** Resources that will be touched, as `apiVersion/resource`. */
  resources: string[];
  /** Only selected objects are planned: how those stand that are left alone. */
  others?: Others;
  /** How it is carried out where that takes more than one part. */
  course?: Course;
}

export type ComputePlan = (request: PlanRequest) => Promise<Planned>;

/**
 * Desired, live and owned become a stored plan. Throws `Forbidden` with one problem per object that the Project doesn't
 * allow, before anything is written; errors of the cluster pass through.
 */
export function createPlanActivity(deps: PlanDeps): ComputePlan {
  return async (request) => {
    const { hookArtifact } = request;
    const [artifact, owned, elsewhere] = await Promise.all([
      request.artifact === undefined ? undefined : deps.blobs.getJson<Artifact>(request.artifact),
      request.inventory === undefined ? undefined : deps.blobs.getJson<Inventory>(request.inventory),
      hookArtifact === undefined ? undefined : deps.blobs.getJson<Artifact>(hookArtifact),
    ]);
    const cluster = await deps.cluster(request.cluster.name);
    const parted = withoutHooks(artifact?.objects ?? [], owned);
    const { desired, before } = parted;
    const hooks = elsewhere ? withoutHooks(elsewhere.objects, undefined).hooks : parted.hooks;
    const declared = declaredKinds(desired);
    const wanted = wantedObjects(desired, before);
    const { application, signal } = request;
    // Before the read: what discovery can't vouch for then, the read can't prove absent either.
    const staleGroups = wanted.length > desired.length ? await cluster.staleGroups() : [];
    const live = await readLive(cluster, { application, wanted, declared, ...(signal ? { signal } : {}) });
    await resolveHooks(cluster, hooks, live);
    const made = request.kind === "delete" ? hooks.filter(runsWithDeletion) : [...desired, ...hooks];
    if (request.kind !== "delete" || made.length > 0) checkProject(request, made, { live, declared });

    const judge = await judging(deps.own, live.objects.values());
    const gone = deps.standing && (await abandoned(live.objects.values(), application, deps.standing));
    const compared = plan({
      application: request.application,
      operation: request.operation,
      cluster: request.cluster.name,
      artifact: { digest: request.artifact ?? "", objects: desired },
      live: live.objects,
      inventory: before,
      options: optionsOf(request, { artifact, live, staleGroups }),
      digests: deps.digests,
      judge,
      ...(gone && { gone }),
    });
    const computed = placed(compared, parted, live.objects);
    if (request.kind === "delete") checkAllSeen(request, computed.steps);
    checkShared(request, desired, computed.steps);
    const ruled = await leftAlone(deps, request, { plan: computed, before, desired, live: live.objects, signal });
    const whole = await withNamespace(cluster, request, { computed: ruled.plan, live: live.objects });
    const chosen = limited(request.options, whole, { desired, live: live.objects });
    const left = request.kind === "delete" ? await leftByHooks(cluster, application, hooks) : [];
    const run = { ...hooked(chosen.computed, hooks, request), ...(left.length > 0 ? { leftHooks: left } : {}) };
    return await store(deps, request, {
      ...chosen,
      computed: run,
      before: ruled.before,
      resourceOf: resources(live, declared),
    });
  };
}

/** The plan in which differences don't count that are to be ignored. */
async function leftAlone(
  { ignored }: PlanDeps,
  { kind, spec }: PlanRequest,
  state: PlannedState,
): Promise<Pick<PlannedState, "plan" | "before">> {
  if (!ignored || kind === "delete") return state;
  const ignoreDifferences = [...(spec.ignoreDifferences ?? []), ...ignored.rules()];
  const plan = ignoreDifferences.length > 0 ? { ...state.plan, ignoreDifferences } : state.plan;
  return await withoutIgnoredChanges({ ...state, plan }, ignored);
}

/** The plan with a step for the labels and annotations of the namespace, where they differ and no rendered Namespace has them. */
async function withNamespace(
  cluster: PlanCluster,
  request: PlanRequest,
  { computed, live }: { computed: Plan; live: Live["objects"] },
): Promise<Plan> {
  const { createNamespace: name, namespaceMetadata: metadata } = planOptions(request);
  if (name === undefined || !metadata || live.has(`/Namespace//${name}`)) return computed;
  const step = await namespaceStep(cluster, name, { metadata, application: request.application });
  if (!step) return computed;
  const steps = [step, ...computed.steps];
  return { ...computed, steps, counts: countSteps(steps) };
}

/** The whole plan, or the part of it that is about the objects selected. */
function limited(
  options: OperationOptions | undefined,
  computed: Plan,
  { desired, live }: { desired: readonly RawObject[]; live: Live["objects"] },
): { computed: Plan; others?: Others } {
  if (!options || !isSelective(options)) return { computed };
  const byKey = new Map(desired.map((object) => [objectKey(keyOf(object)), object]));
  const { plan: part, others } = limitPlan(computed, options, { desired: byKey, live });
  return { computed: part, others };
}

/** A delete forgets the application, so it waits until every object it owns can be seen, live or gone. */
function checkAllSeen({ application, cluster }: PlanRequest, steps: readonly PlanStep[]): void {
  const unseen = steps.filter(({ reason }) => reason === "DiscoveryStale" || reason === "LiveUnknown");
  if (unseen.length === 0) return;
  const which = unseen.slice(0, 3).map(({ key }) => objectKey(key));
  const message = `${unseen.length} objects of ${application} can't be seen in ${cluster.name}, so none is deleted: ${which.join(", ")}`;
  throw new SluiceError("ClusterUnavailable", message, {
    next: unseen[0]?.message ?? "repair the cluster's APIServices; the delete is tried again",
  });
}

/** Everything rendered, then what is owned and no longer rendered. */
function wantedObjects(desired: readonly RawObject[], before: Inventory | undefined): Wanted[] {
  const owned = new Map((before?.entries ?? []).map((entry) => [objectKey(entry.key), entry]));
  const rendered = desired.map((object): Wanted => {
    const key = keyOf(object);
    const entry = owned.get(objectKey(key));
    owned.delete(objectKey(key));
    return { key, apiVersion: object.apiVersion, ...(entry ? { owned: entry.resource } : {}) };
  });
  const left = [...owned.values()].map(({ key, apiVersion, resource }): Wanted => ({
    key,
    apiVersion,
    owned: resource,
  }));
  return [...rendered, ...left];
}

const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

function optionsOf(
  request: PlanRequest,
  found: { artifact: Artifact | undefined; live: Live; staleGroups: string[] },
): PlanOptions {
  const { automated, syncOptions } = request.spec.syncPolicy;
  const { artifact, live, staleGroups } = found;
  const asked = operationOptions(request);
  const shared = {
    force: isSet({ values: optionValues([...syncOptions, ...asked]) }, "Force"),
    syncOptions,
    operationOptions: asked,
    comparesOnly: request.kind === "refresh",
    kindsLater: live.kindsLater,
    kindsUnknown: live.kindsUnknown,
  };
  if (request.kind === "delete") {
    // Asked for by name: what is owned goes, whatever its number; the proofs about each object still hold.
    const proof = { rendered: true, move: "chosen", staleGroups } as const;
    return { ...shared, whole: true, prune: true, allowEmpty: true, pruneLimit: { share: 1, objects: 0 }, proof };
  }
  const whole = artifact !== undefined && (COMMIT.test(artifact.revision) || artifact.revision === LOCAL_REVISION);
  const rendered = artifact?.application === request.application && whole;
  return {
    ...shared,
    prune: request.prune ?? automated?.prune ?? false,
    allowEmpty: automated?.allowEmpty ?? false,
    pruneLimit: PRUNE_LIMIT,
    proof: { rendered, move: request.move, staleGroups },
  };
}

function checkProject(
  request: PlanRequest,
  desired: readonly RawObject[],
  { live, declared }: { live: Live; declared: ReadonlyMap<string, DeclaredKind> },
): void {
  const { project, cluster, spec, application } = request;
  const { repoURL } = spec.source;
  const namespace = spec.destination.namespace ?? "default";
  const refusals: Problem[] = [
    repositoryRefusal(project, repoURL),
    destinationRefusal(project, { ...cluster, namespace }),
  ].flatMap((message) => (message === undefined ? [] : [{ message }]));
  const { createNamespace: name, namespaceMetadata } = planOptions(request);
  if (name !== undefined && namespaceMetadata) {
    // Labels of a namespace decide what may run in it: who sets them must be allowed to write it.
    const key = { group: "", kind: "Namespace", namespace: "", name };
    const message = objectRefusal(project, { key, namespaced: false }, cluster);
    if (message !== undefined) refusals.push({ path: "spec.syncPolicy.managedNamespaceMetadata", message });
  }
  for (const object of desired) {
    const key = keyOf(object);
    const served = live.served.get(`${object.apiVersion}/${object.kind}`);
    const scope = served ?? declared.get(`${key.group}/${key.kind}`);
    const message = objectRefusal(project, { key, namespaced: scope?.namespaced ?? key.namespace !== "" }, cluster);
    if (message !== undefined) refusals.push({ path: objectKey(key), message });
  }
  if (refusals.length === 0) return;
  throw new SluiceError("Forbidden", forbidden(application, refusals), {
    problems: refusals,
    next: `Allow it in project ${project.name}, or remove it from the application.`,
  });
}

function forbidden(application: string, refusals: readonly Problem[]): string {
  const [first] = refusals;
  const more = refusals.length > 1 ? ` (and ${refusals.length - 1} more)` : "";
  return `nothing of ${application} was applied: ${first?.path ? `${first.path}: ` : ""}${first?.message}${more}`;
}

const resources =
  (live: Live, declared: ReadonlyMap<string, DeclaredKind>) =>
  ({
    key,
    apiVersion,
  }: Pick<PlanStep, "key" | "apiVersion">): { resource: string; namespaced: boolean } | undefined => {
    const kind = live.served.get(`${apiVersion}/${key.kind}`) ?? declared.get(`${key.group}/${key.kind}`);
    return kind && { resource: kind.resource, namespaced: kind.namespaced };
  };

async function store(
  { blobs }: PlanDeps,
  request: PlanRequest,
  made: { computed: Plan; others?: Others; before: Inventory | undefined; resourceOf: ReturnType<typeof resources> },
): Promise<Planned> {
  const { others } = made;
  const touched = intendedInventory(made.before, made.computed, made.resourceOf);
  const intended = others ? keepOthers(touched, made.before, made.computed) : touched;
  const inventory = await blobs.putJson(intended);
  const complete: Plan = {
    ...made.computed,
    inventory,
    project: request.project.name,
    ...planOptions(request),
  };
  const { counts } = complete;
  const hooks = hookResources(complete.hooks ?? [], made.resourceOf);
  const resourcesTouched = [...new Set([...resourcesOf(intended), ...hooks])].toSorted();
  const stored = { plan: await blobs.putJson(complete), inventory, counts, resources: resourcesTouched };
  const course = courseOf(complete, request.kind);
  return { ...stored, ...(others && { others }), ...(course && { course }) };
}
