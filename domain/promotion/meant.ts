import { SluiceError } from "../../schemas/errors.ts";
import type { PipelineSpec, Stage } from "../../schemas/kinds/pipeline.ts";
import type { StageState } from "./state.ts";

/** As much of a release as is needed to name it. */
export interface NamedRelease {
  release: string;
  alias: string;
}

/** As much of a stage's state as tells what it runs, ran, and must not run. */
export type StageHistory = Pick<StageState, "current" | "verified"> & { excluded: readonly { release: string }[] };

/** Digits of an id that are enough to name a release by. */
const SHORTEST = 7;

/** The release that somebody means by its alias or the beginning of its id. Throws NotFound, or InvalidInput where several have it. */
export function releaseNamed<Release extends NamedRelease>(
  name: string,
  releases: readonly Release[],
  source: string,
): Release {
  const exact = releases.find(({ release, alias }) => alias === name || release === name);
  if (exact) return exact;
  const begins = /^[0-9a-f]+$/.test(name) ? releases.filter(({ release }) => release.startsWith(name)) : [];
  const [only, other] = name.length >= SHORTEST ? begins : [];
  if (only && !other) return only;
  const next = `List them with: sluice release list ${source}`;
  if (only) {
    const some = begins.slice(0, 5).map(({ alias, release }) => `${alias} (${release.slice(0, 12)})`);
    throw new SluiceError("InvalidInput", `${name} is the beginning of several releases: ${some.join(", ")}`, { next });
  }
  const short = begins.length > 0 ? `; of an id at least ${SHORTEST} digits are needed` : "";
  throw new SluiceError("NotFound", `ReleaseSource ${source} has no release ${name}${short}`, { next });
}

/** Stages in which a release has to be verified before this one takes it. */
export function stagesBefore(spec: PipelineSpec, stage: string): readonly string[] {
  const at = spec.stages.findIndex(({ name }) => name === stage);
  const before = at > 0 ? [spec.stages[at - 1]!.name] : [];
  return spec.stages[at]?.after ?? before;
}

/** The stage of that name. Throws NotFound with those there are. */
export function stageNamed(spec: PipelineSpec, pipeline: string, stage: string): Stage {
  const found = spec.stages.find(({ name }) => name === stage);
  if (found) return found;
  const names = spec.stages.map(({ name }) => name).join(", ");
  throw new SluiceError("NotFound", `Pipeline ${pipeline} has no stage ${stage}`, {
    next: `Its stages are ${names}. See them with: sluice pipeline get ${pipeline}`,
  });
}

interface Stages {
  pipeline: string;
  spec: PipelineSpec;
  stages: Readonly<Record<string, StageHistory | undefined>>;
}

/**
 * The release that goes into a stage when nobody names one: the newest that the stages before verified, for a stage without any the
 * newest of all; none that is excluded there. Releases come newest first. Throws Conflict where there is none.
 */
export function releaseDue<Release extends NamedRelease>(
  { pipeline, spec, stages }: Stages,
  stage: string,
  releases: readonly Release[],
): Release {
  const before = stagesBefore(spec, stage);
  const excluded = new Set((stages[stage]?.excluded ?? []).map(({ release }) => release));
  const verifiedIn = (name: string, release: string): boolean =>
    (stages[name]?.verified ?? []).some((one) => one.release === release);
  const any = spec.stages.find(({ name }) => name === stage)?.afterAny ?? false;
  const passes = ({ release }: Release): boolean =>
    before.length === 0 ||
    (any ? before.some((name) => verifiedIn(name, release)) : before.every((name) => verifiedIn(name, release)));
  const found = releases.find((one) => !excluded.has(one.release) && passes(one));
  if (found) return found;
  if (releases.length === 0) {
    throw new SluiceError("Conflict", `ReleaseSource ${spec.releaseSource} has no release yet`, {
      next: `Look for one now with: sluice release refresh ${spec.releaseSource}`,
    });
  }
  const where = before.length === 0 ? "is free to go there" : `is verified in ${before.join(any ? " or " : " and ")}`;
  throw new SluiceError(
    "Conflict",
    `No release ${where}, so there is none for stage ${stage} of Pipeline ${pipeline}`,
    {
      next: `See where each release is with: sluice pipeline get ${pipeline}`,
    },
  );
}

/** The release a stage goes back to: the newest that was verified there and is neither what it leaves nor excluded. Throws Conflict. */
export function releaseBefore(
  { pipeline, stage, leaving }: { pipeline: string; stage: string; leaving: string | undefined },
  state: StageHistory | undefined,
): string {
  const excluded = new Set((state?.excluded ?? []).map(({ release }) => release));
  const found = (state?.verified ?? []).findLast(({ release }) => release !== leaving && !excluded.has(release));
  if (found) return found.release;
  throw new SluiceError("Conflict", `No other release was verified in stage ${stage} of Pipeline ${pipeline} before`, {
    next: `Name one: sluice stage rollback ${pipeline} ${stage} RELEASE. Or bring a newer one: sluice promote ${pipeline} ${stage}`,
  });
}

/** Whether a release is older than what a stage runs. Releases come newest first; what is not among them is older than all. */
export function isStepBack(
  state: StageHistory | undefined,
  release: string,
  releases: readonly NamedRelease[],
): boolean {
  const current = state?.current?.release;
  if (current === undefined || current === release) return false;
  const placeOf = (id: string): number => {
    const at = releases.findIndex((one) => one.release === id);
    return at < 0 ? releases.length : at;
  };
  return placeOf(release) > placeOf(current);
}
