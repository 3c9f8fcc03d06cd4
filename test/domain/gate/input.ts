import type { GateInput } from "../../../domain/gate/evaluate.ts";
import {
  initialPipeline,
  type PipelineState,
  type PromotionState,
  type StageState,
} from "../../../domain/promotion/state.ts";
import { PipelineSpec } from "../../../schemas/kinds/pipeline.ts";

export const RELEASE = "r1";
export const DIFF = "d".repeat(64);
export const person = (name: string) => ({ kind: "user" as const, name });

export const stageState = (state: Partial<StageState> = {}): StageState => ({
  ...{ verified: [], applications: {}, queue: [], excluded: [] },
  ...state,
});

/** `difference: null` is one that is not rendered yet. */
export type GivenPromotion = Omit<Partial<PromotionState>, "difference"> & {
  difference?: PromotionState["difference"] | null;
};

export const promotionOf = ({ difference = RENDERED, ...promotion }: GivenPromotion = {}): PromotionState => ({
  ...WAITING,
  ...(difference !== null && { difference }),
  ...promotion,
});

const WAITING: PromotionState = {
  ...{ promotion: "p1", stage: "prod", release: RELEASE, phase: "Waiting", requestedAt: "2026-03-01T00:00:00Z" },
  ...{ trigger: { type: "automatic", actor: { kind: "system", name: "sluice" }, cause: "c" } },
  ...{ verdicts: {}, asked: {}, approvals: [], targets: {}, waves: [], verifications: [], pausedMs: 0 },
};

const RENDERED = {
  ...{ digest: DIFF, blob: "b" },
  counts: { applications: 1, created: 0, changed: 1, deleted: 0, unchanged: 0 },
};

/** A stage `prod` behind `staging` and `qa`, with the gates that are given. */
export function inputOf(
  stage: object,
  over: Omit<Partial<GateInput>, "state" | "promotion"> & {
    promotion?: GivenPromotion;
    stages?: PipelineState["stages"];
  } = {},
): GateInput {
  const applications = { names: ["*"] };
  const before = ["staging", "qa"].map((name) => ({ name, applications }));
  const spec = PipelineSpec.parse({
    releaseSource: "shop",
    stages: [...before, { name: "prod", applications, ...stage }],
  });
  const { promotion, stages = {}, ...rest } = over;
  return {
    ...{ pipeline: "shop", spec, stage: "prod", now: "2026-03-02T00:00:00Z", line: { stopped: false } },
    ...{ policies: new Map(), pipelines: new Map(), expressions: new Map() },
    state: { ...initialPipeline, configuration: { spec, labels: {}, annotations: {} }, stages },
    promotion: promotionOf(promotion),
    ...rest,
  };
}

/** Verified in a stage at an instant. */
export const verifiedAt = (at: string, release = RELEASE): StageState =>
  stageState({ verified: [{ release, promotion: "p0", at }] });
