import { SluiceError } from "../../schemas/errors.ts";
import type { PipelineEvent } from "../../schemas/events/index.ts";
import type { Actor } from "../../schemas/operation.ts";
import { livePromotion, of, promotionOf, stageOf } from "./change.ts";
import type { CommandOf } from "./command.ts";
import { leftBy } from "./left.ts";
import { policyRollback, rollsBack, touched } from "./rollback.ts";
import type { PipelineState, PromotionState } from "./state.ts";

const SLUICE: Actor = { kind: "system", name: "sluice" };

/** A promotion that an operator names. Throws NotFound; `over` says what can't be done to one that has ended. */
export function existingPromotion(state: PipelineState, id: string): PromotionState {
  const promotion = promotionOf(state, id);
  if (promotion) return promotion;
  const known = state.ended.includes(id);
  throw new SluiceError(
    known ? "Conflict" : "NotFound",
    known ? `promotion ${id} has ended` : `the pipeline has no promotion ${id}`,
    { next: "list them with: sluice promotion list" },
  );
}

/** A promotion that an operator names and that has not ended. Throws NotFound and Conflict. */
export function runningPromotion(state: PipelineState, id: string): PromotionState {
  const promotion = existingPromotion(state, id);
  if (promotion.phase !== "Ended") return promotion;
  throw new SluiceError("Conflict", `promotion ${id} has ended: ${promotion.result}`, {
    next: `ask for another one with: sluice promote`,
  });
}

/** An operator ends a promotion wherever it is; what it leaves is said. Nothing when it was aborted before. */
export function abort(command: CommandOf<"AbortPromotion">, state: PipelineState): PipelineEvent[] {
  if (promotionOf(state, command.promotion)?.result === "Aborted") return [];
  return aborted(runningPromotion(state, command.promotion), command, state);
}

/** The events of an abort: what a person ends does not come back by itself. */
export function aborted(
  promotion: PromotionState,
  { by, reason, at }: { by: Actor; reason?: string; at: string },
  state: PipelineState,
): PipelineEvent[] {
  const more = reason === undefined ? {} : { reason };
  return [
    { type: "PromotionAborted", data: { ...of(promotion), by, ...more, left: leftBy(state, promotion), at } },
    ...(by.kind === "system" ? [] : exclusion(state, promotion, "ByHand", by)),
  ];
}

export function pause(command: CommandOf<"PausePromotion">, state: PipelineState): PipelineEvent[] {
  const { by, reason, at } = command;
  const promotion = runningPromotion(state, command.promotion);
  if (promotion.paused) return [];
  return [{ type: "PromotionPaused", data: { ...of(promotion), by, ...(reason !== undefined && { reason }), at } }];
}

export function resume(command: CommandOf<"ResumePromotion">, state: PipelineState): PipelineEvent[] {
  const { by, at } = command;
  const promotion = runningPromotion(state, command.promotion);
  return promotion.paused ? [{ type: "PromotionResumed", data: { ...of(promotion), by, at } }] : [];
}

/** All of it is in the stage and verified; nothing unless it has come that far. */
export function succeed({ promotion: id, at }: CommandOf<"Succeed">, state: PipelineState): PipelineEvent[] {
  const promotion = livePromotion(state, id);
  if (!promotion || !isDone(promotion)) return [];
  const durationMs = Math.max(0, Date.parse(at) - Date.parse(promotion.requestedAt));
  return [
    { type: "PromotionSucceeded", data: { ...of(promotion), at, durationMs } },
    { type: "ReleaseVerified", data: { ...of(promotion), at } },
    ...holding(state, promotion),
  ];
}

/** What a person brought is kept where it is older than what ran there, and where the stage is held at something else by now. */
function holding(state: PipelineState, { stage, release, trigger, hold }: PromotionState): PipelineEvent[] {
  const { held } = stageOf(state, stage);
  if (trigger.type !== "manual" || held?.release === release || (!hold && !held)) return [];
  return [{ type: "StageHeld", data: { stage, release, by: trigger.actor } }];
}

/** Its waves are completed, and its verification, if there is one, found it good. */
function isDone({ phase, waves, verifications }: PromotionState): boolean {
  if (phase !== "Syncing" && phase !== "Verifying") return false;
  if (waves.some(({ completedAt }) => completedAt === undefined)) return false;
  const run = verifications.findLast(({ gate }) => gate === undefined);
  return phase === "Syncing" || (run !== undefined && (run.judged?.verdict ?? run.phase) === "Successful");
}

/** It can't be done; by policy the stage goes back to what was verified last. */
export function fail(command: CommandOf<"Fail">, state: PipelineState): PipelineEvent[] {
  const promotion = livePromotion(state, command.promotion);
  return promotion ? failed(promotion, command, state) : [];
}

/** The events of a failure: the release does not come back by itself, and the policy's rollback is asked for. */
export function failed(
  promotion: PromotionState,
  { code, message, left, at, by = SLUICE }: Omit<CommandOf<"Fail">, "type" | "promotion"> & { by?: Actor },
  state: PipelineState,
): PipelineEvent[] {
  const undone = { release: promotion.release, promotion: promotion.promotion, at };
  return [
    { type: "PromotionFailed", data: { ...of(promotion), code, message, left, at } },
    ...exclusion(state, promotion, REASONS[code] ?? (touched(promotion) ? "SyncFailed" : "MoveFailed"), by),
    ...(rollsBack(state, promotion, code) ? policyRollback(state, promotion.stage, undone, at) : []),
  ];
}

type Reason = Extract<PipelineEvent, { type: "ReleaseExcluded" }>["data"]["reason"];

const REASONS: Record<string, Reason> = {
  ApprovalRejected: "ByHand",
  PullRequestClosed: "ByHand",
  HealthDegraded: "HealthLost",
  VerificationFailed: "VerificationFailed",
  VerificationError: "VerificationFailed",
};

/** Only what a rollback brings is not excluded when it fails: it was good here. */
function exclusion(state: PipelineState, promotion: PromotionState, reason: Reason, by: Actor): PipelineEvent[] {
  const { stage, release, trigger } = promotion;
  const { excluded, current } = stageOf(state, stage);
  const known = excluded.some((each) => each.release === release);
  // What the stage runs is not made bad by a promotion of it that did not come to anything.
  const runs = current?.release === release && !touched(promotion);
  if (known || runs || trigger.type === "rollback") return [];
  return [{ type: "ReleaseExcluded", data: { stage, release, by, reason, promotion: promotion.promotion } }];
}
