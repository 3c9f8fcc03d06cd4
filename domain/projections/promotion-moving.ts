import type { PromotionView } from "../../schemas/promotion-views.ts";
import { type FoldsByType, omit } from "./fold-by-type.ts";

/** What bringing the release into its stage makes of a promotion. */
export const MOVING_FOLDS: FoldsByType<PromotionView> = {
  PromotionMoved: (before, { mode, at }) => ({ ...before, phase: "Moving", mode, movedAt: at }),
  ReleaseCommitted: (before, { repoURL, branch, commit, signed }) => ({
    ...before,
    commit: { repoURL, branch, commit, ...(signed !== undefined && { signed }) },
  }),
  PullRequestOpened: (before, { provider, number, url, branch }) => ({
    ...before,
    pullRequest: { provider, number, url, branch, state: "Open" },
  }),
  PullRequestMerged: (before) => pullRequest(before, "Merged"),
  PullRequestClosed: (before) => pullRequest(before, "Closed"),

  WaveStarted: (before, { wave, targets, at }) => {
    const names = new Set(targets.map(({ application }) => application));
    const added = targets.map((each) => ({ ...each, state: "Syncing" as const }));
    return {
      ...before,
      phase: "Syncing",
      targets: [...before.targets.filter(({ application }) => !names.has(application)), ...added],
      waves: [...before.waves.filter((each) => each.wave !== wave), { wave, startedAt: at, unhealthy: [] }],
    };
  },
  ApplicationPromoted: (before, { application }) =>
    target(before, application, (each) => ({ ...omit(each, "message"), state: "Promoted" })),
  ApplicationPromotionFailed: (before, { application, message }) =>
    target(before, application, (each) => ({ ...each, state: "Failed", message })),
  WaveCompleted: (before, { wave, unhealthy, at }) => ({
    ...before,
    waves: before.waves.map((each) => (each.wave === wave ? { ...each, completedAt: at, unhealthy } : each)),
  }),
};

const pullRequest = (before: PromotionView, state: "Merged" | "Closed"): PromotionView =>
  before.pullRequest ? { ...before, pullRequest: { ...before.pullRequest, state } } : before;

type Target = PromotionView["targets"][number];

const target = (before: PromotionView, application: string, change: (target: Target) => Target): PromotionView => ({
  ...before,
  targets: before.targets.map((each) => (each.application === application ? change(each) : each)),
});
