import type { Line } from "../../schemas/api/promotion-routes.ts";
import type { PipelineView, PromotionView } from "../../schemas/promotion-views.ts";
import { OPERATORS, type PromotionCause } from "./gate.ts";

/** That nothing is promoted anywhere. */
export const lineCauses = ({ stopped, reason, by, at }: Line): PromotionCause[] =>
  stopped
    ? [
        {
          reason: "LineStopped",
          message: `${by?.name ?? "somebody"} stopped the line: ${reason ?? "no reason given"}`,
          ...(at !== undefined && { since: at }),
          who: "accounts with the role admin",
          next: "sluice resume-the-line",
        },
      ]
    : [];

/** Who paused the promotion, or what it waits to get into. */
export function pauseCauses(
  { pipeline, stage }: { pipeline: PipelineView; stage: string },
  promotion: PromotionView,
): PromotionCause[] {
  const causes: PromotionCause[] = [];
  const { paused, phase } = promotion;
  if (paused) {
    causes.push({
      reason: "PromotionPaused",
      message: `${paused.by.name} paused it${paused.reason === undefined ? "" : `: ${paused.reason}`}`,
      since: paused.at,
      who: OPERATORS,
      next: `sluice promotion resume ${promotion.promotion}`,
    });
  }
  if (phase === "Queued" || phase === "Waiting") causes.push(...stagePause(pipeline, stage));
  return causes;
}

/** That nothing begins to move into the stage. */
export function stagePause(pipeline: PipelineView, stage: string): PromotionCause[] {
  const paused = pipeline.stages.find(({ name }) => name === stage)?.paused;
  if (!paused) return [];
  return [
    {
      reason: "StagePaused",
      message: `${paused.by.name} paused stage ${stage}: ${paused.reason}`,
      since: paused.at,
      who: OPERATORS,
      next: `sluice stage resume ${pipeline.name} ${stage}`,
    },
  ];
}
