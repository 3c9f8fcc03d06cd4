import type { PipelineSpec, Stage } from "../../schemas/kinds/pipeline.ts";
import { stagesBefore, UPSTREAM } from "../gate/upstream.ts";
import { stageOf } from "./change.ts";
import type { PipelineState, PromotionState } from "./state.ts";

/** The configuration of a stage; undefined where there is none of that name. */
export const configuredStage = (state: PipelineState, stage: string): Stage | undefined =>
  state.configuration?.spec.stages.find(({ name }) => name === stage);

/** Why nothing new may begin to change the stage by this promotion, whatever its gates say; undefined when it may. */
export function heldBack(state: PipelineState, promotion: PromotionState): string | undefined {
  const { paused, held, excluded } = stageOf(state, promotion.stage);
  if (promotion.paused) return `${promotion.paused.by.name} paused the promotion`;
  if (paused) return `${paused.by.name} paused the stage: ${paused.reason}`;
  if (promotion.trigger.type !== "automatic") return undefined;
  if (held) return `${held.by.name} holds the stage`;
  return excluded.some(({ release }) => release === promotion.release)
    ? "the release is excluded from automatic promotions"
    : undefined;
}

/** Why a promotion may not begin to move; undefined when it may. `gates` must all have passed. */
export function obstacle(
  state: PipelineState,
  promotion: PromotionState,
  gates: readonly string[] = [],
): string | undefined {
  const stage = configuredStage(state, promotion.stage);
  if (!stage || !state.configuration) return "the stage is not configured any more";
  const back = heldBack(state, promotion);
  if (back !== undefined) return back;
  if (!promotion.difference) return "what it will change is not known yet";
  const unseen = gates.find((gate) => !Object.hasOwn(promotion.verdicts, gate));
  if (unseen !== undefined) return `gate ${unseen} was not looked at yet`;
  const closed = Object.values(promotion.verdicts).filter((verdict) => verdict.state !== "pass");
  if (closed.length > 0) return closed.map(({ gate, message }) => `${gate}: ${message}`).join("; ");
  return upstreamVerified(state, promotion, { spec: state.configuration.spec, stage })
    ? undefined
    : "the release is not verified in the stages before";
}

/** Looked at in the aggregate itself, so that no release comes into a stage before the stages in front verified it. */
function upstreamVerified(
  state: PipelineState,
  { release, trigger, skipped }: PromotionState,
  { spec, stage }: { spec: PipelineSpec; stage: Stage },
): boolean {
  if (trigger.type === "rollback" || skipped?.gates.includes(UPSTREAM)) return true;
  return isVerifiedBefore(state, { spec, stage }, release);
}

/** Whether the stages before have verified the release: all of them, or with `afterAny` one. */
export function isVerifiedBefore(
  state: PipelineState,
  { spec, stage }: { spec: PipelineSpec; stage: Stage },
  release: string,
): boolean {
  const before = stagesBefore(spec, stage);
  const has = (name: string): boolean => stageOf(state, name).verified.some((each) => each.release === release);
  return before.length === 0 || (stage.afterAny ? before.some(has) : before.every(has));
}

/** Whether the release is excluded in the stages before, so that by itself it never comes: in one of them, or with `afterAny` in all. */
export function isExcludedBefore(
  state: PipelineState,
  { spec, stage }: { spec: PipelineSpec; stage: Stage },
  release: string,
): boolean {
  const before = stagesBefore(spec, stage);
  const without = (name: string): boolean => stageOf(state, name).excluded.some((each) => each.release === release);
  if (isVerifiedBefore(state, { spec, stage }, release)) return false;
  return before.length > 0 && (stage.afterAny ? before.every(without) : before.some(without));
}
