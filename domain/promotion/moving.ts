import type { PipelineEvent } from "../../schemas/events/index.ts";
import { livePromotion, of, promotionOf, stageOf } from "./change.ts";
import type { CommandOf } from "./command.ts";
import { obstacle } from "./obstacle.ts";
import type { PipelineState } from "./state.ts";

/** From here on the stage is being changed; nothing while something stands in the way. */
export function beginMove(command: CommandOf<"BeginMove">, state: PipelineState): PipelineEvent[] {
  const { mode, gates, at } = command;
  const promotion = livePromotion(state, command.promotion);
  if (promotion?.phase !== "Waiting" || stageOf(state, promotion.stage).running !== promotion.promotion) return [];
  if (obstacle(state, promotion, gates) !== undefined) return [];
  return [{ type: "PromotionMoved", data: { ...of(promotion), mode, at } }];
}

/** The commit that carries the release: one for each promotion. */
export function recordCommit(command: CommandOf<"RecordCommit">, state: PipelineState): PipelineEvent[] {
  const { repoURL, branch, commit, result, signed } = command;
  const promotion = livePromotion(state, command.promotion);
  if (promotion?.phase !== "Moving" || promotion.commit?.commit === commit) return [];
  const more = signed === undefined ? {} : { signed };
  return [{ type: "ReleaseCommitted", data: { ...of(promotion), repoURL, branch, commit, result, ...more } }];
}

/** Also of a promotion that ended meanwhile: what was opened has to be closed. */
export function recordPullRequest(command: CommandOf<"RecordPullRequest">, state: PipelineState): PipelineEvent[] {
  const { type: _, promotion: id, ...data } = command;
  const promotion = promotionOf(state, id);
  if (promotion?.mode !== "pullRequest") return [];
  const { pullRequest } = promotion;
  if (pullRequest && (pullRequest.state !== "Open" || isSame(pullRequest, data))) return [];
  return [{ type: "PullRequestOpened", data: { ...of(promotion), ...data } }];
}

const isSame = (one: { number: number; head: string }, other: { number: number; head: string }): boolean =>
  one.number === other.number && one.head === other.head;

/** Also of a promotion that ended meanwhile, whose pull request somebody merged before it was closed. */
export function recordMerge(command: CommandOf<"RecordMerge">, state: PipelineState): PipelineEvent[] {
  const { number, commit, by, at } = command;
  const promotion = open(state, command);
  if (!promotion) return [];
  return [
    { type: "PullRequestMerged", data: { ...of(promotion), number, commit, ...(by !== undefined && { by }), at } },
  ];
}

export function recordClosed(command: CommandOf<"RecordPullRequestClosed">, state: PipelineState): PipelineEvent[] {
  const { number, reason, at } = command;
  const promotion = open(state, command);
  return promotion ? [{ type: "PullRequestClosed", data: { ...of(promotion), number, reason, at } }] : [];
}

function open(state: PipelineState, { promotion: id, number }: { promotion: string; number: number }) {
  const promotion = promotionOf(state, id);
  const { pullRequest } = promotion ?? {};
  return pullRequest?.number === number && pullRequest.state === "Open" ? promotion : undefined;
}
