import type { MetricOutcome, TakenMeasurement } from "../../domain/promotion/command.ts";
import type { VerificationRun } from "../../domain/promotion/state.ts";
import type { Verification } from "../../schemas/kinds/verification.ts";
import type { ReleaseView } from "../../schemas/promotion-views.ts";
import type { VerificationPhase } from "../../schemas/promotion.ts";

/** A verification that runs, and what it is about. */
export interface MeasureInput {
  spec: Verification;
  run: VerificationRun;
  context: { pipeline: string; stage: string; release: ReleaseView; applications: string[] };
  /** RFC 3339. */
  now: string;
  signal: AbortSignal;
}

export interface Measured {
  /** New since the run's progress; to be recorded before the next call. */
  measurements: TakenMeasurement[];
  /** RFC 3339: when to measure again; absent with a verdict. */
  next?: string;
  /** Once it is told, the run is over. */
  verdict?: { phase: Exclude<VerificationPhase, "Running">; message?: string; metrics: MetricOutcome[] };
}

/** Takes every measurement of a run that is due. */
export type Measure = (input: MeasureInput) => Promise<Measured>;
