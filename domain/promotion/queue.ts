import type { PipelineEvent } from "../../schemas/events/index.ts";
import { of, stageOf } from "./change.ts";
import type { CommandOf } from "./command.ts";
import { configuredStage } from "./obstacle.ts";
import type { PipelineState, PromotionState } from "./state.ts";

/** Promotions that wait for their turn in a stage, in the order they will have it: rollbacks first, then emergencies, then the oldest. */
export function queued(state: PipelineState, stage: string): PromotionState[] {
  const urgency = ({ trigger, skipped }: PromotionState): number =>
    trigger.type === "rollback" ? 0 : skipped === undefined ? 2 : 1;
  return stageOf(state, stage)
    .queue.flatMap((id) => state.promotions[id] ?? [])
    .toSorted((a, b) => urgency(a) - urgency(b));
}

/** The promotion that has its turn in a stage. */
export const runningIn = (state: PipelineState, stage: string): PromotionState | undefined =>
  state.promotions[stageOf(state, stage).running ?? ""];

/** Whether a promotion may still make way: it waits, or its pull request does. */
export const mayMakeWay = ({ phase, mode, pullRequest, commit }: PromotionState): boolean =>
  phase === "Queued" ||
  phase === "Waiting" ||
  (phase === "Moving" && mode === "pullRequest" && pullRequest?.state !== "Merged" && commit?.result !== "unchanged");

/** The events by which promotions make way for another one. */
export const supersededBy = (by: string, promotions: readonly PromotionState[], at: string): PipelineEvent[] =>
  promotions.map((promotion) => ({ type: "PromotionSuperseded", data: { ...of(promotion), by, at } }));

/** It is the turn of the next in the queue when the stage is free. */
export function startNext({ stage, at }: CommandOf<"StartNext">, state: PipelineState): PipelineEvent[] {
  const [first] = queued(state, stage);
  if (runningIn(state, stage) || !first || !configuredStage(state, stage)) return [];
  return [{ type: "PromotionStarted", data: { ...of(first), at } }];
}
