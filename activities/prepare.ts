import type { Command, EndOperation, StartOperation } from "../domain/application/command.ts";
import { effectiveSpec } from "../domain/application/effective.ts";
import { type ApplicationState, hasEnded, type RunningOperation } from "../domain/application/state.ts";
import { isOverUnwritten } from "../domain/health/settled.ts";
import type { Hold } from "../domain/hold/hold.ts";
import { inventoryOn } from "../domain/rollback/left.ts";
import type { ProjectRules } from "../domain/project/permission.ts";
import type { RevisionMove } from "../domain/sync/prune.ts";
import type { Plan } from "../schemas/artifact.ts";
import { SluiceError } from "../schemas/errors.ts";
import type { ApplicationEvent } from "../schemas/events/index.ts";
import type { ApplicationSpec } from "../schemas/kinds/application.ts";
import { durationMs as milliseconds } from "../schemas/kinds/metadata.ts";
import type { OperationRequest } from "../schemas/operation.ts";
import { type Admission, type AdmitRequest, type HeldBack, recordHold } from "./admit.ts";
import { type Applications, recordMeta, sinceRequest } from "./applications.ts";
import { isNamed, isPutBack } from "../domain/rollback/exclusion.ts";
import { hooksFor, producedBefore, retryPolicy } from "./attempt.ts";
import { leftAlone } from "./left-alone.ts";
import { localArtifact, refuseLocalWithAutoSync } from "./local.ts";
import { differing, writesNothing } from "./differing.ts";
import type { DryRan } from "./dry-run.ts";
import type { ComputePlan, Planned } from "./plan.ts";
import { courseOf } from "./plan-hooks.ts";
import { tellingWhy } from "./out-of-reach.ts";
import type { Prepared, StepContext, StepHandlers, Waits } from "./steps.ts";
import { storedVersion } from "./stored.ts";

/** Where an application goes and by whose rules. */
export interface Place {
  cluster: { name: string; server: string };
  project: ProjectRules;
}

/** A commit, rendered and stored. */
export interface Produced {
  revision: string;
  sourceDigest: string;
  /** Blob digest. */
  artifact: string;
}

export interface PrepareDeps {
  applications: Applications;
  blobs: { getJson<T>(digest: string): Promise<T> };
  /** Throws NotFound when the application's cluster or project is gone. */
  place(spec: ApplicationSpec): Promise<Place>;
  /** Whether an operation may begin now. Throws Forbidden when it asks for what it may not. */
  admit(request: AdmitRequest): Promise<Admission>;
  source: {
    /** Resolves the target revision, or the one asked for, and renders it. */
    produce(request: {
      application: string;
      spec: ApplicationSpec;
      cluster: string;
      revision?: string;
      /** RFC 3339: what the source said before this is too old to be believed. */
      since: string;
      signal: AbortSignal;
    }): Promise<Produced>;
    /** How one commit relates to another of the same repository. */
    move(repoURL: string, from: string, to: string): Promise<RevisionMove>;
  };
  plan: ComputePlan;
  /** Tries a plan on the API server and writes nothing. */
  dryRun(input: { plan: string; signal: AbortSignal }): Promise<DryRan>;
  /** Carries out a plan that writes nothing, for its report. */
  apply: StepHandlers["apply"];
  /** Where activities that touch a cluster are run. */
  taskQueueOf(cluster: string): string;
  /** The limit of the whole is the application's own. */
  waits: Omit<Waits, "timeoutMs">;
  /** RFC 3339. */
  now(): string;
  recorded(events: readonly ApplicationEvent[]): void;
}

/** One operation on its way from the request to its plan. */
interface Work {
  deps: PrepareDeps;
  application: string;
  request: OperationRequest;
  /** Which attempt at it, from 1. */
  attempt: number;
  state: ApplicationState;
  spec: ApplicationSpec;
  context: StepContext;
  /** The sync windows that an operator overrides with it. */
  overridden?: NonNullable<Admission["overridden"]>;
}

/**
 * From a request to a plan with the start recorded: resolve, render, read live state, plan, append. A comparison, and a
 * sync that has nothing to write and no health to wait for, end here. Its errors are those of the source, the cluster and the ledger.
 */
