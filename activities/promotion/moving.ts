import type { PipelineSpec } from "../../schemas/kinds/pipeline.ts";
import type { DifferenceCounts, Pin, PromotionTarget } from "../../schemas/promotion.ts";
import type { ReleaseView } from "../../schemas/promotion-views.ts";

/** How a release comes into a stage: what the steps of a promotion ask for. */

/** One release on its way into one stage. */
export interface Moving {
  pipeline: string;
  spec: PipelineSpec;
  /** Name of the stage. */
  stage: string;
  release: ReleaseView;
  promotion: string;
}

/** Where the content of a commit or pull request is now: what the applications of that repository are to be synced to. */
export interface MovedTo {
  repoURL: string;
  branch: string;
  /** Full commit id: of the commit, or of the merge. */
  commit: string;
}

/**
 * An application of the stage, and what it has to run. The sync that is asked for names `revision`, so that it is exactly this that is
 * synced, whatever its branch does meanwhile.
 */
export interface MovingTarget extends Omit<PromotionTarget, "operation"> {
  /** Mode pin: what is pinned before its sync is asked for. Absent where a pin that it has is to be taken back. */
  pin?: Pin;
}

/**
 * The targets of a release in a stage, by wave and name. Throws InvalidInput where the release has nothing for an application, where
 * the stage selects none, or for a source that does not take it over; NotFound for an application that is gone.
 */
export type FindTargets = (input: Moving & { at?: MovedTo; signal?: AbortSignal }) => Promise<MovingTarget[]>;

/** What a release changes in a stage. `digest` is over the content alone: equal inputs give it on every machine. */
export type RenderDifference = (
  input: Moving & { signal?: AbortSignal },
) => Promise<{ digest: string; blob: string; counts: DifferenceCounts }>;

/** Pins an application, or takes its pin back where the target has none. Done twice it is done once. */
export type PinApplication = (input: {
  target: Pick<MovingTarget, "application" | "pin">;
  promotion: string;
  actor: { kind: "user" | "webhook" | "system"; name: string };
}) => Promise<void>;

/** One commit with a release's edits. */
export interface CommittedRelease extends MovedTo {
  /** `already`: an earlier try pushed it. `unchanged`: the branch has it all, and `commit` is its head. */
  result: "pushed" | "already" | "unchanged";
  signed?: boolean;
}

/**
 * Commits a release's edits to the stage's branch, or for a pull request to `sluice/<pipeline>/<stage>/<promotion>` on top of it. Throws
 * InvalidInput with file and place where a file can't be edited, SourceForbidden, SourceUnavailable, Conflict when the branch never rests.
 */
export type CommitRelease = (
  input: Moving & {
    /** Who started the promotion. */
    actor: { kind: "user" | "webhook" | "system"; name: string };
    /** RFC 3339: the commit's date, the same in every try. */
    requestedAt: string;
  },
) => Promise<CommittedRelease>;
