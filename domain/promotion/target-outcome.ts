import type { ApplicationEvent } from "../../schemas/events/index.ts";
import type { HealthStatus } from "../../schemas/operation.ts";
import type { PromotionTarget } from "../../schemas/promotion.ts";
import { type ApplicationState, isTerminal, type TerminalEvent } from "../application/state.ts";

/** An event with its place in the ledger. */
export interface SeenEvent {
  event: ApplicationEvent;
  sequence: number;
}

/** What an application of a promotion came to, by its own events since the wave began. */
export type TargetOutcome =
  | { is: "promoted"; operation: string; revision: string; sourceDigest: string; sequence: number }
  | { is: "failed"; reason: string; message: string; health?: HealthStatus }
  /** The sync with this id is to be asked for; asked for twice it is one. */
  | { is: "toBeAsked"; operation: string }
  /** Its sync runs or is held, or it is not healthy yet. */
  | { is: "underWay" };

/** So often a sync is asked for again whose place something else took that brought something else. */
const MOST_TRIES = 5;

/**
 * What became of a target. It is done when a sync that ended since brought exactly the wanted content, nothing else was deployed since,
 * and it is healthy; health and content are those of its aggregate, folded from the same events.
 */
export function outcomeOf(
  target: Pick<PromotionTarget, "operation" | "sourceDigest">,
  seen: readonly SeenEvent[],
  state: ApplicationState,
): TargetOutcome {
  if (!state.configuration) return failed("NotFound", "the application was deleted");
  const arrived = seen.findLast(({ event }) => event.type === "SyncSucceeded" && brings(event.data, target));
  if (arrived && state.deployed?.sourceDigest === target.sourceDigest) return settled(arrived, seen, state);
  return byItsOperations(target, seen, state);
}

/** A sync of selected objects says how the others stand; it brought not the whole. */
const brings = (
  { sourceDigest, others }: { sourceDigest?: string | undefined; others?: unknown },
  target: Pick<PromotionTarget, "sourceDigest">,
): boolean => sourceDigest === target.sourceDigest && others === undefined;

/** What was wanted is deployed: whether it is healthy, and which event said so last. */
function settled(
  arrived: SeenEvent,
  seen: readonly SeenEvent[],
  { health, unhealthy }: ApplicationState,
): TargetOutcome {
  if (arrived.event.type !== "SyncSucceeded") return { is: "underWay" };
  if (health === "Healthy") {
    const turned = seen.findLast(({ event }) => event.type === "HealthChanged" && event.data.to === "Healthy");
    const { operation, revision = "", sourceDigest = "" } = arrived.event.data;
    const sequence = Math.max(arrived.sequence, turned?.sequence ?? 0);
    return { is: "promoted", operation, revision, sourceDigest, sequence };
  }
  if (health !== "Degraded" && health !== "Missing") return { is: "underWay" };
  const which = (unhealthy ?? [])
    .slice(0, 3)
    .map(({ object, message }) => (message ? `${object}: ${message}` : object));
  return failed("HealthLost", [`it became ${health} after its sync`, ...which].join("; "), health);
}

/** Nothing that was wanted is there: what the syncs say that were asked for. */
function byItsOperations(
  { operation }: Pick<PromotionTarget, "operation">,
  seen: readonly SeenEvent[],
  state: ApplicationState,
): TargetOutcome {
  for (let attempt = 1; attempt <= MOST_TRIES; attempt += 1) {
    const asked = tryOf(operation, attempt);
    const end = endOf(asked, seen);
    if (!end) return isUnderWay(asked, state) ? { is: "underWay" } : { is: "toBeAsked", operation: asked };
    if (end.type !== "SyncSuperseded") return failureOf(end, state);
    // What took its place is waited for; once it is over and was something else, the sync is asked for again.
    if (!endOf(end.data.by, seen)) return { is: "underWay" };
  }
  return failed("Superseded", `other operations took the place of its sync ${MOST_TRIES} times`);
}

/** Id of a sync that is asked for again. */
export const tryOf = (operation: string, attempt: number): string =>
  attempt === 1 ? operation : `${operation}-${attempt}`;

const isUnderWay = (operation: string, { running, held }: ApplicationState): boolean =>
  running?.operation === operation || held?.operation === operation;

function endOf(operation: string, seen: readonly SeenEvent[]): TerminalEvent | undefined {
  for (const { event } of seen) if (isTerminal(event) && event.data.operation === operation) return event;
  return undefined;
}

function failureOf(
  end: Exclude<TerminalEvent, { type: "SyncSuperseded" }>,
  { health }: ApplicationState,
): TargetOutcome {
  switch (end.type) {
    case "SyncSucceeded":
      return failed("OtherContent", "its sync brought something else: its configuration changed meanwhile", health);
    case "SyncFailed":
    case "ComparisonFailed":
      return failed(end.data.code, end.data.message, health);
    case "SyncTimedOut": {
      const waitedFor = end.data.waitingFor.slice(0, 3).map(({ object }) => object);
      const why = `it was not healthy after ${end.data.limitSeconds} s`;
      return failed("Timeout", [why, ...waitedFor].join("; "), end.data.health ?? health);
    }
    case "SyncTerminated":
      return failed("Terminated", `${end.data.by.name} ended its sync`, health);
    case "ComparisonRecorded":
      return failed("Withheld", end.data.withheld ?? "its sync only compared", health);
    case "DryRunRecorded":
      return failed("Withheld", "its sync was a dry run", health);
  }
}

const failed = (reason: string, message: string, health?: HealthStatus): TargetOutcome => ({
  is: "failed",
  reason,
  message,
  ...(health !== undefined && { health }),
});