export function createPrepare(deps: PrepareDeps): StepHandlers["prepare"] {
  return async ({ application, request, attempt = 1 }, context) => {
    const state = await deps.applications.load(application);
    if (hasEnded(state, request.operation)) return { status: "ended" };
    const { configuration, running } = state;
    if (!configuration) {
      throw new SluiceError("NotFound", `application ${application} does not exist`, {
        next: "it was deleted, or never created; `sluice app list` shows those there are",
      });
    }
    const spec = effectiveSpec(configuration.spec, state.pin);
    const work: Work = { deps, application, request, attempt, state, spec, context };
    const begun = running?.operation === request.operation && attempt <= (running.attempt ?? 1);
    return begun ? await resume(work, running) : await tellingWhy(deps, work, () => begin(work));
  };
}

async function begin(asked: Work): Promise<Prepared> {
  const { deps, request } = asked;
  const place = await deps.place(destined(asked));
  const { hold, overridden } = await admission(asked, place);
  if (hold && !request.options?.onlyNew) return await held(asked, hold, place);
  const work: Work = { ...asked, ...(overridden && { overridden }) };
  const produced = request.kind === "delete" ? undefined : (producedBefore(work) ?? (await produce(work, place)));
  const left = leftAlone(work, produced?.sourceDigest, hold);
  if (left) return await withheld(work, { place, produced, ...left });
  const planned = await computePlan(work, place, produced);
  if (request.kind === "refresh") return await compared(work, planned, produced);
  if (request.options?.dryRun) return await tried(work, planned, produced);

  const start = startOf(work, { place, produced, planned });
  if (
    request.kind !== "delete" &&
    writesNothing(planned.counts) &&
    !planned.course &&
    (await endedUnwritten(work, start))
  ) {
    return { status: "ended" };
  }
  await record(work, start);
  return preparedFrom(work, { ...planned, cluster: place.cluster.name });
}

/** What has begun goes on: a window that closes meanwhile stops neither it nor its retries. */
async function admission({ deps, application, request, state, spec, context }: Work, place: Place): Promise<Admission> {
  if (state.running?.operation === request.operation) return {};
  return await deps.admit({ application, request, state, spec, place, signal: context.signal });
}

async function held(work: Work, hold: Hold, place: Place): Promise<Prepared> {
  const { deps, application, request, spec } = work;
  const { operation, reason } = work.state.held ?? {};
  const known = operation === request.operation && reason === hold.reason;
  await recordHold(deps, { application, request, hold, compared: known ? undefined : await outlook(work, place) });
  return { status: "held", hold, waits: { ...deps.waits, timeoutMs: milliseconds(spec.syncPolicy.timeout) } };
}

/** How live differs from what is held back, so that nobody takes the application for Synced; undefined when that can't be told now. */
async function outlook(work: Work, place: Place): Promise<HeldBack["compared"]> {
  const { options, ...request } = work.request;
  if (options?.local !== undefined) return undefined;
  try {
    const produced = await produce({ ...work, request }, place);
    const planned = await computePlan({ ...work, request: { ...request, kind: "refresh" } }, place, produced);
    const { sync } = differing(await work.deps.blobs.getJson<Plan>(planned.plan));
    return { revision: produced.revision, sync };
  } catch {
    // It is held anyway; what is wrong is told when it is its turn.
    return undefined;
  }
}

/** What is recorded with a start: that an operator overrode windows for it. */
const overriding = ({ request, overridden }: Work): Command[] =>
  overridden
    ? [{ type: "OverrideWindow", operation: request.operation, by: request.trigger.actor, ...overridden }]
    : [];

/** What Git says is left alone by choice: how it differs is recorded, and why it stays so. Who asked by hand is refused in so many words. */
async function withheld(
  work: Work,
  { place, produced, why }: { place: Place; produced: Produced | undefined; why?: string },
): Promise<Prepared> {
  const planned = await computePlan({ ...work, request: { ...work.request, kind: "refresh" } }, place, produced);
  if (why === undefined || work.request.trigger.type !== "manual") return await compared(work, planned, produced, why);
  const { counts } = planned;
  return await endedHere(work, produced, {
    result: "Failed",
    code: "RevisionExcluded",
    message: why,
    failures: [],
    counts,
  });
}

