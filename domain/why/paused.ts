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

interface Where {
  pipeline: PipelineView;
  stage: string;
  aliasOf(release: string): string;
}

/** Who paused the promotion, or what it waits to get into. */
export function pauseCauses({ pipeline, stage, aliasOf }: Where, promotion: PromotionView): PromotionCause[] {
  const causes: PromotionCause[] = [];
  const { paused, phase, trigger } = promotion;
  if (paused) {
    causes.push({
      reason: "PromotionPaused",
      message: `${paused.by.name} paused it${paused.reason === undefined ? "" : `: ${paused.reason}`}`,
      since: paused.at,
      who: OPERATORS,
      next: `sluice promotion resume ${promotion.promotion}`,
    });
  }
  if (phase === "Queued" || phase === "Waiting") {
    causes.push(...stagePause(pipeline, stage));
    // What a person asked for comes into a held stage too.
    if (trigger.type === "automatic") causes.push(...heldCauses({ pipeline, stage, aliasOf }, `stage ${stage}`));
  }
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

/** That somebody keeps the stage at its release; `what` is held, in words. */
export function heldCauses({ pipeline, stage, aliasOf }: Where, what = "it"): PromotionCause[] {
  const held = pipeline.stages.find(({ name }) => name === stage)?.held;
  if (!held) return [];
  const why = held.reason === undefined ? "" : `: ${held.reason}`;
  return [
    {
      reason: "StageHeld",
      message: `${held.by.name} holds ${what} at ${aliasOf(held.release)}${why}; nothing automatic changes it`,
      since: held.at,
      who: OPERATORS,
      next: `sluice stage release ${pipeline.name} ${stage}`,
    },
  ];
}
