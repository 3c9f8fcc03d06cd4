import { SluiceError } from "../../schemas/errors.ts";
import type { PipelineEvent } from "../../schemas/events/index.ts";
import type { PipelineSpec } from "../../schemas/kinds/pipeline.ts";
import type { ConfigurationCommand } from "../configuration/configured.ts";
import { configurationEvents } from "../configuration/plain.ts";
import { stageOf } from "./change.ts";
import type { PipelineState } from "./state.ts";

/** The pipeline's configuration. Throws Conflict when a stage would go away that a promotion runs or waits in. */
export function configure(command: ConfigurationCommand<PipelineSpec>, state: PipelineState): PipelineEvent[] {
  const stays = new Set(command.type === "Remove" ? [] : command.spec.stages.map(({ name }) => name));
  const busy = Object.keys(state.stages).find((name) => !stays.has(name) && isBusy(state, name));
  if (busy !== undefined && state.configuration) {
    const promotion = stageOf(state, busy).running ?? stageOf(state, busy).queue[0];
    throw new SluiceError("Conflict", `promotion ${promotion} is under way in stage ${busy}`, {
      next: `wait for it, or end it with: sluice promotion abort ${promotion}`,
    });
  }
  return configurationEvents<"Pipeline", PipelineSpec>("Pipeline", command, state) as PipelineEvent[];
}

const isBusy = (state: PipelineState, name: string): boolean => {
  const { running, queue } = stageOf(state, name);
  return running !== undefined || queue.length > 0;
};
