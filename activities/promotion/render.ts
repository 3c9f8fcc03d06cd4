import type { RenderDifference } from "./moving.ts";
import { type FindRelease, promoting, record, type RecordDeps, releaseOf } from "./pipelines.ts";
import type { PromotionSteps } from "./steps.ts";

export interface RenderDeps extends RecordDeps {
  findRelease: FindRelease;
  renderDifference: RenderDifference;
}

/** Renders what a promotion changes, and records it. */
export function createRender(deps: RenderDeps): PromotionSteps["renderDifference"] {
  return async (key) => {
    const { pipeline, promotion } = key;
    const found = await promoting(deps.pipelines, key);
    if (found?.promotion.phase !== "Waiting") return;
    const { spec, stage } = found;
    const release = await releaseOf(deps.findRelease, found);
    const rendered = await deps.renderDifference({ pipeline, spec, stage: stage.name, release, promotion });
    await record(deps, pipeline, { type: "RecordDifference", promotion, ...rendered });
  };
}
