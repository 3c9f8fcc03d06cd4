import { judgeApproval } from "../../../domain/gate/approval.ts";
import type { Judged } from "../../../domain/gate/input.ts";
import type { PipelineCommand } from "../../../domain/promotion/command.ts";
import { pipelineDecider } from "../../../domain/promotion/decider.ts";
import type { PipelineState } from "../../../domain/promotion/state.ts";
import { PipelineSpec } from "../../../schemas/kinds/pipeline.ts";
import type { Actor } from "../../../schemas/operation.ts";
import type { GateVerdict } from "../../../schemas/promotion.ts";

export const RELEASE = "a".repeat(40);
export const PROMOTION = "prod-1";
export const GATE = "sign-off";
export const AT = "2026-01-01T00:00:00.000Z";
export const diffOf = (text: string): string => text.repeat(64).slice(0, 64);
const COUNTS = { applications: 1, created: 0, changed: 1, deleted: 0, unchanged: 2 };

/** A pipeline with one stage, whose one gate asks as it is told. */
export const specWith = (approval: object, more: object = {}): PipelineSpec =>
  PipelineSpec.parse({
    releaseSource: "shop",
    stages: [{ name: "prod", applications: { names: ["*"] }, gates: [{ name: GATE, approval }], ...more }],
  });

export const after = (state: PipelineState, ...commands: PipelineCommand[]): PipelineState =>
  commands.reduce(
    (before, command) => pipelineDecider.decide(command, before).reduce(pipelineDecider.evolve, before),
    state,
  );

/** What the gate says, and the command that records it. */
export function verdictOf(state: PipelineState, now: string): GateVerdict {
  const promotion = state.promotions[PROMOTION]!;
  const gate = state.configuration!.spec.stages[0]!.gates[0]!;
  return { gate: GATE, ...judgeApproval({ gate, promotion, now, state } as Judged) };
}

export const judged = (state: PipelineState, now: string): PipelineState =>
  after(state, { type: "RecordVerdicts", promotion: PROMOTION, verdicts: [verdictOf(state, now)], at: now });

export const differing = (state: PipelineState, text: string, now = AT): PipelineState =>
  judged(
    after(state, {
      type: "RecordDifference",
      promotion: PROMOTION,
      digest: diffOf(text),
      blob: diffOf(text),
      counts: COUNTS,
    }),
    now,
  );

/** A promotion that waits at its gate with the difference "d". */
export function asking(
  approval: object,
  { by = "starter", policy }: { by?: string; policy?: object } = {},
): PipelineState {
  const actor: Actor = { kind: "user", name: by };
  const spec = specWith(approval, policy);
  const requested = after(
    pipelineDecider.initial,
    { type: "Configure", spec, labels: {}, annotations: {} },
    {
      ...{ type: "RequestPromotion", promotion: PROMOTION, stage: "prod", release: RELEASE, at: AT },
      trigger: { type: "manual", actor, cause: "test" },
    },
    { type: "StartNext", stage: "prod", at: AT },
  );
  return differing(requested, "d");
}
