import type { PipelineSpec } from "../../schemas/kinds/pipeline.ts";
import type { Pin } from "../../schemas/promotion.ts";
import { selectedBy, type Selectable } from "./targets.ts";

/**
 * Why a pinned application is let go: its stage is there and does not select it any more. Undefined while it does. What runs is not changed
 * because a pipeline, or a stage of it, is deleted or gets another name: then the pin stays until somebody takes it back. A stage that goes
 * by Git now takes it back with its first commit.
 */
export function letGo(
  { pipeline, stage: name }: Pick<Pin, "pipeline" | "stage">,
  spec: Pick<PipelineSpec, "project" | "stages"> | undefined,
  application: Selectable,
): string | undefined {
  const stage = spec?.stages.find((one) => one.name === name);
  if (!spec || !stage || selectedBy(spec, stage, [application]).length > 0) return undefined;
  return `stage ${pipeline}/${name} does not select it any more`;
}