/** A delete goes to where the objects are, even if the application was pointed elsewhere since. */
function destined({ request, state, spec }: Work): ApplicationSpec {
  if (request.kind !== "delete" || state.cluster === undefined) return spec;
  const { namespace } = spec.destination;
  return { ...spec, destination: { name: state.cluster, ...(namespace !== undefined && { namespace }) } };
}

/** Its start is recorded, but whoever recorded it died before saying so: the plan of that start is the plan. */
async function resume(work: Work, { plan: digest }: RunningOperation): Promise<Prepared> {
  const plan = await work.deps.blobs.getJson<Plan>(digest);
  const { cluster, counts, inventory = "" } = plan;
  const course = courseOf(plan, work.request.kind);
  return preparedFrom(work, { plan: digest, inventory, counts, cluster, ...(course && { course }) });
}

async function produce(work: Work, place: Place): Promise<Produced> {
  const { deps, application, request, attempt, spec, state, context } = work;
  const { revision, requestedAt, target, trigger, options = {} } = request;
  refuseLocalWithAutoSync(application, options, spec.syncPolicy);
  if (options.local !== undefined) return await givenByHand(work, options.local);
  if (isPutBack(trigger) && target !== undefined && state.deployed?.operation === target)
    return asDeployed(state.deployed);
  const stored = storedVersion(request, state, place.cluster.name);
  if (stored) return asDeployed(stored);
  return await deps.source.produce({
    application,
    spec,
    cluster: place.cluster.name,
    // A retry that takes the newest revision takes the newest of now.
    since: attempt > 1 ? deps.now() : requestedAt,
    signal: context.signal,
    ...(revision !== undefined && { revision }),
  });
}

/** The rendering of local files in place of the source. */
async function givenByHand({ deps, application }: Work, digest: string): Promise<Produced> {
  const { revision, sourceDigest } = await localArtifact(deps.blobs, { application, digest });
  return { revision, sourceDigest, artifact: digest };
}

/** What is recorded of a version: local files are none of Git's, so that nothing takes them for what was deployed. */
function versionOf({ options }: OperationRequest, produced: Produced | undefined): Partial<Produced> {
  return options?.local === undefined ? { ...produced } : { artifact: options.local };
}

/** What is put back is what was deployed, as it is stored: also with Git out of reach. */
const asDeployed = ({ revision, sourceDigest, artifact }: Produced): Produced => ({ revision, sourceDigest, artifact });

async function computePlan(work: Work, { cluster, project }: Place, produced?: Produced): Promise<Planned> {
  const { deps, application, request, state, spec, context } = work;
  const { operation, kind, prune, options } = request;
  // An inventory names objects of the cluster that it was made in; elsewhere it proves nothing.
  const owned = inventoryOn(state, cluster.name);
  return await deps.plan({
    application,
    operation,
    kind,
    cluster,
    spec,
    project,
    move: await moveOf(work, produced),
    signal: context.signal,
    ...hooksFor(work, produced),
    ...(produced && { artifact: produced.artifact }),
    ...(owned !== undefined && { inventory: owned }),
    ...(prune !== undefined && { prune }),
    ...(options !== undefined && { options }),
  });
}

async function moveOf({ deps, request, state, spec }: Work, produced?: Produced): Promise<RevisionMove> {
  const before = state.deployed?.revision;
  const chosen = request.revision !== undefined || request.options?.local !== undefined;
  if (!produced || chosen || request.kind === "rollback") return "chosen";
  if (before === undefined) return "first";
  if (before === produced.revision) return "same";
  return await deps.source.move(spec.source.repoURL, before, produced.revision);
}

