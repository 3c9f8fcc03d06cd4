import { sha256 } from "../../domain/routing/sha256.ts";
import type { PromotionTarget } from "../../schemas/promotion.ts";
import type { RenderedDifference } from "../../schemas/difference.ts";
import { checkSources } from "./approved-sources.ts";
import { promoting, record, type RecordDeps } from "./pipelines.ts";
import type { PromotionSteps } from "./steps.ts";
import type { TargetsOf } from "./targets-of.ts";

export interface StartWaveDeps extends RecordDeps {
  targetsOf: TargetsOf;
  /** A promotion's difference, by its blob. */
  difference(blob: string): Promise<Pick<RenderedDifference, "applications">>;
  /** Ledger sequence of the newest event of an application. */
  headOf(application: string): Promise<number>;
}

/** Records what the applications of a wave have to run, and the id of the sync of each. */
export function createStartWave(deps: StartWaveDeps): PromotionSteps["startWave"] {
  return async (key) => {
    const { pipeline, promotion, wave } = key;
    const found = await promoting(deps.pipelines, key);
    if (!found || found.promotion.waves.some((one) => one.wave === wave)) return;
    const all = await deps.targetsOf(pipeline, found, { anew: true });
    const isRollback = found.promotion.trigger.type === "rollback";
    // A rollback has one wave: all applications of the stage go back together.
    const due = all.filter((target) => isRollback || target.wave === wave);
    const shown = found.promotion.difference;
    if (shown) checkSources(due, await deps.difference(shown.blob));
    const targets = await Promise.all(
      due.map(async ({ application, revision, sourceDigest }): Promise<PromotionTarget> => {
        const after = await deps.headOf(application);
        const operation = operationOf(promotion, application);
        return { application, wave, operation, revision, sourceDigest, after };
      }),
    );
    await record(deps, pipeline, { type: "StartWave", promotion, wave, targets, at: deps.now() });
  };
}

/** Id of the sync that a promotion asks an application for. */
const operationOf = (promotion: string, application: string): string =>
  `promotion-${sha256([promotion, application].join("\n")).slice(0, 24)}`;
