import type { PipelineEvent } from "../../schemas/events/index.ts";
import type { ApprovalBinding, GateVerdict } from "../../schemas/promotion.ts";
import { same } from "../application/same.ts";
import { livePromotion, of } from "./change.ts";
import type { CommandOf } from "./command.ts";
import { evolvePipeline } from "./evolve.ts";
import type { PipelineState, PromotionState } from "./state.ts";

type VoidReason = Extract<PipelineEvent, { type: "ApprovalsVoided" }>["data"]["reason"];

/** What a promotion will change, unless it is as it was; approvals of another difference are void. */
export function recordDifference(command: CommandOf<"RecordDifference">, state: PipelineState): PipelineEvent[] {
  const { digest, blob, counts } = command;
  const promotion = livePromotion(state, command.promotion);
  if (promotion?.phase !== "Waiting" || promotion.difference?.digest === digest) return [];
  const gates = new Set(promotion.approvals.map(({ gate }) => gate));
  return [
    ...[...gates].flatMap((gate) => voided(promotion, gate, "DifferenceChanged")),
    { type: "DifferenceRendered", data: { ...of(promotion), digest, blob, counts } },
  ];
}

/** What gates say that is news; approvals that are over or not asked for any more are void, and missing ones are asked for. */
export function recordVerdicts(command: CommandOf<"RecordVerdicts">, state: PipelineState): PipelineEvent[] {
  const promotion = livePromotion(state, command.promotion);
  if (promotion?.phase !== "Waiting") return [];
  const { verdicts, at } = command;
  const lapsed = [...expired(promotion, at), ...withdrawn(promotion, verdicts)];
  const after = livePromotion(lapsed.reduce(evolvePipeline, state), command.promotion) ?? promotion;
  const said = [...verdicts, ...removed(after, verdicts)]
    .filter((verdict) => isNews(after.verdicts[verdict.gate], verdict))
    .map((verdict): PipelineEvent => ({ type: "GateEvaluated", data: { ...of(promotion), verdict, at } }));
  return [...lapsed, ...said, ...asking(after, command)];
}

function expired(promotion: PromotionState, at: string): PipelineEvent[] {
  const over = promotion.approvals.filter(
    ({ expiresAt }) => expiresAt !== undefined && Date.parse(expiresAt) <= Date.parse(at),
  );
  return [...new Set(over.map(({ gate }) => gate))].map((gate) => ({
    type: "ApprovalsVoided",
    data: {
      ...of(promotion),
      gate,
      by: over.filter((each) => each.gate === gate).map(({ by }) => by.name),
      reason: "Expired",
    },
  }));
}

/** Approvals of gates that are not in the policy any more. */
function withdrawn(promotion: PromotionState, verdicts: readonly GateVerdict[]): PipelineEvent[] {
  const asking = new Set(verdicts.filter(({ type }) => type === "approval").map(({ gate }) => gate));
  const gates = new Set(promotion.approvals.map(({ gate }) => gate).filter((gate) => !asking.has(gate)));
  return [...gates].flatMap((gate) => voided(promotion, gate, "PolicyChanged"));
}

const voided = (promotion: PromotionState, gate: string, reason: VoidReason): PipelineEvent[] => {
  const by = promotion.approvals.filter((each) => each.gate === gate).map((each) => each.by.name);
  return by.length === 0 ? [] : [{ type: "ApprovalsVoided", data: { ...of(promotion), gate, by, reason } }];
};

/** Gates that said something once and are not in the policy any more: they hold nothing. */
const removed = (promotion: PromotionState, verdicts: readonly GateVerdict[]): GateVerdict[] =>
  Object.values(promotion.verdicts)
    .filter(({ gate }) => !verdicts.some((verdict) => verdict.gate === gate))
    .map(({ gate, type }) => ({
      ...{ gate, type, state: "pass", reason: "Removed" },
      ...{ message: "the gate is not in the policy any more", evidence: {} },
    }));

/** Evidence alone is no news: it holds what was measured, and would be said at every look. */
const isNews = (before: GateVerdict | undefined, now: GateVerdict): boolean =>
  before === undefined || !same(withoutEvidence(before), withoutEvidence(now));

function withoutEvidence(verdict: GateVerdict): Omit<GateVerdict, "evidence"> {
  const { evidence: _, ...rest } = verdict;
  return rest;
}

/** Approval gates that wait and have not asked for this release and difference. */
function asking(promotion: PromotionState, command: CommandOf<"RecordVerdicts">): PipelineEvent[] {
  const binding = bindingOf(promotion);
  if (!binding) return [];
  return command.verdicts
    .filter(({ gate, type, state }) => type === "approval" && state === "wait" && !same(promotion.asked[gate], binding))
    .map(({ gate, evidence }) => {
      const required = command.required?.[gate] ?? (typeof evidence.required === "number" ? evidence.required : 1);
      return { type: "ApprovalRequested", data: { ...of(promotion), gate, binding, required, at: command.at } };
    });
}

/** What an approval of a promotion is bound to now; undefined while its difference is not known. */
export const bindingOf = ({ release, difference }: PromotionState): ApprovalBinding | undefined =>
  difference && { release, diff: difference.digest };
