import { ERRORS, isErrorCode } from "../../schemas/errors.ts";
import type { ApplicationEvent, RecordedEvent } from "../../schemas/events/index.ts";
import { isRemedyEvent } from "../drift/events.ts";
import { isTerminal, type TerminalEvent } from "../application/state.ts";
import { wholeHealth } from "../application/whole-health.ts";
import { interim } from "./interim.ts";
import { type ActionCounts, HEALTH_ORDER, type Others, type SyncStatus } from "../../schemas/operation.ts";
import type { ApplicationView, OperationView } from "../../schemas/views.ts";
import { foldRemedy } from "./drift.ts";
import { foldAside, isAside, isEarlierVersion } from "./rollback.ts";

type OfType<Type extends ApplicationEvent["type"]> = Extract<ApplicationEvent, { type: Type }>;
type Ended = TerminalEvent;

/**
 * The application after an event, undefined once it is deleted; `operation` is the operation of the event, folded up to it. Events
 * of an application that does not exist (any more) leave it undefined.
 */
export function foldApplication(
  before: ApplicationView | undefined,
  recorded: RecordedEvent,
  operation: OperationView | undefined,
): ApplicationView | undefined {
  const event = recorded.event as ApplicationEvent;
  const { at, sequence } = recorded;
  if (event.type === "ApplicationCreated") return created(before, recorded, event);
  if (before === undefined || event.type === "ApplicationDeleted") return undefined;
  const view: ApplicationView = without(before, event);
  view.sequence = sequence;
  if (isRemedyEvent(event)) return foldRemedy(view, event);
  if (isAside(event)) return foldAside(view, at, event);
  if (isTerminal(event)) {
    return operation === undefined || event.type === "DryRunRecorded" ? view : ended(view, at, event, operation);
  }
  switch (event.type) {
    case "ApplicationUpdated":
      return configured(view, at, event);
    case "OperationStarted":
      return started(view, at, event);
    case "OperationHeld":
      return held(view, at, event);
    case "SyncRetryScheduled":
    case "PruneConfirmationRequested":
    case "PruneConfirmed":
      return interim(view, at, event);
    case "HealthChanged":
      return healthIs(view, at, event.data.to, event.data.objects);
    case "DriftDetected":
      view.drift = event.data.objects;
      return event.data.objects.length > 0 ? syncIs(view, at, "OutOfSync") : view;
    case "DriftResolved":
      return resolved(view, at);
    case "SyncWindowOverridden":
      return view;
    default:
      return before;
  }
}

/** A copy without the running or held operation that the event ends; deleting the member would make every later copy of it slow. */
function without(view: ApplicationView, event: ApplicationEvent): ApplicationView {
  const { running, held: waiting, retry, confirmation, ...rest } = view;
  const about = isTerminal(event) || event.type === "OperationStarted" ? event.data.operation : undefined;
  return {
    ...rest,
    ...(running !== undefined && (running !== about || !isTerminal(event)) && { running }),
    ...(waiting !== undefined && waiting.operation !== about && { held: waiting }),
    ...(retry !== undefined && retry.operation !== about && { retry }),
    ...(confirmation !== undefined && confirmation.operation !== about && { confirmation }),
  };
}

function held(view: ApplicationView, at: string, { data }: OfType<"OperationHeld">): ApplicationView {
  const { operation, reason, message, until } = data;
  const since = view.held?.operation === operation && view.held.reason === reason ? view.held.since : at;
  const waiting = { ...view, held: { operation, reason, message, since, ...(until !== undefined && { until }) } };
  return data.compared ? syncIs(waiting, at, data.compared.sync) : waiting;
}

function created(
  before: ApplicationView | undefined,
  { aggregate, at, sequence }: RecordedEvent,
  event: OfType<"ApplicationCreated">,
): ApplicationView {
  if (before !== undefined) return configured({ ...before, sequence }, at, event);
  const { spec, labels, annotations } = event.data;
  return {
    name: aggregate.name,
    labels,
    annotations,
    spec,
    createdAt: at,
    updatedAt: at,
    sync: { status: "Unknown", since: at },
    health: { status: "Unknown", since: at, objects: [] },
    drift: [],
    resources: [],
    sequence,
  };
}

