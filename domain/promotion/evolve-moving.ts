import type { PipelineEvent } from "../../schemas/events/index.ts";
import { type DataOf, withPromotion, withStage } from "./change.ts";
import type { PipelineState, PromotionState, TargetState } from "./state.ts";

const TYPES = [
  "PromotionMoved",
  "ReleaseCommitted",
  "PullRequestOpened",
  "PullRequestMerged",
  "PullRequestClosed",
  "WaveStarted",
  "ApplicationPromoted",
  "ApplicationPromotionFailed",
  "WaveCompleted",
] as const satisfies readonly PipelineEvent["type"][];
type MovingEvent = Extract<PipelineEvent, { type: (typeof TYPES)[number] }>;

export const isMovingEvent = (event: PipelineEvent): event is MovingEvent =>
  (TYPES as readonly string[]).includes(event.type);

/** The pipeline after a release came a step further into a stage. */
export function evolveMoving(state: PipelineState, event: MovingEvent): PipelineState {
  const changed = withPromotion(state, event.data.promotion, (promotion) => evolve(promotion, event));
  if (event.type !== "ApplicationPromoted") return changed;
  const { stage, application, release, promotion, at } = event.data;
  return withStage(changed, stage, (each) => ({
    ...each,
    applications: { ...each.applications, [application]: { release, promotion, at } },
  }));
}

function evolve(promotion: PromotionState, event: MovingEvent): PromotionState {
  switch (event.type) {
    case "PromotionMoved":
      return { ...promotion, phase: "Moving", mode: event.data.mode, movedAt: event.data.at };
    case "ReleaseCommitted": {
      const { repoURL, branch, commit, result } = event.data;
      return { ...promotion, commit: { repoURL, branch, commit, result } };
    }
    case "PullRequestOpened": {
      const { provider, repoURL, number, url, branch, head } = event.data;
      return { ...promotion, pullRequest: { provider, repoURL, number, url, branch, head, state: "Open" } };
    }
    case "PullRequestMerged": {
      const { commit, at } = event.data;
      return pullRequest(promotion, { state: "Merged", mergeCommit: commit, mergedAt: at });
    }
    case "PullRequestClosed":
      return pullRequest(promotion, { state: "Closed" });
    case "WaveStarted":
      return waveStarted(promotion, event.data);
    case "ApplicationPromoted":
      return target(promotion, event.data.application, promoted);
    case "ApplicationPromotionFailed": {
      const { application, reason, message } = event.data;
      return target(promotion, application, (each) => ({ ...each, state: "Failed", reason, message }));
    }
    case "WaveCompleted": {
      const { wave, unhealthy, at } = event.data;
      const waves = promotion.waves.map((each) =>
        each.wave === wave ? { ...each, completedAt: at, unhealthy } : each,
      );
      return { ...promotion, waves };
    }
  }
}

const pullRequest = (
  promotion: PromotionState,
  change: Partial<NonNullable<PromotionState["pullRequest"]>>,
): PromotionState =>
  promotion.pullRequest ? { ...promotion, pullRequest: { ...promotion.pullRequest, ...change } } : promotion;

function waveStarted(promotion: PromotionState, { wave, targets, at }: DataOf<"WaveStarted">): PromotionState {
  const added = targets.map((each): [string, TargetState] => [each.application, { ...each, state: "Syncing" }]);
  return {
    ...promotion,
    phase: "Syncing",
    targets: { ...promotion.targets, ...Object.fromEntries(added) },
    waves: [...promotion.waves, { wave, startedAt: at, unhealthy: [] }],
  };
}

function promoted(before: TargetState): TargetState {
  const { reason: _, message: __, ...rest } = before;
  return { ...rest, state: "Promoted" };
}

function target(
  promotion: PromotionState,
  application: string,
  change: (target: TargetState) => TargetState,
): PromotionState {
  const found = Object.hasOwn(promotion.targets, application) ? promotion.targets[application] : undefined;
  return found ? { ...promotion, targets: { ...promotion.targets, [application]: change(found) } } : promotion;
}