function startOf(
  { request, attempt, deps }: Work,
  { place, produced, planned }: { place: Place; produced: Produced | undefined; planned: Planned },
): StartOperation {
  const { course: _, ...recorded } = planned;
  const { operation, kind, trigger, requestedAt, options } = request;
  return {
    ...(options !== undefined && { options }),
    ...(isNamed(request) && { named: true }),
    type: "StartOperation",
    operation,
    kind,
    trigger,
    requestedAt,
    ...versionOf(request, produced),
    ...recorded,
    at: deps.now(),
    cluster: place.cluster.name,
    ...(attempt > 1 && { attempt }),
  };
}

/** Nothing to write, and nothing to wait for: start and success are one append, and no other step is needed. Otherwise records nothing. */
async function endedUnwritten(work: Work, start: StartOperation): Promise<boolean> {
  const { deps, application, request, context } = work;
  const { operation, kind, trigger } = request;
  const { cluster, plan } = start;
  const done = await deps.apply({ application, operation, kind, cluster, plan }, context);
  if (!isOverUnwritten(done)) return false;
  const { counts, inventory, report, health, refused } = done;
  const outcome = { result: "Succeeded", counts, inventory, report, health, refused } as const;
  const at = deps.now();
  const durationMs = sinceRequest(request, at);
  const end: EndOperation = { type: "EndOperation", operation, kind, trigger, durationMs, outcome };
  const both: Command = { type: "InOrder", commands: [start, ...overriding(work), end] };
  deps.recorded(await deps.applications.execute(application, both, recordMeta(request, "terminal", at)));
  return true;
}

async function compared(
  work: Work,
  { plan, counts }: Planned,
  produced: Produced | undefined,
  why?: string,
): Promise<Prepared> {
  const found = differing(await work.deps.blobs.getJson<Plan>(plan));
  const withheld = why === undefined ? {} : { withheld: why };
  return await endedHere(work, produced, { result: "Compared", counts, plan, ...found, ...withheld });
}

/** Ends an operation that did not begin. */
async function endedHere(
  { deps, application, request }: Work,
  produced: Produced | undefined,
  outcome: EndOperation["outcome"],
): Promise<Prepared> {
  const { operation, kind, trigger } = request;
  const at = deps.now();
  const durationMs = sinceRequest(request, at);
  const command: EndOperation = { type: "EndOperation", operation, kind, trigger, ...produced, durationMs, outcome };
  deps.recorded(await deps.applications.execute(application, command, recordMeta(request, "terminal", at)));
  return { status: "ended" };
}

/** Nothing was begun, so that all there is to record is what would be. */
async function tried(work: Work, { plan, others }: Planned, produced: Produced | undefined): Promise<Prepared> {
  const { deps, application, request, context } = work;
  const { operation, kind, trigger, options } = request;
  const done = await deps.dryRun({ plan, signal: context.signal });
  const at = deps.now();
  const command: EndOperation = {
    ...{ type: "EndOperation", operation, kind, trigger, ...produced },
    ...(others && { others }),
    durationMs: sinceRequest(request, at),
    outcome: { result: "DryRun", plan, ...done, ...(options && { options }) },
  };
  deps.recorded(await deps.applications.execute(application, command, recordMeta(request, "terminal", at)));
  return { status: "ended" };
}

async function record(work: Work, start: StartOperation): Promise<void> {
  const { deps, application, request, attempt } = work;
  const meta = recordMeta(request, "started", start.at, attempt);
  const command: Command = { type: "InOrder", commands: [start, ...overriding(work)] };
  deps.recorded(await deps.applications.execute(application, command, meta));
}

function preparedFrom(
  { deps, spec, request }: Work,
  { plan, inventory, counts, cluster, course }: Omit<Planned, "resources"> & { cluster: string },
): Prepared {
  const waits = { ...deps.waits, timeoutMs: milliseconds(spec.syncPolicy.timeout) };
  const retry = retryPolicy({ request, spec });
  const { waves, confirm } = course ?? {};
  return {
    status: "planned",
    ...{ cluster, taskQueue: deps.taskQueueOf(cluster), plan, inventory, counts, waits },
    ...(waves && { waves }),
    ...(confirm && !request.options?.confirm && { confirm }),
    ...(retry && { retry }),
  };
}
