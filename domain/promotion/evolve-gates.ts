import type { PipelineEvent } from "../../schemas/events/index.ts";
import { type DataOf, keepMembers, withPromotion } from "./change.ts";
import type { ApprovalRecord, PipelineState, PromotionState } from "./state.ts";

const TYPES = [
  "DifferenceRendered",
  "GateEvaluated",
  "ApprovalRequested",
  "ApprovalGiven",
  "ApprovalRejected",
  "ApprovalsVoided",
] as const satisfies readonly PipelineEvent["type"][];
type GateEvent = Extract<PipelineEvent, { type: (typeof TYPES)[number] }>;

export const isGateEvent = (event: PipelineEvent): event is GateEvent =>
  (TYPES as readonly string[]).includes(event.type);

/** The pipeline after a gate spoke, or a person at a gate. */
export function evolveGates(state: PipelineState, event: GateEvent): PipelineState {
  return withPromotion(state, event.data.promotion, (promotion) => evolve(promotion, event));
}

function evolve(promotion: PromotionState, event: GateEvent): PromotionState {
  switch (event.type) {
    case "DifferenceRendered":
      return rendered(promotion, event.data);
    case "GateEvaluated": {
      const { verdict } = event.data;
      return { ...promotion, verdicts: { ...promotion.verdicts, [verdict.gate]: verdict } };
    }
    case "ApprovalRequested": {
      const { gate, binding } = event.data;
      return { ...promotion, asked: { ...promotion.asked, [gate]: binding } };
    }
    case "ApprovalGiven":
      return { ...promotion, approvals: [...promotion.approvals, recordOf(event.data)] };
    case "ApprovalRejected": {
      const { gate, by } = event.data;
      return { ...promotion, rejected: { gate, by } };
    }
    case "ApprovalsVoided":
      return voided(promotion, event.data);
  }
}

/** What approval gates said of another difference counts no more. */
function rendered(promotion: PromotionState, { digest, blob, counts }: DataOf<"DifferenceRendered">): PromotionState {
  return {
    ...promotion,
    difference: { digest, blob, counts },
    verdicts: keepMembers(promotion.verdicts, ({ type }) => type !== "approval"),
    asked: keepMembers(promotion.asked, ({ diff }) => diff === digest),
  };
}

const recordOf = ({
  gate,
  binding,
  by,
  groups,
  comment,
  at,
  expiresAt,
  own,
}: DataOf<"ApprovalGiven">): ApprovalRecord => ({
  ...{ gate, binding, by, groups, at },
  ...(comment !== undefined && { comment }),
  ...(expiresAt !== undefined && { expiresAt }),
  ...(own && { own }),
});

function voided(promotion: PromotionState, { gate, by }: DataOf<"ApprovalsVoided">): PromotionState {
  const gone = new Set(by);
  return {
    ...promotion,
    approvals: promotion.approvals.filter((record) => record.gate !== gate || !gone.has(record.by.name)),
    verdicts: keepMembers(promotion.verdicts, (_, name) => name !== gate),
    asked: keepMembers(promotion.asked, (_, name) => name !== gate),
  };
}