function configured(
  view: ApplicationView,
  at: string,
  { data }: OfType<"ApplicationCreated"> | OfType<"ApplicationUpdated">,
): ApplicationView {
  view.spec = data.spec;
  view.labels = data.labels;
  view.annotations = data.annotations;
  view.updatedAt = at;
  return view;
}

function started(view: ApplicationView, at: string, { data }: OfType<"OperationStarted">): ApplicationView {
  view.running = data.operation;
  view.cluster = data.cluster;
  if (view.left) view.left = view.left.filter(({ cluster }) => cluster !== data.cluster);
  view.inventory = data.inventory;
  view.resources = data.resources;
  return differs(data.counts) ? syncIs(view, at, "OutOfSync") : view;
}

function ended(
  view: ApplicationView,
  at: string,
  event: Exclude<Ended, OfType<"DryRunRecorded">>,
  operation: OperationView,
): ApplicationView {
  view.last = operation;
  if (event.type !== "ComparisonRecorded" && event.type !== "ComparisonFailed" && event.data.inventory !== undefined) {
    view.inventory = event.data.inventory;
  }
  switch (event.type) {
    case "SyncSucceeded":
      return succeeded(view, at, event);
    case "SyncFailed":
      return failed(view, at, event);
    case "SyncTimedOut":
      return timedOut(view, at, event);
    case "ComparisonRecorded":
      return healthIs(compared(view, at, event.data.sync, event.data), at, event.data.health);
    case "ComparisonFailed":
      return compared(view, at, "Unknown", unlessPassing(event.data));
    case "SyncSuperseded":
    case "SyncTerminated":
      return event.data.applied ? applied(view, at, event.data) : view;
  }
}

/** Everything was applied and did not become healthy: live is as was asked for, whatever is deployed. */
function applied(
  view: ApplicationView,
  at: string,
  data: OfType<"SyncFailed" | "SyncTimedOut" | "SyncSuperseded" | "SyncTerminated">["data"],
): ApplicationView {
  const { kind, operation, revision, others, sourceDigest } = data;
  if (others || kind === "delete") return view;
  const differs = isEarlierVersion(view, data) || (view.last?.counts?.refused ?? 0) > 0;
  if (revision !== undefined && sourceDigest !== undefined) view.applied = { operation, revision, sourceDigest, at };
  if (differs) return syncIs(view, at, "OutOfSync");
  return sourceDigest === undefined ? syncIs(view, at, "Unknown") : compared(view, at, "Synced", data);
}

function succeeded(view: ApplicationView, at: string, { data }: OfType<"SyncSucceeded">): ApplicationView {
  if (data.others) return partlySynced(view, at, { ...data, others: data.others });
  view.drift = [];
  if (data.kind === "delete") {
    delete view.deployed;
    if (view.applied) delete view.applied;
    return healthIs(syncIs(view, at, "Unknown"), at, data.health);
  }
  const { operation, revision, artifact, sourceDigest } = data;
  const earlier = isEarlierVersion(view, data);
  if (revision !== undefined && artifact !== undefined && sourceDigest !== undefined) {
    view.deployed = { operation, revision, artifact, sourceDigest, at };
    if (view.applied) delete view.applied;
  }
  // An object that should be gone and was refused to be pruned still differs from what Git says.
  const status = data.counts.refused > 0 || data.refused.length > 0 ? "OutOfSync" : "Synced";
  if (earlier) return healthIs(syncIs(view, at, "OutOfSync"), at, data.health);
  // Local files were applied: how they compare with Git nobody has looked at.
  const byHand = data.kind === "sync" && artifact !== undefined && sourceDigest === undefined;
  if (byHand) return healthIs(syncIs(view, at, "Unknown"), at, data.health);
  return healthIs(compared(view, at, status, data), at, data.health);
}

