import { durationMs } from "../../schemas/duration.ts";
import type { PipelineEvent } from "../../schemas/events/index.ts";
import type { Actor } from "../../schemas/operation.ts";
import { of, stageOf } from "./change.ts";
import type { CommandOf } from "./command.ts";
import { promotionId } from "./id.ts";
import { configuredStage } from "./obstacle.ts";
import { mayMakeWay, runningIn, supersededBy } from "./queue.ts";
import type { PipelineState, PromotionState, ReleaseIn, StageState } from "./state.ts";

const SLUICE: Actor = { kind: "system", name: "sluice" };

/** Id of the rollback that undoes a promotion by policy: one each. */
export const rollbackId = (state: PipelineState, undone: ReleaseIn, stage: string, release: string): string =>
  promotionId({ pipeline: "", incarnation: state.incarnation, stage, release, cause: `rollback/${undone.promotion}` });

/** What a stage goes back to: what it verified last, other than the release it leaves and what somebody excluded since. */
export function rollbackTarget(state: PipelineState, stage: string, leaving: string): ReleaseIn | undefined {
  const { verified, excluded } = stageOf(state, stage);
  return verified.findLast(
    ({ release }) =>
      release !== leaving && !excluded.some((each) => each.release === release && each.reason === "ByHand"),
  );
}

/**
 * What a rollback leaves that nobody named a release for: what moves now; else what was on its way when the stage was left half changed, and
 * where that was a rollback, what it was to undo; else what the stage runs. Undefined where that is not known.
 */
export function leaving(state: PipelineState, stage: string): Left | undefined {
  const running = runningIn(state, stage);
  if (running && !mayMakeWay(running)) return running;
  const { current, disturbed } = stageOf(state, stage);
  if (!disturbed) return current;
  let moved = state.ended
    .flatMap((id) => state.promotions[id] ?? [])
    .findLast((each) => each.stage === stage && each.result !== "Succeeded" && touched(each));
  while (moved?.trigger.type === "rollback") moved = state.promotions[moved.undoes ?? ""];
  return moved;
}

type Left = Pick<ReleaseIn, "release" | "promotion">;

/** Codes of failures that say nothing bad of the applications: nobody goes back for them. */
const NOT_ROLLED_BACK: ReadonlySet<string> = new Set([
  "ApprovalRejected",
  "PullRequestClosed",
  "VerificationError",
  "VerificationFailed",
]);

/** Whether the stage's policy goes back when a promotion fails with this code. A rollback that fails is left to people. */
export function rollsBack(state: PipelineState, promotion: PromotionState, code: string): boolean {
  const policy = configuredStage(state, promotion.stage)?.rollback;
  if (!policy || promotion.trigger.type === "rollback") return false;
  if (code === "VerificationFailed") return policy.onFailedVerification && touched(promotion);
  return policy.onFailedHealth && touched(promotion) && !NOT_ROLLED_BACK.has(code);
}

/** Whether an application was set to it: before that nothing of it was tried. */
export const touched = ({ targets }: PromotionState): boolean => Object.keys(targets).length > 0;

/** The rollback of what a promotion brought, by policy; nothing when there is nothing verified to go back to. */
export function policyRollback(state: PipelineState, stage: string, undone: ReleaseIn, at: string): PipelineEvent[] {
  const target = rollbackTarget(state, stage, undone.release);
  if (!target) return [];
  const promotion = rollbackId(state, undone, stage, target.release);
  return [
    ...supersededBy(promotion, overtaken(state, stage), at),
    {
      type: "PromotionRequested",
      data: {
        ...{ promotion, stage, release: target.release, requestedAt: at, undoes: undone.promotion },
        trigger: { type: "rollback", actor: SLUICE, cause: undone.promotion },
        from: undone.release,
      },
    },
  ];
}

/** The one that waits at its gates makes way; those in the queue stay behind the rollback. */
function overtaken(state: PipelineState, stage: string): PromotionState[] {
  const running = state.promotions[stageOf(state, stage).running ?? ""];
  return running?.phase === "Waiting" && running.trigger.type !== "rollback" ? [running] : [];
}

/** Until when lost health leads back by policy, in milliseconds. */
function goesBackUntil(state: PipelineState, stage: string): number {
  const policy = configuredStage(state, stage)?.rollback;
  const { current } = stageOf(state, stage);
  if (!policy?.onFailedHealth || !current) return -Infinity;
  return Date.parse(current.at) + durationMs(policy.within);
}

/** What the stage runs as a whole, while no promotion changes it nor has left it half changed. */
function settled(state: PipelineState, stage: string): StageState["current"] {
  const { current, running, disturbed } = stageOf(state, stage);
  const phase = state.promotions[running ?? ""]?.phase;
  return (phase === undefined || phase === "Waiting") && !disturbed ? current : undefined;
}

/** Whether what the stage runs can lose its verification: it has one, and no promotion changes the stage. */
export const canLoseHealth = (state: PipelineState, stage: string): boolean =>
  settled(state, stage)?.verifiedAt !== undefined;

/** Whether what the stage runs lost its verification with its health, and nobody wants it away. */
export function canRegainHealth(state: PipelineState, stage: string): boolean {
  const current = settled(state, stage);
  if (!current || current.verifiedAt !== undefined) return false;
  return !stageOf(state, stage).excluded.some(({ release }) => release === current.release);
}

/**
 * Health that was lost after a promotion: what was verified is not any more, so that no stage behind takes it; soon after the promotion
 * the policy goes back.
 */
export function loseHealth(
  { stage, message, at, byHand }: CommandOf<"LoseHealth">,
  state: PipelineState,
): PipelineEvent[] {
  const { current, excluded } = stageOf(state, stage);
  if (!current || !canLoseHealth(state, stage)) return [];
  const lost: PipelineEvent = { type: "ReleaseUnverified", data: { ...of({ ...current, stage }), reason: message } };
  const isRollback = state.promotions[current.promotion]?.trigger.type === "rollback";
  if (byHand || isRollback || Date.parse(at) > goesBackUntil(state, stage)) return [lost];
  const { release, promotion } = current;
  const known = excluded.some((each) => each.release === release);
  const exclusion: PipelineEvent[] = known
    ? []
    : [{ type: "ReleaseExcluded", data: { stage, release, by: SLUICE, reason: "HealthLost", promotion } }];
  return [lost, ...exclusion, ...policyRollback(state, stage, current, at)];
}

/** Health that is back: what the stage runs is verified from now on, and soaks anew in the stages behind. */
export function regainHealth({ stage, at }: CommandOf<"RegainHealth">, state: PipelineState): PipelineEvent[] {
  const { current } = stageOf(state, stage);
  if (!current || !canRegainHealth(state, stage)) return [];
  return [{ type: "ReleaseVerified", data: { ...of({ ...current, stage }), at } }];
}
