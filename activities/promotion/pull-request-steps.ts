import type { PipelineCommand } from "../../domain/promotion/command.ts";
import type { PipelineState } from "../../domain/promotion/state.ts";
import type { RecordMeta } from "../applications.ts";

/** The aggregate of a pipeline, as following a pull request needs it. */
export interface PullRequestPipelines {
  load(pipeline: string): Promise<PipelineState>;
  execute(pipeline: string, command: PipelineCommand, meta: RecordMeta): Promise<unknown>;
}

/** How a pull request stands after a look at it. Open: it is looked at again when a webhook tells of it, or after a while. */
export type FollowedPullRequest =
  | { state: "Open"; waitsFor?: string }
  | { state: "Merged"; commit: string }
  | { state: "Closed" };

/** Steps of a promotion by pull request. Each reads the aggregate, acts, records; doing it twice is doing it once. */
export interface PullRequestSteps {
  /** Opens it for a branch that was pushed, and records PullRequestOpened; one that is recorded already is left. */
  openPullRequest(input: {
    pipeline: string;
    promotion: string;
    repoURL: string;
    branch: string;
    base: string;
    /** Commit that was pushed to the branch. */
    head: string;
    /** Alias of the release, for title and body. */
    alias: string;
  }): Promise<{ number: number; url: string }>;
  /** Looks at it, merges it where the policy says so, records PullRequestMerged or PullRequestClosed. */
  followPullRequest(input: { pipeline: string; promotion: string }): Promise<FollowedPullRequest>;
  /** Closes it at the provider and records it; one that was merged meanwhile is recorded as merged. */
  closePullRequest(input: { pipeline: string; promotion: string; reason: "Superseded" | "Aborted" }): Promise<void>;
}