/** Only selected objects are as Git says. What was compared is the whole only when the others are too. */
function partlySynced(
  view: ApplicationView,
  at: string,
  data: OfType<"SyncSucceeded">["data"] & { others: Others },
): ApplicationView {
  const whole = data.others.sync === "Synced" && data.counts.refused === 0 && data.refused.length === 0;
  const known = whole ? compared(view, at, "Synced", data) : syncIs(view, at, "OutOfSync");
  return healthIs(known, at, wholeHealth(data.health, data.others));
}

function failed(view: ApplicationView, at: string, { data }: OfType<"SyncFailed">): ApplicationView {
  // What was asked for instead, and came to no plan, says nothing about the application's own.
  if (data.counts === undefined && (data.asked !== undefined || data.apart)) return view;
  // Without counts there was no plan, so nothing is known of how live and desired compare.
  const status = data.counts === undefined ? "Unknown" : "OutOfSync";
  if (data.others) return syncIs(view, at, status);
  if (data.applied) applied(view, at, data);
  else if (data.kind === "rollback") syncIs(view, at, "OutOfSync");
  else compared(view, at, status, unlessPassing(data));
  return data.health === undefined ? view : healthIs(view, at, data.health, data.failures);
}

function timedOut(view: ApplicationView, at: string, { data }: OfType<"SyncTimedOut">): ApplicationView {
  if (data.kind === "delete") return undeleted(view, at, data.waitingFor);
  if (data.applied) applied(view, at, data);
  const known = data.health && wholeHealth(data.health, data.others);
  return healthIs(view, at, known ?? view.health.status, data.waitingFor);
}

/** Some of it is gone and some is not: how the rest compares with Git nobody has looked at. */
function undeleted(view: ApplicationView, at: string, left: ApplicationView["health"]["objects"]): ApplicationView {
  const seen = HEALTH_ORDER.findLast((status) => left.some(({ reason }) => reason === status));
  const going = left.length > 0 ? "Progressing" : view.health.status;
  return healthIs(syncIs(view, at, "Unknown"), at, seen ?? going, left);
}

/** Live equals what was applied again; that is what Git says, unless something newer was compared or a prune was refused. */
function resolved(view: ApplicationView, at: string): ApplicationView {
  view.drift = [];
  const { sync, deployed, applied: inPlace = deployed, last } = view;
  const current = inPlace !== undefined && inPlace.sourceDigest === sync.sourceDigest;
  const refused = (last?.counts?.refused ?? 0) > 0;
  return current && !refused ? syncIs(view, at, "Synced") : view;
}

interface Compared {
  revision?: string | undefined;
  sourceDigest?: string | undefined;
}

/** What failed for a reason that may pass is not taken as compared, so that it is tried again. */
const unlessPassing = (data: Compared & { code: string }): Compared =>
  isErrorCode(data.code) && ERRORS[data.code].retryable ? { revision: data.revision } : data;

function compared(view: ApplicationView, at: string, status: SyncStatus, what: Compared): ApplicationView {
  const sync: ApplicationView["sync"] = { status, since: view.sync.status === status ? view.sync.since : at };
  if (what.revision !== undefined) sync.revision = what.revision;
  if (what.sourceDigest !== undefined) sync.sourceDigest = what.sourceDigest;
  view.sync = sync;
  return view;
}

function syncIs(view: ApplicationView, at: string, status: SyncStatus): ApplicationView {
  if (view.sync.status !== status) view.sync = { ...view.sync, status, since: at };
  return view;
}

function healthIs(
  view: ApplicationView,
  at: string,
  status: ApplicationView["health"]["status"],
  objects: ApplicationView["health"]["objects"] = [],
): ApplicationView {
  view.health = { status, since: view.health.status === status ? view.health.since : at, objects };
  return view;
}

const differs = ({ create, update, recreate, prune, refused }: ActionCounts): boolean =>
  create + update + recreate + prune + refused > 0;
