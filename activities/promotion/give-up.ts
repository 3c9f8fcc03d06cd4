import { leftBy } from "../../domain/promotion/left.ts";
import { promoting, record, type RecordDeps } from "./pipelines.ts";
import type { PromotionSteps } from "./steps.ts";

/** Ends a promotion whose step can't be carried out; where it is over already there is nothing to say. */
export function createGiveUp(deps: RecordDeps): PromotionSteps["giveUpPromotion"] {
  return async (key) => {
    const { pipeline, promotion, code, message } = key;
    const found = await promoting(deps.pipelines, key);
    if (!found) return;
    const left = leftBy(found.state, found.promotion);
    await record(deps, pipeline, { type: "Fail", promotion, code, message, left, at: deps.now() });
  };
}
