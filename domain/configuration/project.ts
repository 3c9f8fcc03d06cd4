import type { ProjectEvent } from "../../schemas/events/index.ts";
import type { ProjectSpec } from "../../schemas/kinds/project.ts";
import type { Decider } from "../decider.ts";
import { type ConfigurationCommand, type Configured, decideConfiguration } from "./configured.ts";

export type ProjectState = Configured<ProjectSpec>;
export type ProjectCommand = ConfigurationCommand<ProjectSpec>;

function evolve(state: ProjectState, event: ProjectEvent): ProjectState {
  switch (event.type) {
    case "ProjectCreated":
    case "ProjectUpdated":
      return { configuration: event.data };
    case "ProjectDeleted":
      return {};
    default:
      return state;
  }
}

function decide(command: ProjectCommand, state: ProjectState): ProjectEvent[] {
  const decision = decideConfiguration(command, state);
  switch (decision.outcome) {
    case "unchanged":
      return [];
    case "created":
      return [{ type: "ProjectCreated", data: decision.data }];
    case "updated":
      return [{ type: "ProjectUpdated", data: decision.data }];
    case "deleted":
      return [{ type: "ProjectDeleted", data: {} }];
  }
}

/** The aggregate `project`: configuration only. */
export const projectDecider: Decider<ProjectState, ProjectCommand, ProjectEvent> = {
  aggregate: "project",
  initial: {},
  evolve,
  decide,
};
