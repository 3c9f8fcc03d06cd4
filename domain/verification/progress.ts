import type { VerificationPhase } from "../../schemas/promotion.ts";
import type { MetricProgress } from "../promotion/state.ts";

const NONE = {
  taken: 0,
  successful: 0,
  failed: 0,
  inconclusive: 0,
  errors: 0,
  consecutiveErrors: 0,
  consecutiveSuccesses: 0,
};

/** As much of a measurement as is counted. */
interface Taken {
  /** Which of the metric, from 1. */
  number: number;
  metric: string;
  phase: VerificationPhase;
  message?: string | undefined;
  at: string;
}

/** The progress of a metric after a measurement: the fold that the aggregate and a run have in common. */
export function progressed(before: MetricProgress | undefined, taken: Taken): MetricProgress {
  const base = before ?? NONE;
  const { phase } = taken;
  return {
    metric: taken.metric,
    taken: taken.number,
    successful: base.successful + (phase === "Successful" ? 1 : 0),
    failed: base.failed + (phase === "Failed" ? 1 : 0),
    inconclusive: base.inconclusive + (phase === "Inconclusive" ? 1 : 0),
    errors: base.errors + (phase === "Error" ? 1 : 0),
    consecutiveErrors: phase === "Error" ? base.consecutiveErrors + 1 : 0,
    consecutiveSuccesses: phase === "Successful" ? base.consecutiveSuccesses + 1 : 0,
    lastAt: taken.at,
    lastPhase: phase,
    ...(taken.message !== undefined && { lastMessage: taken.message }),
  };
}
