import type { ApplicationEvent } from "../../schemas/events/index.ts";
import type { HealthStatus } from "../../schemas/operation.ts";
import { evolveInterim } from "./interim.ts";
import {
  type ApplicationState,
  type Deployed,
  initialApplication,
  REMEMBERED_OPERATIONS,
  type RunningOperation,
  type TerminalEvent,
} from "./state.ts";
import { isDriftEvent } from "../drift/events.ts";
import { evolveDrift, failedAfter, inPlaceAfter } from "../drift/evolve.ts";
import { type ActionEvent, evolveAction, isActionEvent } from "../action/record.ts";
import { isRollbackEvent, type RollbackEvent } from "../rollback/events.ts";
import { evolveExclusion, withVersions } from "../rollback/evolve.ts";
import { evolvePin, isPinEvent, type PinEvent } from "./pin.ts";
import type { NotedHealth } from "../watch/unhealthy.ts";
import { wholeHealth } from "./whole-health.ts";

type DataOf<Type extends ApplicationEvent["type"]> = Extract<ApplicationEvent, { type: Type }>["data"];

type OperationEvent = Exclude<ApplicationEvent, RollbackEvent | ActionEvent | PinEvent>;

/** The state after an event. Never throws; an event of a type it does not know changes nothing. */
export function evolve(state: ApplicationState, event: ApplicationEvent): ApplicationState {
  if (isRollbackEvent(event)) return evolveExclusion(state, event);
  if (isActionEvent(event)) return evolveAction(state, event);
  if (isPinEvent(event)) return evolvePin(state, event);
  return withVersions(state, evolveOperation(state, event), event);
}

function evolveOperation(state: ApplicationState, event: OperationEvent): ApplicationState {
  if (isDriftEvent(event)) return evolveDrift(state, event);
  switch (event.type) {
    case "ApplicationCreated":
    case "ApplicationUpdated":
      return { ...state, configuration: event.data };
    case "ApplicationDeleted":
      return deleted(state);
    case "OperationStarted":
      return started(state, event.data);
    case "SyncSucceeded":
      return succeeded(state, event);
    case "SyncFailed":
    case "SyncSuperseded":
    case "SyncTerminated":
    case "SyncTimedOut":
      return ended(state, event, event.data.inventory);
    case "ComparisonRecorded":
      return withUnhealthy({ ...ended(state, event, undefined), health: event.data.health }, []);
    case "ComparisonFailed":
    case "DryRunRecorded":
      return ended(state, event, undefined);
    case "OperationHeld": {
      const { operation, reason, message, until } = event.data;
      return { ...state, held: { operation, reason, message, until } };
    }
    case "SyncRetryScheduled":
    case "PruneConfirmationRequested":
    case "PruneConfirmed":
      return evolveInterim(state, event);
    case "HealthChanged":
      return withUnhealthy({ ...state, health: event.data.to }, event.data.objects);
    case "SyncWindowOverridden":
    default:
      return state;
  }
}

/** What it owned is nobody's now; a running operation still has to end, and ended ones stay ended. */
const deleted = ({ ended: over, running }: ApplicationState): ApplicationState => ({
  ...initialApplication,
  ended: over,
  ...(running !== undefined && { running }),
});

function started(state: ApplicationState, data: DataOf<"OperationStarted">): ApplicationState {
  const { operation, kind, trigger, revision, sourceDigest, artifact, plan, requestedAt, others } = data;
  const running: RunningOperation = {
    operation,
    kind,
    trigger,
    plan,
    ...(revision !== undefined && { revision }),
    ...(sourceDigest !== undefined && { sourceDigest }),
    ...(artifact !== undefined && { artifact }),
    ...(requestedAt !== undefined && { requestedAt }),
    ...(others !== undefined && { others }),
    ...(data.attempt !== undefined && { attempt: data.attempt }),
  };
  const { held: _, ...rest } = state;
  return { ...rest, running, cluster: data.cluster, inventory: data.inventory, resources: data.resources };
}

/** The operation is over; what it owns now is known only when its outcome says so, else what its start said stands. */
function ended(state: ApplicationState, event: TerminalEvent, inventory: string | undefined): ApplicationState {
  const { operation } = event.data;
  const { running, held, failed: _, ...rest } = state;
  const failed = failedAfter(state, event);
  const inPlace = inPlaceAfter(state, event);
  const known = unhealthyAfter(event);
  return {
    ...(known ? withUnhealthy(rest, known) : rest),
    ...(inPlace && { inPlace }),
    ...(failed !== undefined && { failed }),
    ...(held !== undefined && held.operation !== operation && { held }),
    ...(running !== undefined && running.operation !== operation && { running }),
    ...(inventory !== undefined && { inventory }),
    ended: remember(state.ended, operation),
    health: healthAfter(event) ?? state.health,
  };
}

/** Which objects an end says are not healthy; undefined where it says nothing of health. */
function unhealthyAfter({ type, data }: TerminalEvent): NotedHealth[] | undefined {
  if (type === "SyncSucceeded") return [];
  if (type === "SyncTimedOut") return data.waitingFor;
  return type === "SyncFailed" && data.health !== undefined && !data.others ? data.failures : undefined;
}

function withUnhealthy<State extends Pick<ApplicationState, "unhealthy">>(
  state: State,
  objects: NotedHealth[],
): Omit<State, "unhealthy"> & Pick<ApplicationState, "unhealthy"> {
  const { unhealthy: _, ...rest } = state;
  return objects.length === 0 ? rest : { ...rest, unhealthy: objects };
}

function healthAfter({ data }: TerminalEvent): HealthStatus | undefined {
  const health = "health" in data ? data.health : undefined;
  return health && wholeHealth(health, data.others);
}

function succeeded(
  state: ApplicationState,
  event: Extract<ApplicationEvent, { type: "SyncSucceeded" }>,
): ApplicationState {
  const { operation, kind, revision, sourceDigest, artifact, inventory } = event.data;
  const after = ended(state, event, inventory);
  // Of the objects left alone nothing new is known, and what was deployed as a whole stays what is to be gone back to.
  if (event.data.others) return after;
  const calm: ApplicationState = { ...after, drift: [] };
  if ((kind !== "sync" && kind !== "rollback") || !revision || !sourceDigest || !artifact) return calm;
  const deployed: Deployed = { operation, revision, sourceDigest, artifact };
  return { ...calm, deployed };
}

const remember = (ids: readonly string[], id: string): string[] =>
  ids.includes(id) ? [...ids] : [...ids.slice(-(REMEMBERED_OPERATIONS - 1)), id];
