import type { RepositoryEvent } from "../../schemas/events/index.ts";
import {
  decideRepositoryConfiguration,
  evolveRepositoryConfiguration,
  type RepositoryConfigurationCommand,
} from "../configuration/repository.ts";
import type { Decider } from "../decider.ts";
import { dispatchOf, initialRepository, remember, resolve, type RepositoryState } from "./state.ts";

type Dispatch = Extract<RepositoryEvent, { type: "PushDispatched" }>["data"];
type Rejection = Extract<RepositoryEvent, { type: "PushRejected" }>["data"];

/** What can be asked of a repository: its configuration, and to record what became of pushes. */
export type RepositoryCommand =
  | RepositoryConfigurationCommand
  | { type: "RecordDispatch"; dispatch: Dispatch }
  /** The first parts of a dispatch too large for one message: their operations, no deliveries yet. */
  | { type: "RecordPart"; dispatch: Omit<Dispatch, "deliveries"> }
  | { type: "RecordRejection"; rejection: Rejection };

/** The aggregate `repository`. A delivery is recorded once: by its intake sequence, whoever sees the message again. */
export const repositoryDecider: Decider<RepositoryState, RepositoryCommand, RepositoryEvent> = {
  aggregate: "repository",
  initial: initialRepository,
  evolve,
  decide,
};

function decide(command: RepositoryCommand, state: RepositoryState): RepositoryEvent[] {
  switch (command.type) {
    case "RecordDispatch": {
      const deliveries = unhandled(command.dispatch.deliveries, state);
      return deliveries.length === 0 ? [] : [{ type: "PushDispatched", data: { ...command.dispatch, deliveries } }];
    }
    case "RecordPart":
      return [{ type: "PushDispatched", data: { ...command.dispatch, deliveries: [] } }];
    case "RecordRejection": {
      const deliveries = unhandled(command.rejection.deliveries, state);
      return deliveries.length === 0 ? [] : [{ type: "PushRejected", data: { ...command.rejection, deliveries } }];
    }
    case "Configure":
    case "Remove":
      return decideRepositoryConfiguration(command, state);
  }
}

/** Those that no event has yet, each once: a message that JetStream delivered again may wait together with its first copy. */
function unhandled(deliveries: Dispatch["deliveries"], state: RepositoryState): Dispatch["deliveries"] {
  const fresh = new Map<number, Dispatch["deliveries"][number]>();
  for (const delivery of deliveries) {
    if (dispatchOf(state, delivery.intakeSequence) === undefined) fresh.set(delivery.intakeSequence, delivery);
  }
  return [...fresh.values()];
}

function evolve(state: RepositoryState, event: RepositoryEvent): RepositoryState {
  switch (event.type) {
    case "PushDispatched": {
      const { repoURL, ref, revision, operations, resolved } = event.data;
      return {
        ...state,
        handled: remember(state.handled, {
          ...came(event.data.deliveries),
          operations,
          repoURL,
          ref,
          ...(revision !== undefined && { revision }),
        }),
        resolved: resolve(state.resolved, repoURL, resolved ?? {}),
      };
    }
    case "PushRejected": {
      const { repoURL, ref, deliveries } = event.data;
      return { ...state, handled: remember(state.handled, { ...came(deliveries), operations: [], repoURL, ref }) };
    }
    case "RepositoryCreated":
    case "RepositoryUpdated":
    case "RepositoryDeleted":
      return evolveRepositoryConfiguration(state, event);
  }
}

function came(deliveries: Dispatch["deliveries"]): { sequences: number[]; receivedAt?: string } {
  const newest = deliveries.map(({ receivedAt }) => receivedAt).reduce((a, b) => (a > b ? a : b), "");
  return {
    sequences: deliveries.map(({ intakeSequence }) => intakeSequence),
    ...(newest !== "" && { receivedAt: newest }),
  };
}
