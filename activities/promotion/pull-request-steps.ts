import { pullRequestText } from "../../domain/promotion/pull-request-text.ts";
import type { PipelineState, PromotionState } from "../../domain/promotion/state.ts";
import { toSluiceError } from "../../schemas/errors.ts";
import type { PromotionMethod, PullRequestMethod } from "../../schemas/kinds/promotion-method.ts";
import { promoting, record, releaseOf, type FindRelease, type RecordDeps } from "./pipelines.ts";
import type { PullRequest, PullRequests } from "./pull-request.ts";

export interface PullRequestDeps extends RecordDeps {
  pullRequests: PullRequests;
  findRelease: FindRelease;
  /** For the log: what was not done of a pull request that is there all the same. */
  complain(promotion: string, said: string): void;
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
  /** Closes it at the provider and records it; one that was merged meanwhile is recorded as merged, one that is gone as closed. */
  closePullRequest(input: { pipeline: string; promotion: string; reason: "Superseded" | "Aborted" }): Promise<void>;
}

export function createPullRequestSteps(deps: PullRequestDeps): PullRequestSteps {
  return {
    openPullRequest: (input) => open(deps, input),
    async followPullRequest({ pipeline, promotion }) {
      const followed = await followedBy(deps, pipeline, promotion);
      if (followed === undefined) return { state: "Closed" };
      const { opened, method } = followed;
      if (opened.state !== "Open") return asFollowed(opened);
      const { found, waitsFor } = await seen(deps, promotion, followed);
      if (found.state === "Open") return { state: "Open", ...(waitsFor !== undefined && { waitsFor }) };
      return settle(deps, { pipeline, promotion, opened, found, method, reason: "Closed" });
    },
    async closePullRequest({ pipeline, promotion, reason }) {
      const followed = await followedBy(deps, pipeline, promotion);
      if (followed?.opened.state !== "Open") return;
      const { opened, method } = followed;
      const { repoURL, number } = opened;
      const found = await goneIsClosed(() => deps.pullRequests.close({ repoURL, number, comment: CLOSED[reason] }));
      await settle(deps, { pipeline, promotion, opened, found, method, reason });
    },
  };
}

const CLOSED = {
  Superseded: "Closed by Sluice: a newer release takes its place.",
  Aborted: "Closed by Sluice: the promotion was ended.",
} as const;

async function open(
  deps: PullRequestDeps,
  { pipeline, promotion, repoURL, branch, base, head, alias }: Parameters<PullRequestSteps["openPullRequest"]>[0],
): Promise<{ number: number; url: string }> {
  const state = await deps.pipelines.load(pipeline);
  const { stage = "", pullRequest: recorded } = state.promotions[promotion] ?? {};
  if (recorded) return recorded;
  const at = await promoting(deps.pipelines, { pipeline, stage, promotion });
  // What is over opens nothing any more; there is none that anybody would close.
  if (!at) return { number: 0, url: "" };
  const method = at.stage.promotion.pullRequest;
  const release = { ...(await releaseOf(deps.findRelease, at)), alias };
  const { complaints, provider, number, url } = await deps.pullRequests.open({
    ...{ repoURL, branch, base },
    ...pullRequestText(method, { pipeline, stage, promotion, release, counts: at.promotion.difference?.counts }),
    ...{ labels: method?.labels ?? [], reviewers: method?.reviewers ?? [] },
  });
  for (const complaint of complaints) deps.complain(promotion, complaint);
  // Recorded of one that ended meanwhile too: then it is closed next.
  await record(deps, pipeline, {
    ...{ type: "RecordPullRequest", promotion, provider, repoURL, number, url, branch, head },
  });
  return { number, url };
}

type Opened = NonNullable<PromotionState["pullRequest"]>;
type Found = Pick<PullRequest, "state" | "mergeCommit" | "by">;

interface Followed {
  opened: Opened;
  method: PullRequestMethod | undefined;
  /** Branch of the stage; undefined when the stage is gone. */
  base: string | undefined;
}

async function followedBy(
  { pipelines }: PullRequestDeps,
  pipeline: string,
  promotion: string,
): Promise<Followed | undefined> {
  const state = await pipelines.load(pipeline);
  const found = state.promotions[promotion];
  const { pullRequest: method, commit } = (found && methodOf(state, found)) ?? {};
  return found?.pullRequest && { opened: found.pullRequest, method, base: commit?.branch };
}

const methodOf = ({ configuration }: PipelineState, { stage }: PromotionState): PromotionMethod | undefined =>
  configuration?.spec.stages.find(({ name }) => name === stage)?.promotion;

function asFollowed({ state, mergeCommit }: Opened): FollowedPullRequest {
  return state === "Merged" && mergeCommit !== undefined ? { state, commit: mergeCommit } : { state: "Closed" };
}

/**
 * How it stands. Only what was opened is merged without a person: what others pushed to its branch since is not. And only a merge into the
 * branch of the stage counts: another one may be protected by nobody.
 */
async function seen(
  { pullRequests, complain }: PullRequestDeps,
  promotion: string,
  { opened: { repoURL, number, head }, method, base }: Followed,
): Promise<{ found: Found; waitsFor?: string }> {
  const now = await pullRequests.get({ repoURL, number });
  if (base !== undefined && now.base !== base) {
    const said = `pull request ${number} goes into ${now.base}, not into ${base}`;
    complain(promotion, said);
    return { found: now.state === "Open" ? now : { state: "Closed" }, waitsFor: said };
  }
  if (now.state !== "Open" || !method?.merge) return { found: now };
  const outcome = await pullRequests.merge({ repoURL, number, head });
  if (outcome.merged) return { found: await pullRequests.get({ repoURL, number }) };
  // What is merged in the background is told by a webhook, and seen by the next look.
  return { found: now, waitsFor: outcome.why };
}

async function goneIsClosed(work: () => Promise<Found>): Promise<Found> {
  try {
    return await work();
  } catch (thrown) {
    if (toSluiceError(thrown).code !== "NotFound") throw thrown;
    return { state: "Closed" };
  }
}

interface Settling {
  pipeline: string;
  promotion: string;
  opened: Opened;
  found: Found;
  method: PullRequestMethod | undefined;
  reason: "Closed" | "Superseded" | "Aborted";
}

/** The branch goes first: after the record nobody would come back for it. */
async function settle(deps: PullRequestDeps, settling: Settling): Promise<FollowedPullRequest> {
  const { pipeline, promotion, opened, found, method, reason } = settling;
  const { repoURL, branch, number } = opened;
  if (method?.deleteBranch ?? true) {
    await deps.pullRequests.deleteBranch({ repoURL, branch }).catch((thrown: unknown) => {
      deps.complain(promotion, toSluiceError(thrown).message);
    });
  }
  const at = deps.now();
  const { mergeCommit: commit, by } = found;
  if (found.state === "Merged" && commit !== undefined) {
    const merge = { type: "RecordMerge" as const, promotion, number, commit, at };
    await record(deps, pipeline, { ...merge, ...(by !== undefined && { by }) });
    return { state: "Merged", commit };
  }
  await record(deps, pipeline, { type: "RecordPullRequestClosed", promotion, number, reason, at });
  return { state: "Closed" };
}
