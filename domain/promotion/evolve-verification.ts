import type { PipelineEvent } from "../../schemas/events/index.ts";
import { type DataOf, withPromotion } from "./change.ts";
import type { MetricProgress, PipelineState, PromotionState, VerificationRun } from "./state.ts";

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
  const after = progressed(before ?? nothing(measurement), measurement);
  return { ...run, metrics: [...run.metrics.filter((each) => each !== before), after] };
}

const nothing = ({ metric, at }: Measurement): MetricProgress => ({
  ...{ metric, taken: 0, successful: 0, failed: 0, inconclusive: 0, errors: 0 },
  ...{ consecutiveErrors: 0, consecutiveSuccesses: 0, lastAt: at, lastPhase: "Running" },
});

/** Which count a measurement adds to. */
const COUNTED = {
  Successful: "successful",
  Failed: "failed",
  Inconclusive: "inconclusive",
  Error: "errors",
  Running: undefined,
} as const;

function progressed(before: MetricProgress, { number, phase, message, at }: Measurement): MetricProgress {
  const { lastMessage: _, ...rest } = before;
  const count = COUNTED[phase];
  return {
    ...rest,
    taken: number,
    ...(count !== undefined && { [count]: before[count] + 1 }),
    consecutiveErrors: phase === "Error" ? before.consecutiveErrors + 1 : 0,
    consecutiveSuccesses: phase === "Successful" ? before.consecutiveSuccesses + 1 : 0,
    lastAt: at,
    lastPhase: phase,
    ...(message !== undefined && { lastMessage: message }),
  };
}
