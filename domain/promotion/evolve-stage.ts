import type { PipelineEvent } from "../../schemas/events/index.ts";
import { withStage } from "./change.ts";
import { type PipelineState, REMEMBERED_RELEASES, type StageState } from "./state.ts";

const TYPES = [
  "ReleaseVerified",
  "ReleaseUnverified",
  "ReleaseExcluded",
  "ReleaseReadmitted",
  "StageHeld",
  "StageReleased",
  "StagePaused",
  "StageResumed",
] as const satisfies readonly PipelineEvent["type"][];
type StageEvent = Extract<PipelineEvent, { type: (typeof TYPES)[number] }>;

export const isStageEvent = (event: PipelineEvent): event is StageEvent =>
  (TYPES as readonly string[]).includes(event.type);

/** The pipeline after something was said of a stage, or of a release in it. */
export function evolveStage(state: PipelineState, event: StageEvent): PipelineState {
  return withStage(state, event.data.stage, (stage) => evolve(stage, event));
}

function evolve(stage: StageState, event: StageEvent): StageState {
  switch (event.type) {
    case "ReleaseVerified": {
      const { release, promotion, at } = event.data;
      const { current } = stage;
      return {
        ...stage,
        verified: [...without(stage.verified, release), { release, promotion, at }].slice(-REMEMBERED_RELEASES),
        ...(current?.promotion === promotion && { current: { ...current, verifiedAt: at } }),
      };
    }
    case "ReleaseUnverified":
      return unverified(stage, event.data.release);
    case "ReleaseExcluded": {
      const { release, reason, promotion } = event.data;
      const added = { release, reason, ...(promotion !== undefined && { promotion }) };
      return { ...stage, excluded: [...without(stage.excluded, release), added].slice(-REMEMBERED_RELEASES) };
    }
    case "ReleaseReadmitted":
      return { ...stage, excluded: without(stage.excluded, event.data.release) };
    case "StageHeld":
      return { ...stage, held: { release: event.data.release, by: event.data.by } };
    case "StagePaused":
      return { ...stage, paused: { by: event.data.by, reason: event.data.reason } };
    case "StageReleased": {
      const { held: _, ...rest } = stage;
      return rest;
    }
    case "StageResumed": {
      const { paused: _, ...rest } = stage;
      return rest;
    }
  }
}

const without = <Item extends { release: string }>(items: readonly Item[], release: string): Item[] =>
  items.filter((each) => each.release !== release);

function unverified(stage: StageState, release: string): StageState {
  const verified = without(stage.verified, release);
  if (stage.current?.release !== release) return { ...stage, verified };
  const { verifiedAt: _, ...current } = stage.current;
  return { ...stage, verified, current };
}
