import type { MetricOutcome } from "../promotion/command.ts";
import type { MetricProgress } from "../promotion/state.ts";
import type { VerificationPhase } from "../../schemas/promotion.ts";
import { type Counting, ERROR_RETRY_MS } from "./metric.ts";

/** How a metric or a run stands; a message where it is over and not well. */
export interface Assessed {
  phase: VerificationPhase;
  message?: string;
}

/**
 * How a metric stands by what was counted of it. Failure, inconclusiveness and errors have limits of their own; of several that are
 * passed at once errors count first, as in Argo Rollouts.
 */
export function assessMetric(counting: Counting, progress: MetricProgress | undefined): Assessed {
  if (!progress || progress.taken === 0) return { phase: "Running" };
  const passed = passedLimit(counting, progress);
  if (passed) return passed;
  const { consecutiveSuccessLimit, count, failureLimit } = counting;
  if (consecutiveSuccessLimit > 0 && progress.consecutiveSuccesses >= consecutiveSuccessLimit) {
    return { phase: "Successful" };
  }
  if (count === undefined || counted(progress) < count) return { phase: "Running" };
  if (consecutiveSuccessLimit === 0) return { phase: "Successful" };
  const message = `${consecutiveSuccessLimit} successes in a row were not reached in ${count} measurements`;
  return { phase: failureLimit >= 0 ? "Inconclusive" : "Failed", message };
}

/** Measurements that told something: errors don't count. */
const counted = ({ successful, failed, inconclusive }: MetricProgress): number => successful + failed + inconclusive;

function passedLimit(counting: Counting, progress: MetricProgress): Assessed | undefined {
  const { failureLimit, inconclusiveLimit, consecutiveErrorLimit } = counting;
  const { consecutiveErrors, inconclusive, failed } = progress;
  if (consecutiveErrors > consecutiveErrorLimit) {
    const message = `consecutiveErrors (${consecutiveErrors}) > consecutiveErrorLimit (${consecutiveErrorLimit})`;
    return { phase: "Error", message };
  }
  if (inconclusive > inconclusiveLimit) {
    return {
      phase: "Inconclusive",
      message: `inconclusive (${inconclusive}) > inconclusiveLimit (${inconclusiveLimit})`,
    };
  }
  if (failureLimit >= 0 && failed > failureLimit) {
    return { phase: "Failed", message: `failed (${failed}) > failureLimit (${failureLimit})` };
  }
  return undefined;
}

/** When a metric is measured next, in milliseconds; it may be in the past. `startedAt` is the run's. */
export function dueAt(counting: Counting, progress: MetricProgress | undefined, startedAt: number): number {
  if (!progress || progress.taken === 0) return startedAt + counting.initialDelayMs;
  const last = Date.parse(progress.lastAt);
  // Without an interval it is measured again only where it could not be measured.
  return last + (progress.lastPhase === "Error" ? ERROR_RETRY_MS : (counting.intervalMs ?? ERROR_RETRY_MS));
}

/** From good to bad, as a run takes the worst of its metrics. */
const ORDER: readonly VerificationPhase[] = ["Successful", "Running", "Inconclusive", "Error", "Failed"];

/** A metric of a run, how it is counted and how far it is. */
export interface MetricOfRun {
  name: string;
  counting: Counting;
  progress: MetricProgress | undefined;
  dryRun: boolean;
}

/**
 * How a run stands. One metric that is not successful ends it, whatever the others would have come to; it is successful when all are. Dry
 * ones are waited for and count for nothing.
 */
export function assessRun(metrics: readonly MetricOfRun[]): Assessed {
  const assessed = metrics.map((metric) => ({ ...metric, ...assessMetric(metric.counting, metric.progress) }));
  const counting = assessed.filter(({ dryRun }) => !dryRun);
  const worst = counting
    .filter(({ phase }) => phase !== "Running")
    .toSorted((one, other) => ORDER.indexOf(other.phase) - ORDER.indexOf(one.phase))[0];
  if (worst && worst.phase !== "Successful") {
    return { phase: worst.phase, message: worstMessage(worst.name, worst, worst.progress) };
  }
  return { phase: assessed.every(({ phase }) => phase !== "Running") ? "Successful" : "Running" };
}

function worstMessage(name: string, { phase, message = "" }: Assessed, progress: MetricProgress | undefined): string {
  const last = progress?.lastMessage === undefined ? "" : `: ${progress.lastMessage}`;
  return `metric ${name} is ${phase}: ${message}${last}`;
}

/** What a run's metrics came to, when it is over; what still ran is as good as it was, as in Argo Rollouts. */
export function outcomesOf(metrics: readonly MetricOfRun[]): MetricOutcome[] {
  return metrics.map(({ name, counting, progress, dryRun }) => {
    const { phase, message } = assessMetric(counting, progress);
    const { successful = 0, failed = 0, inconclusive = 0, errors = 0 } = progress ?? {};
    return {
      metric: name,
      phase,
      successful,
      failed,
      inconclusive,
      errors,
      ...(dryRun && { dryRun }),
      ...(message !== undefined && { message }),
    };
  });
}
