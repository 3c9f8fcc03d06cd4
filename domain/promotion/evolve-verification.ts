import type { PipelineEvent } from "../../schemas/events/index.ts";
import { progressed } from "../verification/progress.ts";
import { type DataOf, withPromotion } from "./change.ts";
import type { PipelineState, PromotionState, VerificationRun } from "./state.ts";

const TYPES = [
  "VerificationStarted",
  "MeasurementTaken",
  "VerificationCompleted",
  "VerificationJudged",
] as const satisfies readonly PipelineEvent["type"][];
type VerificationEvent = Extract<PipelineEvent, { type: (typeof TYPES)[number] }>;

export const isVerificationEvent = (event: PipelineEvent): event is VerificationEvent =>
  (TYPES as readonly string[]).includes(event.type);

/** The pipeline after a verification came a step further. */
export function evolveVerification(state: PipelineState, event: VerificationEvent): PipelineState {
  return withPromotion(state, event.data.promotion, (promotion) => evolve(promotion, event));
}

function evolve(promotion: PromotionState, event: VerificationEvent): PromotionState {
  switch (event.type) {
    case "VerificationStarted": {
      const { run, gate, at } = event.data;
      const added: VerificationRun = {
        ...{ run, startedAt: at, phase: "Running", metrics: [] },
        ...(gate !== undefined && { gate }),
      };
      const verifications = [...promotion.verifications, added];
      return { ...promotion, verifications, ...(gate === undefined && { phase: "Verifying" }) };
    }
    case "MeasurementTaken":
      return changed(promotion, event.data.run, (run) => measured(run, event.data.measurement));
    case "VerificationCompleted": {
      const { phase, message, at } = event.data;
      const more = { phase, endedAt: at, ...(message !== undefined && { message }) };
      return changed(promotion, event.data.run, (run) => ({ ...run, ...more }));
    }
    case "VerificationJudged": {
      const { verdict, by } = event.data;
      return changed(promotion, event.data.run, (run) => ({ ...run, judged: { verdict, by } }));
    }
  }
}

const changed = (
  promotion: PromotionState,
  name: string,
  change: (run: VerificationRun) => VerificationRun,
): PromotionState => ({
  ...promotion,
  verifications: promotion.verifications.map((run) => (run.run === name ? change(run) : run)),
});

type Measurement = DataOf<"MeasurementTaken">["measurement"];

function measured(run: VerificationRun, measurement: Measurement): VerificationRun {
  const before = run.metrics.find(({ metric }) => metric === measurement.metric);
  if (before && measurement.number <= before.taken) return run;
  const after = progressed(before, measurement);
  return { ...run, metrics: [...run.metrics.filter((each) => each !== before), after] };
}
