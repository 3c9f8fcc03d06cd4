import type { PromotionView, VerificationView } from "../../schemas/promotion-views.ts";
import type { FoldsByType } from "./fold-by-type.ts";

/** Measurements of a run that are shown. */
const MEASUREMENTS = 100;

/** What verifications make of a promotion. */
export const VERIFICATION_FOLDS: FoldsByType<PromotionView> = {
  VerificationStarted: (before, { run, gate, at }) => {
    const added: VerificationView = {
      ...{ run, ...(gate !== undefined && { gate }), phase: "Running", startedAt: at },
      ...{ metrics: [], measurements: [] },
    };
    const verifications = [...before.verifications.filter((each) => each.run !== run), added];
    return { ...before, verifications, ...(gate === undefined && { phase: "Verifying" }) };
  },
  MeasurementTaken: (before, { run, measurement }) =>
    changed(before, run, (each) => ({
      ...each,
      measurements: [...each.measurements, measurement].slice(-MEASUREMENTS),
    })),
  VerificationCompleted: (before, { run, phase, message, metrics, at }) =>
    changed(before, run, (each) => ({
      ...each,
      ...{ phase, metrics, endedAt: at },
      ...(message !== undefined && { message }),
    })),
  VerificationJudged: (before, { run, verdict, by, reason }) =>
    changed(before, run, (each) => ({ ...each, judged: { verdict, by, reason } })),
};

const changed = (
  before: PromotionView,
  run: string,
  change: (run: VerificationView) => VerificationView,
): PromotionView => ({
  ...before,
  verifications: before.verifications.map((each) => (each.run === run ? change(each) : each)),
});
