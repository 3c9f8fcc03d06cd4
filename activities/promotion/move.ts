import type { CommitRelease } from "./moving.ts";
import { type FindRelease, promoting, record, type RecordDeps, releaseOf } from "./pipelines.ts";
import type { PullRequestSteps } from "./pull-request-steps.ts";
import type { PromotionSteps } from "./steps.ts";

export interface MoveDeps extends RecordDeps {
  findRelease: FindRelease;
  commitRelease: CommitRelease;
  openPullRequest: PullRequestSteps["openPullRequest"];
}

/** Commits a release for its stage, and opens the pull request where the stage takes it by one. */
export function createMove(deps: MoveDeps): PromotionSteps["movePromotion"] {
  return async (key) => {
    const { pipeline, promotion } = key;
    const found = await promoting(deps.pipelines, key);
    if (found?.promotion.phase !== "Moving" || found.promotion.mode === "pin") return;
    const { spec, stage } = found;
    const { mode, trigger, requestedAt } = found.promotion;
    const release = await releaseOf(deps.findRelease, found);
    const committed = await deps.commitRelease({
      ...{ pipeline, spec, stage: stage.name, release, promotion, requestedAt },
      actor: trigger.actor,
    });
    await record(deps, pipeline, { type: "RecordCommit", promotion, ...committed });
    // Where the branch has it all already there is nothing to ask anybody for.
    if (mode !== "pullRequest" || committed.result === "unchanged") return;
    const { repoURL, branch, commit: head } = committed;
    const base = stage.promotion.commit?.branch ?? "main";
    await deps.openPullRequest({ pipeline, promotion, repoURL, branch, base, head, alias: release.alias });
  };
}
