import { createBreakGlassSteps } from "../../activities/break-glass.ts";
import type { BreakGlassSteps } from "../../activities/break-glass-steps.ts";
import type { Operations } from "../../adapters/temporal/operations.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { BreakGlassPort } from "../api/ports.ts";
import { applicationsOf } from "../worker/records.ts";
import type { StepParts } from "./steps.ts";

/** What the API needs to know of a break-glass's difference. */
export const breakGlassPort = (_parts: StepParts): BreakGlassPort => ({
  checkCommit: async () => {
    throw new SluiceError("InvalidInput", "the difference cannot be committed");
  },
  diff: async () => ({ revision: "", patch: "", skipped: [] }),
});

/** What the workflow of a break-glass does, on this process's ledger, clusters and repositories. */
export const breakGlassSteps = ({ parts, operations }: { parts: StepParts; operations: Operations }): BreakGlassSteps =>
  createBreakGlassSteps({
    applications: applicationsOf(parts.core.aggregates),
    operations,
    commitDifference: async () => {
      throw new SluiceError("InvalidInput", "the difference cannot be committed");
    },
    now: () => new Date().toISOString(),
  });
