import type { PipelineEvent, RecordedEvent } from "../../schemas/events/index.ts";
import type { PromotionView } from "../../schemas/promotion-views.ts";
import { type DataOf, foldByType, type FoldsByType, omit } from "./fold-by-type.ts";
import { GATE_FOLDS } from "./promotion-gates.ts";
import { MOVING_FOLDS } from "./promotion-moving.ts";
import { VERIFICATION_FOLDS } from "./promotion-verifications.ts";

/** Key of a promotion's row. */
export const promotionKey = (pipeline: string, promotion: string): string => `${pipeline}/${promotion}`;

/** The promotion that an event of a pipeline is about; undefined for one about a stage or the configuration. */
export function promotionOf({ data }: PipelineEvent): string | undefined {
  const about = "promotion" in data && "stage" in data && "release" in data;
  return about ? data.promotion : undefined;
}

/** The promotion after an event about it; undefined while nobody asked for it. Rows outlive their pipeline. */
export function foldPromotion(before: PromotionView | undefined, recorded: RecordedEvent): PromotionView | undefined {
  const event = recorded.event as PipelineEvent;
  if (event.type === "PromotionRequested") return requested(recorded, event.data);
  if (!before) return undefined;
  const after = foldByType(FOLDS, before, event, recorded.at);
  return after === before ? before : { ...after, lastSequence: recorded.sequence };
}

function requested({ aggregate, sequence }: RecordedEvent, data: DataOf<"PromotionRequested">): PromotionView {
  const { hold: _, ...request } = data;
  return {
    ...request,
    ...{ pipeline: aggregate.name, phase: "Queued", gates: [], approvals: [], targets: [], waves: [] },
    ...{ verifications: [], firstSequence: sequence, lastSequence: sequence },
  };
}

const FOLDS: FoldsByType<PromotionView> = {
  PromotionStarted: (before, { at }) => ({ ...before, phase: "Waiting", startedAt: at }),
  PromotionPaused: (before, { by, reason, at }) => ({
    ...before,
    paused: { by, ...(reason !== undefined && { reason }), at },
  }),
  PromotionResumed: (before) => omit(before, "paused"),
  EmergencyDeclared: (before, { record, gates, reason, by }) => ({
    ...before,
    emergency: { record, gates, reason, by },
  }),
  PromotionSuperseded: (before, { by, at }) => ({ ...ended(before, "Superseded", at), supersededBy: by }),
  PromotionSucceeded: (before, { at, durationMs }) => ({ ...ended(before, "Succeeded", at), durationMs }),
  PromotionFailed: (before, { code, message, left, at }) => ({ ...ended(before, "Failed", at), code, message, left }),
  PromotionAborted: (before, { by, reason, left, at }) => ({
    ...ended(before, "Aborted", at),
    ...{ abortedBy: by, left },
    ...(reason !== undefined && { message: reason }),
  }),
  ...GATE_FOLDS,
  ...MOVING_FOLDS,
  ...VERIFICATION_FOLDS,
};

function ended(before: PromotionView, result: NonNullable<PromotionView["result"]>, endedAt: string): PromotionView {
  return { ...omit(before, "paused"), phase: "Ended", result, endedAt };
}
