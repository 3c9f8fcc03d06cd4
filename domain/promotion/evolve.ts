import type { PipelineEvent } from "../../schemas/events/index.ts";
import type { PipelineSpec } from "../../schemas/kinds/pipeline.ts";
import { configuredBy } from "../configuration/plain.ts";
import { evolveGates, isGateEvent } from "./evolve-gates.ts";
import { evolveMoving, isMovingEvent } from "./evolve-moving.ts";
import { evolvePromotion, isPromotionEvent } from "./evolve-promotion.ts";
import { evolveStage, isStageEvent } from "./evolve-stage.ts";
import { evolveVerification, isVerificationEvent } from "./evolve-verification.ts";
import { initialPipeline, type PipelineState } from "./state.ts";

type ConfigurationEvent = Extract<PipelineEvent, { type: "PipelineCreated" | "PipelineUpdated" | "PipelineDeleted" }>;

/** The pipeline after an event. */
export function evolvePipeline(state: PipelineState, event: PipelineEvent): PipelineState {
  if (isPromotionEvent(event)) return evolvePromotion(state, event);
  if (isGateEvent(event)) return evolveGates(state, event);
  if (isMovingEvent(event)) return evolveMoving(state, event);
  if (isVerificationEvent(event)) return evolveVerification(state, event);
  if (isStageEvent(event)) return evolveStage(state, event);
  return configure(state, event);
}

/** A pipeline that was deleted begins anew when one of its name is created. */
function configure(state: PipelineState, event: ConfigurationEvent): PipelineState {
  const { configuration: _, ...rest } = state;
  if (event.type === "PipelineDeleted") return { ...initialPipeline, incarnation: state.incarnation };
  const incarnation = state.incarnation + (event.type === "PipelineCreated" ? 1 : 0);
  return { ...rest, incarnation, ...configuredBy<PipelineSpec>("Pipeline", event) };
}
