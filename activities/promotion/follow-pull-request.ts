import { promoting, type RecordDeps } from "./pipelines.ts";
import type { PullRequestSteps } from "./pull-request-steps.ts";
import type { PromotionSteps } from "./steps.ts";

export interface FollowPullRequestDeps extends Pick<RecordDeps, "pipelines" | "now"> {
  followPullRequest: PullRequestSteps["followPullRequest"];
}

/** A webhook tells of what happens to a pull request; this long after a look nothing was heard of, somebody looks all the same. */
const AGAIN_MS = 3 * 60_000;

/** Looks how the pull request of a promotion stands. */
export function createFollowPullRequest(deps: FollowPullRequestDeps): PromotionSteps["followPullRequest"] {
  return async (key) => {
    const { pipeline, promotion } = key;
    const found = await promoting(deps.pipelines, key);
    if (!found) return {};
    const { state } = await deps.followPullRequest({ pipeline, promotion });
    return state === "Open" ? { again: new Date(Date.parse(deps.now()) + AGAIN_MS).toISOString() } : {};
  };
}
