import type { PromotionView } from "../../schemas/promotion-views.ts";
import { type DataOf, type FoldsByType, omit } from "./fold-by-type.ts";

/** What a gate or a person at a gate makes of a promotion. */
export const GATE_FOLDS: FoldsByType<PromotionView> = {
  DifferenceRendered: (before, { digest, blob, counts }, at) => ({
    ...before,
    difference: { digest, blob, counts, at },
  }),
  GateEvaluated: (before, data) => ({ ...before, gates: said(before.gates, data) }),
  ApprovalGiven: (before, data) => ({
    ...before,
    approvals: [...before.approvals, omit(data, "promotion", "stage", "release")],
  }),
  ApprovalRejected: (before, { gate, by, reason, at }) => ({ ...before, rejected: { gate, by, reason, at } }),
  ApprovalsVoided: (before, data) => ({ ...before, approvals: voided(before.approvals, data) }),
};

/** Gates stay in the order in which they spoke first, which is that of the stage. One that is in the policy no more is not shown. */
function said(gates: PromotionView["gates"], { verdict, at }: DataOf<"GateEvaluated">): PromotionView["gates"] {
  const place = gates.findIndex(({ gate }) => gate === verdict.gate);
  if (verdict.reason === "Removed") return gates.filter((_, index) => index !== place);
  const row = { ...verdict, at };
  return place < 0 ? [...gates, row] : gates.with(place, row);
}

function voided(
  approvals: PromotionView["approvals"],
  { gate, by, reason }: DataOf<"ApprovalsVoided">,
): PromotionView["approvals"] {
  return approvals.map((each) =>
    each.gate === gate && each.voided === undefined && by.includes(each.by.name) ? { ...each, voided: reason } : each,
  );
}
