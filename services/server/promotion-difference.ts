import { createHash } from "node:crypto";
import { createDifference } from "../../activities/promotion/difference.ts";
import type { RenderDifference } from "../../activities/promotion/moving.ts";
import { createPlanTargets } from "../../activities/promotion/targets.ts";
import { applicationsOf, placesOf } from "../worker/records.ts";
import { movingOf } from "./promotion-moving.ts";
import { readingsOf } from "./promotion-readings.ts";
import type { Sources } from "./sources.ts";
import type { StepParts } from "./steps.ts";

/** What is needed to tell what a release brings into a stage. */
export interface DifferenceParts {
  parts: Pick<StepParts, "core" | "clusters">;
  sources: Sources;
}

/** What the applications of a stage have to run is told from. */
export const targetsDepsOf = ({ parts: { core }, sources }: DifferenceParts) => ({
  applications: readingsOf(core).selectable,
  load: applicationsOf(core.aggregates).load,
  mirrors: sources.mirrors,
  sourceDigest: sources.digest,
  now: Date.now,
});

/** Renders what a release changes in a stage, on this process's ledger and repositories; also before anybody asks for it. */
export function differenceOf(of: DifferenceParts): RenderDifference {
  const { core, clusters } = of.parts;
  const { aggregates, blobs } = core;
  const { pipeline: pipelineOf, findRelease } = readingsOf(core);
  const { commitRelease: _, ...moving } = movingOf(core, of.sources);
  return createDifference({
    ...{ ...moving, blobs },
    targets: createPlanTargets(targetsDepsOf(of)),
    load: applicationsOf(aggregates).load,
    place: placesOf({ aggregates, clusters: clusters.addresses }),
    running: async (pipeline, stage) => {
      const { configuration, stages } = await pipelineOf(pipeline);
      const release = stages[stage]?.current?.release;
      return configuration && release !== undefined
        ? await findRelease(configuration.spec.releaseSource, release)
        : undefined;
    },
    digest: (text) => createHash("sha256").update(text).digest("hex"),
  });
}
