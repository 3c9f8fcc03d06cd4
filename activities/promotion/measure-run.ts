import { gatesOf } from "../../domain/gate/resolve.ts";
import type { GatePolicySpec } from "../../schemas/kinds/gate-policy.ts";
import type { Stage } from "../../schemas/kinds/pipeline.ts";
import type { Verification } from "../../schemas/kinds/verification.ts";
import type { Measure } from "./measure.ts";
import { type FindRelease, promoting, type Promoting, record, type RecordDeps, releaseOf } from "./pipelines.ts";
import type { PromotionSteps } from "./steps.ts";

export interface MeasureRunDeps extends RecordDeps {
  measure: Measure;
  findRelease: FindRelease;
  policies(stage: Stage): Promise<ReadonlyMap<string, GatePolicySpec>>;
  /** Applications that the stage selects now. */
  applicationsOf(found: Promoting): Promise<string[]>;
}

/** Longest time for the measurements that are due at once; a Job runs on, and is looked at again. */
const LIMIT_MS = 5 * 60_000;

/** Takes the measurements of a verification that are due, and records them and the verdict. */
export function createMeasureRun(deps: MeasureRunDeps): PromotionSteps["measure"] {
  return async (key) => {
    const { pipeline, promotion, run: id } = key;
    const found = await promoting(deps.pipelines, key);
    const run = found?.promotion.verifications.find((one) => one.run === id);
    if (!found || run?.phase !== "Running") return {};
    const at = deps.now();
    const spec = await specOf(deps, found, run.gate);
    if (!spec) {
      const message = "the verification is not configured any more";
      const end = { phase: "Inconclusive", message, at } as const;
      await record(deps, pipeline, { type: "CompleteVerification", promotion, run: id, ...end, metrics: [] });
      return { verdict: true };
    }
    const release = await releaseOf(deps.findRelease, found);
    const applications = await deps.applicationsOf(found);
    const { measurements, next, verdict } = await deps.measure({
      ...{ spec, run, now: at, signal: AbortSignal.timeout(LIMIT_MS) },
      context: { pipeline, stage: key.stage, release, applications },
    });
    if (measurements.length > 0) {
      await record(deps, pipeline, { type: "RecordMeasurements", promotion, run: id, measurements });
    }
    if (verdict) {
      await record(deps, pipeline, { type: "CompleteVerification", promotion, run: id, ...verdict, at: deps.now() });
    }
    return { ...(next !== undefined && { again: next }), ...(verdict && { verdict: true }) };
  };
}

async function specOf(
  deps: Pick<MeasureRunDeps, "policies">,
  { stage }: Promoting,
  gate: string | undefined,
): Promise<Verification | undefined> {
  if (gate === undefined) return stage.verification;
  return gatesOf(stage, await deps.policies(stage)).find(({ name }) => name === gate)?.verification;
}
