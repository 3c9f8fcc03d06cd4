import { stageOf } from "./change.ts";
import type { Leftover } from "./command.ts";
import type { PipelineState, PromotionState } from "./state.ts";

/** Applications that are named, at most. */
const MOST = 50;

/**
 * What a promotion that ends now leaves its stage in, application by application: those it touched with its release and how far it came
 * there, the others as they were promoted before.
 */
export function leftBy(state: PipelineState, promotion: PromotionState): Leftover[] {
  const touched = Object.values(promotion.targets).map(({ application, state: how }) => ({
    ...{ application, release: promotion.release, state: how },
  }));
  const untouched = Object.entries(stageOf(state, promotion.stage).applications)
    .filter(([application]) => !Object.hasOwn(promotion.targets, application))
    .map(([application, { release }]) => ({ application, release, state: "Untouched" }));
  return [...touched, ...untouched].slice(0, MOST);
}
