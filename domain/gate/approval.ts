import type { Approval } from "../../schemas/kinds/gate.ts";
import type { ApprovalRecord, PromotionState } from "../promotion/state.ts";
import { instantOf, type Judged, type Said, say, textOf } from "./input.ts";

const said = say("approval");

/** Whether enough different people said yes to exactly this release and difference, and still may. */
export function judgeApproval({ gate, promotion, now }: Judged): Said {
  const approval = gate.approval!;
  const deciders = [...approval.groups, ...approval.people];
  if (!promotion.difference) {
    return said("wait", "DifferencePending", "what the promotion changes has to be known first", { deciders });
  }
  const counting = countingApprovals({ gate: gate.name, approval, promotion, now });
  const evidence = {
    required: approval.required,
    binding: bindingOf(promotion),
    approvals: counting.map(({ by, at }) => ({ by: by.name, at })),
  };
  const expiry = counting.flatMap((one) => endOf(one) ?? []);
  const until = expiry.length === 0 ? {} : { until: textOf(Math.min(...expiry)) };
  const names = counting.map(({ by }) => by.name).join(" and ");
  if (counting.length >= approval.required) {
    return said("pass", "Approved", `approved by ${names}`, { evidence, ...until, deciders });
  }
  const missing = approval.required - counting.length;
  const so = counting.length === 0 ? "" : `; approved by ${names}`;
  const message = `${missing} of ${approval.required} ${approval.required === 1 ? "approval is" : "approvals are"} missing${so}`;
  return said("wait", "ApprovalsMissing", message, { evidence, ...until, deciders });
}

const bindingOf = ({ release, difference }: PromotionState) => ({ release, diff: difference?.digest ?? "" });

/** The approvals of a gate that count at an instant, the first of each person: for another release or difference none does. */
export function countingApprovals(input: {
  gate: string;
  approval: Approval;
  promotion: PromotionState;
  /** RFC 3339. */
  now: string;
}): ApprovalRecord[] {
  const { gate, approval, promotion, now } = input;
  const binding = bindingOf(promotion);
  const counts = (record: ApprovalRecord): boolean =>
    record.gate === gate &&
    record.binding.release === binding.release &&
    record.binding.diff === binding.diff &&
    (endOf(record) ?? Infinity) > instantOf(now) &&
    mayStill(record, approval, promotion);
  const people = new Map<string, ApprovalRecord>();
  for (const record of promotion.approvals) {
    if (counts(record) && !people.has(record.by.name)) people.set(record.by.name, record);
  }
  return [...people.values()];
}

/** When an approval ends: as it was given, never as its gate says now. */
const endOf = ({ expiresAt }: ApprovalRecord): number | undefined =>
  expiresAt === undefined ? undefined : instantOf(expiresAt);

/** Whether the gate as it is now would take it: whose own it is was looked at when it was given. */
function mayStill(
  { by, groups, own: marked, comment = "" }: ApprovalRecord,
  approval: Approval,
  { trigger }: PromotionState,
): boolean {
  const named = approval.people.includes(by.name) || groups.some((group) => approval.groups.includes(group));
  const own = marked ?? trigger.actor.name === by.name;
  return named && (approval.allowSelfApproval || !own) && (!approval.requireComment || comment.trim() !== "");
}
