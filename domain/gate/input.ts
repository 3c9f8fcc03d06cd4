import type { Gate } from "../../schemas/kinds/gate.ts";
import type { GatePolicySpec } from "../../schemas/kinds/gate-policy.ts";
import type { PipelineSpec, Stage } from "../../schemas/kinds/pipeline.ts";
import type { GateState, GateVerdict } from "../../schemas/promotion.ts";
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

/** A gate under judgement, and the stage it stands before. */
export interface Judged extends GateInput {
  /** The stage's configuration. */
  into: Stage;
  gate: Gate;
}

/** A verdict without the name of its gate. */
export type Said = Omit<GateVerdict, "gate">;

/** What a judge says, in one line. */
export const say =
  (type: GateVerdict["type"]) =>
  (
    state: GateState,
    reason: string,
    message: string,
    more: Partial<Pick<GateVerdict, "evidence" | "until" | "deciders">> = {},
  ): Said => ({ type, state, reason, message, evidence: {}, ...more });

/** Milliseconds of an RFC 3339 text. */
export const instantOf = (text: string): number => Date.parse(text);
/** RFC 3339 of milliseconds. */
export const textOf = (instant: number): string => new Date(instant).toISOString();
