import type { StoredRepositorySpec } from "../../schemas/events/configuration.ts";
import type { RepositoryEvent } from "../../schemas/events/index.ts";
import { type ConfigurationCommand, type Configured, decideConfiguration } from "./configured.ts";

export type RepositoryConfiguration = Configured<StoredRepositorySpec>;
export type RepositoryConfigurationCommand = ConfigurationCommand<StoredRepositorySpec>;

/**
 * The configuration part of a repository's state after an event; events of other parts return the very same state. Deleting clears
 * only the configuration.
 */
export function evolveRepositoryConfiguration<State extends RepositoryConfiguration>(
  state: State,
  event: RepositoryEvent,
): State {
  switch (event.type) {
    case "RepositoryCreated":
    case "RepositoryUpdated":
      return { ...state, configuration: event.data };
    case "RepositoryDeleted": {
      const { configuration: _gone, ...rest } = state;
      return rest as State;
    }
    case "PushDispatched":
    case "PushRejected":
      return state;
  }
}

/** The events of a configuration command on a repository; [] when there is nothing new. */
export function decideRepositoryConfiguration(
  command: RepositoryConfigurationCommand,
  state: RepositoryConfiguration,
): RepositoryEvent[] {
  const decision = decideConfiguration(command, state);
  switch (decision.outcome) {
    case "unchanged":
      return [];
    case "created":
      return [{ type: "RepositoryCreated", data: decision.data }];
    case "updated":
      return [{ type: "RepositoryUpdated", data: decision.data }];
    case "deleted":
      return [{ type: "RepositoryDeleted", data: {} }];
  }
}
