import type { ApplicationEvent } from "../../schemas/events/index.ts";
import { type ApplicationState, isTerminal } from "../application/state.ts";
import type { RollbackEvent } from "./events.ts";
import { remembered } from "./history.ts";
import type { AppliedVersion, Excluded, HistoryEntry, LeftObjects } from "./state.ts";

/** Excluded revisions that an application remembers. */
const MOST_EXCLUDED = 20;

type DataOf<Type extends ApplicationEvent["type"]> = Extract<ApplicationEvent, { type: Type }>["data"];

/** The state after an event about going back to what was deployed before. */
export function evolveExclusion(state: ApplicationState, event: RollbackEvent): ApplicationState {
  switch (event.type) {
    case "RevisionExcluded":
      return excluding(state, [...(state.excluded ?? []), event.data].slice(-MOST_EXCLUDED));
    case "RevisionReleased": {
      const { sourceDigest } = event.data;
      return excluding(
        state,
        (state.excluded ?? []).filter((each) => each.sourceDigest !== sourceDigest),
      );
    }
    case "RollbackRequested": {
      const { operation, target, reason, cause, requestedAt } = event.data;
      return { ...state, requested: { operation, target, reason, cause, requestedAt } };
    }
    case "RevertPushed":
      return { ...state, reverted: { operation: event.data.operation } };
    case "ObjectsLeft": {
      const { cluster, inventory } = event.data;
      return { ...state, left: [...elsewhere(state, cluster), { cluster, inventory }] };
    }
    case "RevertFailed":
      return { ...state, reverted: { operation: event.data.operation, failed: event.data.message } };
  }
}

/** What an operation's event says of versions: what is in the cluster, what was deployed and how it did. `after` is the state but for these. */
export function withVersions(
  before: ApplicationState,
  after: ApplicationState,
  event: ApplicationEvent,
): ApplicationState {
  if (event.type === "OperationStarted") return started(after, event.data);
  if (event.type === "HealthChanged") return healthIs(after, event.data.to);
  const known = event.type === "SyncSucceeded" ? succeeded(before, after, event.data) : after;
  return isTerminal(event) ? withoutRequest(known, event.data.operation) : known;
}

/** What was left on other clusters than this one. */
const elsewhere = ({ left = [] }: ApplicationState, cluster: string): LeftObjects[] =>
  left.filter((each) => each.cluster !== cluster);

function started(state: ApplicationState, data: DataOf<"OperationStarted">): ApplicationState {
  // Whatever writes is newer than a rollback that has not begun. The reason stays known for the start of the rollback itself.
  const { requested: _, left: before, ...known } = state;
  const left = before && elsewhere(state, data.cluster);
  const rest: ApplicationState = { ...known, ...(left && left.length > 0 && { left }) };
  const { operation, kind, artifact, revision, sourceDigest, options, others } = data;
  const whole = options?.dryRun !== true && others === undefined;
  if (!whole || kind === "delete" || artifact === undefined) return rest;
  const applied: AppliedVersion = {
    operation,
    artifact,
    ...(revision !== undefined && { revision }),
    ...(sourceDigest !== undefined && { sourceDigest }),
  };
  return { ...rest, applied };
}

/** What was deployed becomes the newest entry; how it did while it is there is kept with it. */
function succeeded(before: ApplicationState, after: ApplicationState, data: DataOf<"SyncSucceeded">): ApplicationState {
  const { deployed, configuration, cluster, history = [] } = after;
  if (!deployed || deployed.operation !== data.operation) return after;
  const at = endOf(before, data);
  const entry: Omit<HistoryEntry, "also"> = {
    ...deployed,
    health: data.health,
    rolledBack: data.kind === "rollback",
    ...(cluster !== undefined && { cluster }),
    ...(at !== undefined && { at }),
  };
  return { ...after, history: remembered(history, entry, configuration?.spec.revisionHistoryLimit ?? 0) };
}

/** When an operation ended, out of what its events hold. */
function endOf({ running }: ApplicationState, { operation, durationMs }: DataOf<"SyncSucceeded">): string | undefined {
  const began = Date.parse(running?.operation === operation ? (running.requestedAt ?? "") : "");
  return Number.isNaN(began) ? undefined : new Date(began + durationMs).toISOString();
}

/** Health is that of the newest entry only while exactly that is in the cluster. */
function healthIs(state: ApplicationState, health: HistoryEntry["health"]): ApplicationState {
  const { history = [], applied } = state;
  const last = history.at(-1);
  if (!last || last.artifact !== applied?.artifact || last.health === health) return state;
  return { ...state, history: [...history.slice(0, -1), { ...last, health }] };
}

function excluding(state: ApplicationState, list: Excluded[]): ApplicationState {
  const { excluded: _, ...rest } = state;
  return list.length === 0 ? rest : { ...rest, excluded: list };
}

function withoutRequest(state: ApplicationState, operation: string): ApplicationState {
  const { requested, ...rest } = state;
  return requested?.operation === operation ? rest : state;
}
