import type { SystemEvent } from "../../schemas/events/index.ts";
import type { ProjectSpec } from "../../schemas/kinds/project.ts";
import type { Decider } from "../decider.ts";

export interface SystemState {
  initialised: boolean;
}
export interface SystemCommand {
  type: "Initialise";
  version: string;
  installation: string;
}

/** The aggregate `system`, name `sluice`: says once that this ledger is in use. */
export const systemDecider: Decider<SystemState, SystemCommand, SystemEvent> = {
  aggregate: "system",
  initial: { initialised: false },
  evolve: (state, event) => (event.type === "SystemInitialised" ? { initialised: true } : state),
  decide: ({ version, installation }, state) =>
    state.initialised ? [] : [{ type: "SystemInitialised", data: { version, installation } }],
};

/** Name of the project of applications that name none. */
export const DEFAULT_PROJECT = "default";

/** What the default project allows when it is created at first start: everything, as Argo CD's does, until someone narrows it. */
export const DEFAULT_PROJECT_SPEC: ProjectSpec = {
  description: "Applications that name no project. Created at first start; allows everything until it is narrowed.",
  sourceRepos: ["*"],
  destinations: [{ name: "*", namespace: "*" }],
  clusterResourceWhitelist: [{ group: "*", kind: "*" }],
  clusterResourceBlacklist: [],
  namespaceResourceBlacklist: [],
};
