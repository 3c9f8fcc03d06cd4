import type { ClusterEvent } from "../../schemas/events/index.ts";
import type { StoredClusterSpec } from "../../schemas/events/configuration.ts";
import type { Decider } from "../decider.ts";
import { type ConfigurationCommand, type Configured, decideConfiguration } from "./configured.ts";

export type ClusterState = Configured<StoredClusterSpec>;
export type ClusterCommand = ConfigurationCommand<StoredClusterSpec>;

function evolve(state: ClusterState, event: ClusterEvent): ClusterState {
  switch (event.type) {
    case "ClusterCreated":
    case "ClusterUpdated":
      return { configuration: event.data };
    case "ClusterDeleted":
      return {};
    default:
      return state;
  }
}

function decide(command: ClusterCommand, state: ClusterState): ClusterEvent[] {
  const decision = decideConfiguration(command, state);
  switch (decision.outcome) {
    case "unchanged":
      return [];
    case "created":
      return [{ type: "ClusterCreated", data: decision.data }];
    case "updated":
      return [{ type: "ClusterUpdated", data: decision.data }];
    case "deleted":
      return [{ type: "ClusterDeleted", data: {} }];
  }
}

/** The aggregate `cluster`: configuration only. */
export const clusterDecider: Decider<ClusterState, ClusterCommand, ClusterEvent> = {
  aggregate: "cluster",
  initial: {},
  evolve,
  decide,
};
