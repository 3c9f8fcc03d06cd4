import type { PipelineState, PromotionState, StageState } from "./state.ts";
import type { PromotionResult } from "../../schemas/promotion.ts";
import { REMEMBERED_IDS, REMEMBERED_PROMOTIONS } from "./state.ts";
import { keepMembers, promotionOf, withStage } from "./change.ts";

/** The state after a promotion ended: its stage is free, and what is old of it is forgotten. */
export function ended(state: PipelineState, id: string, result: PromotionResult, at: string): PipelineState {
  const promotion = promotionOf(state, id);
  if (!promotion || promotion.phase === "Ended") return state;
  const { paused: _, ...rest } = promotion;
  const over: PromotionState = { ...rest, phase: "Ended", result, endedAt: at };
  const all = { ...state.promotions, [id]: over };
  const ids = [...state.ended, id].slice(-REMEMBERED_IDS);
  const freed = withStage(state, promotion.stage, (stage) => left(stage, over, { result, at }));
  return { ...freed, ended: ids, promotions: remembered(all, ids, promotion.stage) };
}

function left(
  { running, disturbed, ...stage }: StageState,
  { promotion, release, targets }: PromotionState,
  { result, at }: { result: PromotionResult; at: string },
): StageState {
  return {
    ...stage,
    ...(running !== undefined && running !== promotion && { running }),
    ...(result !== "Succeeded" && (disturbed || Object.keys(targets).length > 0) && { disturbed: true }),
    queue: stage.queue.filter((queued) => queued !== promotion),
    last: { promotion, release, at, result },
  };
}

/** Ended ones of a stage are few, but none is forgotten that left a pull request open. */
function remembered(
  promotions: Record<string, PromotionState>,
  ids: readonly string[],
  stage: string,
): Record<string, PromotionState> {
  const order = new Map(ids.map((id, index) => [id, index]));
  const over = Object.values(promotions)
    .filter((each) => each.stage === stage && each.phase === "Ended" && each.pullRequest?.state !== "Open")
    .toSorted((a, b) => (order.get(a.promotion) ?? -1) - (order.get(b.promotion) ?? -1));
  if (over.length <= REMEMBERED_PROMOTIONS) return promotions;
  const forgotten = new Set(over.slice(0, -REMEMBERED_PROMOTIONS).map(({ promotion }) => promotion));
  return keepMembers(promotions, (_, id) => !forgotten.has(id));
}
