import type { PipelineEvent } from "../../schemas/events/index.ts";
import { type DataOf, withPromotion, withStage } from "./change.ts";
import { ended } from "./ending.ts";
import type { PipelineState, PromotionState } from "./state.ts";

const TYPES = [
  "PromotionRequested",
  "PromotionStarted",
  "PromotionPaused",
  "PromotionResumed",
  "PromotionSuperseded",
  "PromotionSucceeded",
  "PromotionFailed",
  "PromotionAborted",
  "EmergencyDeclared",
  "EmergencyClosed",
] as const satisfies readonly PipelineEvent["type"][];
type PromotionEvent = Extract<PipelineEvent, { type: (typeof TYPES)[number] }>;

export const isPromotionEvent = (event: PipelineEvent): event is PromotionEvent =>
  (TYPES as readonly string[]).includes(event.type);

/** The pipeline after a promotion was asked for, began, paused or ended. */
export function evolvePromotion(state: PipelineState, event: PromotionEvent): PipelineState {
  switch (event.type) {
    case "PromotionRequested":
      return requested(state, event.data);
    case "PromotionStarted":
      return started(state, event.data);
    case "PromotionPaused": {
      const { promotion, by, reason, at } = event.data;
      const paused = { by, at, ...(reason !== undefined && { reason }) };
      return withPromotion(state, promotion, (each) => ({ ...each, paused }));
    }
    case "PromotionResumed":
      return withPromotion(state, event.data.promotion, (each) => resumed(each, event.data.at));
    case "PromotionSuperseded":
      return ended(state, event.data.promotion, "Superseded", event.data.at);
    case "PromotionSucceeded":
      return succeeded(state, event.data);
    case "PromotionFailed":
      return ended(state, event.data.promotion, "Failed", event.data.at);
    case "PromotionAborted":
      return ended(state, event.data.promotion, "Aborted", event.data.at);
    case "EmergencyDeclared":
      return declared(state, event.data);
    case "EmergencyClosed": {
      const { [event.data.record]: _, ...emergencies } = state.emergencies;
      return { ...state, emergencies };
    }
  }
}

function requested(state: PipelineState, data: DataOf<"PromotionRequested">): PipelineState {
  const { promotion, stage, release, trigger, from, requestedAt, undoes, hold } = data;
  const added: PromotionState = {
    ...{ promotion, stage, release, trigger, requestedAt, phase: "Queued", pausedMs: 0 },
    ...(from !== undefined && { from }),
    ...(undoes !== undefined && { undoes }),
    ...(hold && { hold }),
    ...{ verdicts: {}, asked: {}, approvals: [], targets: {}, waves: [], verifications: [] },
  };
  const queued = withStage(state, stage, (each) => ({ ...each, queue: [...each.queue, promotion] }));
  return { ...queued, promotions: { ...state.promotions, [promotion]: added } };
}

function started(state: PipelineState, { promotion, stage, at }: DataOf<"PromotionStarted">): PipelineState {
  const begun = withPromotion(state, promotion, (each) => ({ ...each, phase: "Waiting", startedAt: at }));
  return withStage(begun, stage, (each) => ({
    ...each,
    running: promotion,
    queue: each.queue.filter((queued) => queued !== promotion),
  }));
}

function resumed({ paused, ...promotion }: PromotionState, at: string): PromotionState {
  if (!paused || promotion.movedAt === undefined) return promotion;
  const from = Math.max(Date.parse(paused.at), Date.parse(promotion.movedAt));
  return { ...promotion, pausedMs: promotion.pausedMs + Math.max(0, Date.parse(at) - from) };
}

function succeeded(state: PipelineState, data: DataOf<"PromotionSucceeded">): PipelineState {
  const { promotion, stage, release, at } = data;
  const over = ended(state, promotion, "Succeeded", at);
  return withStage(over, stage, (each) => ({ ...each, current: { release, promotion, at } }));
}

function declared(state: PipelineState, data: DataOf<"EmergencyDeclared">): PipelineState {
  const { record, promotion, stage, gates, reason, by, at } = data;
  const skipped = withPromotion(state, promotion, (each) => ({ ...each, skipped: { record, gates } }));
  const open = { record, stage, promotion, gates, reason, by, at };
  return { ...skipped, emergencies: { ...state.emergencies, [record]: open } };
}
