import type { PipelineEvent } from "../../schemas/events/index.ts";
import type { StageView } from "../../schemas/promotion-views.ts";
import { foldByType, type FoldsByType, omit } from "./fold-by-type.ts";

/** Verified releases that are shown. */
const VERIFIED = 20;
/** Excluded releases that are shown. */
const EXCLUDED = 200;

/** A stage after an event of its pipeline, recorded at an instant; the same where it is about another one. */
export function foldStage(stage: StageView, event: PipelineEvent, at: string): StageView {
  const isOwn = "stage" in event.data && event.data.stage === stage.name;
  return isOwn ? foldByType(FOLDS, stage, event, at) : stage;
}

const FOLDS: FoldsByType<StageView> = {
  PromotionRequested: (stage, { promotion }) => ({ ...stage, queue: [...without(stage.queue, promotion), promotion] }),
  PromotionStarted: (stage, { promotion }) => ({
    ...stage,
    running: promotion,
    queue: without(stage.queue, promotion),
  }),
  PromotionSucceeded: (stage, data) => {
    const { release, promotion, at } = data;
    return { ...ended(stage, data, "Succeeded"), current: { release, promotion, at } };
  },
  PromotionSuperseded: (stage, data) => ended(stage, data, "Superseded"),
  PromotionFailed: (stage, data) => ended(stage, data, "Failed"),
  PromotionAborted: (stage, data) => ended(stage, data, "Aborted"),
  ApplicationPromoted: (stage, { application, release, promotion, at }) => ({
    ...stage,
    applications: { ...stage.applications, [application]: { release, promotion, at } },
  }),

  ReleaseVerified: (stage, { release, promotion, at }) => ({
    ...stage,
    verified: [{ release, promotion, at }, ...others(stage.verified, release)].slice(0, VERIFIED),
    ...(stage.current?.promotion === promotion && { current: { ...stage.current, verifiedAt: at } }),
  }),
  ReleaseUnverified: (stage, { release }) => unverified(stage, release),
  ReleaseExcluded: (stage, { release, by, reason, promotion }, at) => {
    const added = { release, by, reason, ...(promotion !== undefined && { promotion }), at };
    return { ...stage, excluded: [...others(stage.excluded, release), added].slice(-EXCLUDED) };
  },
  ReleaseReadmitted: (stage, { release }) => ({ ...stage, excluded: others(stage.excluded, release) }),

  StageHeld: (stage, { release, by, reason }, at) => ({
    ...stage,
    held: { release, by, ...(reason !== undefined && { reason }), at },
  }),
  StageReleased: (stage) => omit(stage, "held"),
  StagePaused: (stage, { by, reason }, at) => ({ ...stage, paused: { by, reason, at } }),
  StageResumed: (stage) => omit(stage, "paused"),
};

function ended(
  { running, ...stage }: StageView,
  { promotion, release, at }: { promotion: string; release: string; at: string },
  result: NonNullable<StageView["last"]>["result"],
): StageView {
  return {
    ...stage,
    ...(running !== undefined && running !== promotion && { running }),
    queue: without(stage.queue, promotion),
    last: { promotion, release, result, at },
  };
}

function unverified(stage: StageView, release: string): StageView {
  const verified = others(stage.verified, release);
  if (stage.current?.release !== release) return { ...stage, verified };
  const { verifiedAt: _, ...current } = stage.current;
  return { ...stage, verified, current };
}

const without = (ids: readonly string[], id: string): string[] => ids.filter((each) => each !== id);

const others = <Item extends { release: string }>(items: readonly Item[], release: string): Item[] =>
  items.filter((each) => each.release !== release);
