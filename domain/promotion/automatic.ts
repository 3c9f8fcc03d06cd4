import { stageOf } from "./change.ts";
import type { RequestPromotion } from "./command.ts";
import { promotionId } from "./id.ts";
import { configuredStage, isExcludedBefore, isVerifiedBefore } from "./obstacle.ts";
import { queued, runningIn } from "./queue.ts";
import type { StageState } from "./state.ts";
import type { NextInput, ReleaseOfSource } from "./step.ts";

/**
 * The promotion that a stage's policy asks for now, if any: of the newest release that may come, when it is newer than what the stage runs
 * and than what is on its way there. Never of a stage that is held or paused, never of a release that is excluded.
 */
export function automaticRequest(input: NextInput): RequestPromotion | undefined {
  const { pipeline, state, stage: name, now } = input;
  const stage = stageOf(state, name);
  const release = wanted(input, stage);
  if (release === undefined) return undefined;
  // Level, not edge: as long as nothing ended there it is the same request, however often it is looked at.
  const cause = stage.last?.promotion ?? "first";
  const promotion = promotionId({ pipeline, incarnation: state.incarnation, stage: name, release, cause });
  if (state.ended.includes(promotion) || Object.hasOwn(state.promotions, promotion)) return undefined;
  const trigger = { type: "automatic", actor: { kind: "system", name: "sluice" }, cause: release } as const;
  return { type: "RequestPromotion", promotion, stage: name, release, trigger, at: now };
}

function wanted(input: NextInput, stage: StageState): string | undefined {
  const { state, stage: name, releases } = input;
  if (stage.held || stage.paused) return undefined;
  const newest = candidates(input, stage)[0];
  if (!newest) return undefined;
  const running = runningIn(state, name);
  const there = [running, ...queued(state, name)].flatMap((each) => each ?? []);
  // What a person asked for has its turn; the policy looks again when that ended.
  if (there.some((each) => each.trigger.type !== "automatic")) return undefined;
  const known = [stage.current?.release, ...there.map(({ release }) => release)];
  // What runs may have been found so long ago that it is not among the newest any more.
  const place = Math.min(...known.map((release) => placeOf(releases, release)));
  return placeOf(releases, newest.release) < place ? newest.release : undefined;
}

function placeOf(releases: readonly ReleaseOfSource[], release: string | undefined): number {
  const place = releases.findIndex((each) => each.release === release);
  return place < 0 ? Infinity : place;
}

/** Releases that the policy would bring, the newest first. */
function candidates({ state, stage, releases }: NextInput, { excluded }: StageState): ReleaseOfSource[] {
  const configured = configuredStage(state, stage);
  if (!configured || !state.configuration || configured.automatic === "never") return [];
  const { spec } = state.configuration;
  const gone = new Set(excluded.map(({ release }) => release));
  const open = releases.filter(({ release }) => !gone.has(release));
  if (configured.automatic === "newest") {
    return open.filter(({ release }) => !isExcludedBefore(state, { spec, stage: configured }, release));
  }
  return open.filter(({ release }) => isVerifiedBefore(state, { spec, stage: configured }, release));
}
