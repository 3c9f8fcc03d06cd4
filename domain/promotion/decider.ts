import type { PipelineEvent } from "../../schemas/events/index.ts";
import { configurationEvents, configuredBy } from "../configuration/plain.ts";
import type { Decider } from "../decider.ts";
import type { PipelineCommand } from "./command.ts";
import { initialPipeline, type PipelineState } from "./state.ts";

/** The aggregate `pipeline`: its configuration, its stages, and every promotion in them. */
export const pipelineDecider: Decider<PipelineState, PipelineCommand, PipelineEvent> = {
  aggregate: "pipeline",
  initial: initialPipeline,
  evolve: (state, event) => {
    const configured = configuredBy<NonNullable<PipelineState["configuration"]>["spec"]>("Pipeline", event);
    if (!configured) return state;
    const { configuration: _, ...rest } = state;
    return { ...rest, ...configured };
  },
  decide: (command, state) =>
    command.type === "Configure" || command.type === "Remove"
      ? (configurationEvents("Pipeline", command, state) as PipelineEvent[])
      : [],
};
