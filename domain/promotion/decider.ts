import type { PipelineEvent } from "../../schemas/events/index.ts";
import type { Decider } from "../decider.ts";
import type { PipelineCommand } from "./command.ts";
import { decidePipeline } from "./decide.ts";
import { evolvePipeline } from "./evolve.ts";
import { initialPipeline, type PipelineState } from "./state.ts";

/** The aggregate `pipeline`: its configuration, its stages, and every promotion in them. */
export const pipelineDecider: Decider<PipelineState, PipelineCommand, PipelineEvent> = {
  aggregate: "pipeline",
  initial: initialPipeline,
  evolve: evolvePipeline,
  decide: decidePipeline,
};
