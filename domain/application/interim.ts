import type { ApplicationEvent } from "../../schemas/events/index.ts";
import type { ConfirmPrune, RequestConfirmation, ScheduleRetry } from "./command.ts";
import type { ApplicationState, RunningOperation } from "./state.ts";

/** What happens to an operation between its start and its end: retries and confirmations, each said once. */

type Interim = ScheduleRetry | RequestConfirmation | ConfirmPrune;

/** The events of what happened to the running operation; [] for one that does not run, and for what is known. */
export function interim(command: Interim, { running }: ApplicationState): ApplicationEvent[] {
  if (running?.operation !== command.operation) return [];
  switch (command.type) {
    case "ScheduleRetry":
      return scheduled(command, running);
    case "RequestConfirmation": {
      const { type: _, ...data } = command;
      return running.confirmation === undefined ? [{ type: "PruneConfirmationRequested", data }] : [];
    }
    case "ConfirmPrune": {
      const { type: _, ...data } = command;
      return running.confirmation === "confirmed" ? [] : [{ type: "PruneConfirmed", data }];
    }
  }
}

function scheduled(command: ScheduleRetry, running: RunningOperation): ApplicationEvent[] {
  const { type: _, ...data } = command;
  const known = running.retried ?? 0;
  return data.attempt > known ? [{ type: "SyncRetryScheduled", data }] : [];
}

type InterimEvent = Extract<
  ApplicationEvent,
  { type: "SyncRetryScheduled" | "PruneConfirmationRequested" | "PruneConfirmed" }
>;

/** The state after one of them. What a failed attempt left in the cluster is what is owned from then on. */
export function evolveInterim(state: ApplicationState, event: InterimEvent): ApplicationState {
  const { running } = state;
  if (running?.operation !== event.data.operation) return state;
  switch (event.type) {
    case "SyncRetryScheduled": {
      const { attempt, inventory } = event.data;
      const { confirmation: _, ...rest } = running;
      return { ...state, running: { ...rest, retried: attempt }, ...(inventory !== undefined && { inventory }) };
    }
    case "PruneConfirmationRequested":
      return { ...state, running: { ...running, confirmation: "requested" } };
    case "PruneConfirmed":
      return { ...state, running: { ...running, confirmation: "confirmed" } };
  }
}
