/** A pull request as its provider says it is. GitLab's merge requests are meant too. */
export interface PullRequest {
  /** Name of the provider, as in `spec.webhook.provider` of a Repository. */
  provider: string;
  number: number;
  /** Its web page. */
  url: string;
  state: "Open" | "Merged" | "Closed";
  /** Commit at the head of its branch. */
  head: string;
  /** Name of its branch and of the one it goes into, without `refs/heads/`. */
  branch: string;
  base: string;
  /** Merged: the commit of the base branch that has it. */
  mergeCommit?: string;
  /** Who merged or closed it, as the provider names them. */
  by?: string;
}

export interface OpenPullRequest {
  repoURL: string;
  /** Names without `refs/heads/`. The branch is pushed already. */
  branch: string;
  base: string;
  title: string;
  /** Markdown. */
  body: string;
  labels: readonly string[];
  reviewers: readonly string[];
}

/** A pull request that was opened, and what the provider would not do of what was asked beside it: a reviewer it does not know, say. */
export interface OpenedPullRequest extends PullRequest {
  complaints: string[];
}

/** One pull request of a repository. */
export interface PullRequestRef {
  repoURL: string;
  number: number;
}

/** What came of a merge: not merged is no error, as checks and people may still be missing. */
export type MergeOutcome = { merged: true } | { merged: false; why: string };

export const COMMIT_STATES = ["pending", "success", "failure", "error"] as const;
export type CommitState = (typeof COMMIT_STATES)[number];

export interface CommitStatus {
  repoURL: string;
  /** Full commit id. */
  commit: string;
  /** Names the status: a later one of the same context takes its place. As in `sluice/shop/prod`. */
  context: string;
  state: CommitState;
  /** Shortened to what the provider takes. */
  description: string;
  /** Page with more, http or https. */
  url: string;
}

/**
 * Pull requests, comments and commit statuses at the provider of a repository. Everything may be done twice with the effect of once.
 * Throws SourceUnavailable and Timeout, which pass; SourceForbidden, SourceRefused, InvalidInput, NotFound and Conflict, which do not.
 */
export interface PullRequests {
  /** Opens it, or finds the one of that branch and base: a branch is of one promotion, so what was merged meanwhile is the one. */
  open(input: OpenPullRequest): Promise<OpenedPullRequest>;
  get(input: PullRequestRef): Promise<PullRequest>;
  /** Merges it if its head still is this commit and its checks allow it. */
  merge(input: PullRequestRef & { head: string }): Promise<MergeOutcome>;
  /** Closes it with a comment unless it is not open any more; says what it is now, which may be Merged. */
  close(input: PullRequestRef & { comment: string }): Promise<PullRequest>;
  /** Removes a branch; one that is gone already is no error. */
  deleteBranch(input: { repoURL: string; branch: string }): Promise<void>;
  /** One comment a key: told again with another text it is changed in its place. Markdown. */
  comment(input: PullRequestRef & { key: string; body: string }): Promise<{ url?: string }>;
  commitStatus(input: CommitStatus): Promise<void>;
}
