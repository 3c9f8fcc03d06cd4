import { SluiceError } from "../../schemas/errors.ts";
import type { PipelineEvent } from "../../schemas/events/index.ts";
import { stageOf } from "./change.ts";
import type { CommandOf } from "./command.ts";
import { aborted } from "./finish.ts";
import { queued, runningIn } from "./queue.ts";
import { existingStage } from "./request.ts";
import type { PipelineState } from "./state.ts";

/** Nothing automatic changes the stage from here on. Throws Conflict for a stage that runs nothing yet. */
export function hold({ stage, by, reason }: CommandOf<"HoldStage">, state: PipelineState): PipelineEvent[] {
  existingStage(state, stage);
  const { current, held } = stageOf(state, stage);
  if (!current) {
    throw new SluiceError("Conflict", `stage ${stage} runs no release yet that it could be held at`, {
      next: `keep everything away with: sluice stage pause`,
    });
  }
  if (held?.release === current.release) return [];
  const { release } = current;
  return [{ type: "StageHeld", data: { stage, release, by, ...(reason !== undefined && { reason }) } }];
}

export function release({ stage, by }: CommandOf<"ReleaseStage">, state: PipelineState): PipelineEvent[] {
  existingStage(state, stage);
  return stageOf(state, stage).held ? [{ type: "StageReleased", data: { stage, by } }] : [];
}

export function pauseStage({ stage, by, reason }: CommandOf<"PauseStage">, state: PipelineState): PipelineEvent[] {
  existingStage(state, stage);
  if (stageOf(state, stage).paused?.reason === reason) return [];
  return [{ type: "StagePaused", data: { stage, by, reason } }];
}

export function resumeStage({ stage, by }: CommandOf<"ResumeStage">, state: PipelineState): PipelineEvent[] {
  existingStage(state, stage);
  return stageOf(state, stage).paused ? [{ type: "StageResumed", data: { stage, by } }] : [];
}

/** Nothing automatic brings the release into the stage any more; what was on its way by policy ends. */
export function exclude(command: CommandOf<"ExcludeRelease">, state: PipelineState): PipelineEvent[] {
  const { stage, release: excluded, by, at } = command;
  existingStage(state, stage);
  if (isExcluded(state, stage, excluded)) return [];
  const running = runningIn(state, stage);
  const stopped = [...(running?.phase === "Waiting" ? [running] : []), ...queued(state, stage)].filter(
    (each) => each.trigger.type === "automatic" && each.release === excluded,
  );
  const exclusion: PipelineEvent = {
    type: "ReleaseExcluded",
    data: { stage, release: excluded, by, reason: "ByHand" },
  };
  const ends = stopped.flatMap((each) => aborted(each, { by, reason: "its release was excluded", at }, state));
  return [exclusion, ...ends.filter(({ type }) => type === "PromotionAborted")];
}

export function readmit(command: CommandOf<"ReadmitRelease">, state: PipelineState): PipelineEvent[] {
  const { stage, release: admitted, by } = command;
  existingStage(state, stage);
  return isExcluded(state, stage, admitted)
    ? [{ type: "ReleaseReadmitted", data: { stage, release: admitted, by } }]
    : [];
}

const isExcluded = (state: PipelineState, stage: string, name: string): boolean =>
  stageOf(state, stage).excluded.some((each) => each.release === name);

/** The follow-up of an emergency is done. Throws NotFound for a record that is not open. */
export function closeEmergency(command: CommandOf<"CloseEmergency">, state: PipelineState): PipelineEvent[] {
  const { record, by, note, at } = command;
  if (!Object.hasOwn(state.emergencies, record)) {
    throw new SluiceError("NotFound", `no emergency ${record} is open`, {
      next: "see those that are with: sluice emergency list",
    });
  }
  return [{ type: "EmergencyClosed", data: { record, by, note, at } }];
}
