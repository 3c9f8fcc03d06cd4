import type { ResourceCustomizationEvent } from "../../schemas/events/index.ts";
import type { ResourceCustomizationSpec } from "../../schemas/kinds/resource-customization.ts";
import type { Decider } from "../decider.ts";
import { type ConfigurationCommand, type Configured, decideConfiguration } from "./configured.ts";

export type ResourceCustomizationState = Configured<ResourceCustomizationSpec>;
export type ResourceCustomizationCommand = ConfigurationCommand<ResourceCustomizationSpec>;

function evolve(state: ResourceCustomizationState, event: ResourceCustomizationEvent): ResourceCustomizationState {
  switch (event.type) {
    case "ResourceCustomizationCreated":
    case "ResourceCustomizationUpdated":
      return { configuration: event.data };
    case "ResourceCustomizationDeleted":
      return {};
    default:
      return state;
  }
}

function decide(
  command: ResourceCustomizationCommand,
  state: ResourceCustomizationState,
): ResourceCustomizationEvent[] {
  const decision = decideConfiguration(command, state);
  switch (decision.outcome) {
    case "unchanged":
      return [];
    case "created":
      return [{ type: "ResourceCustomizationCreated", data: decision.data }];
    case "updated":
      return [{ type: "ResourceCustomizationUpdated", data: decision.data }];
    case "deleted":
      return [{ type: "ResourceCustomizationDeleted", data: {} }];
  }
}

/** The aggregate `resourcecustomization`: configuration only. */
export const resourceCustomizationDecider: Decider<
  ResourceCustomizationState,
  ResourceCustomizationCommand,
  ResourceCustomizationEvent
> = {
  aggregate: "resourcecustomization",
  initial: {},
  evolve,
  decide,
};
