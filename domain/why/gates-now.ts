import type { Line } from "../../schemas/api/promotion-routes.ts";
import type { PromotionView } from "../../schemas/promotion-views.ts";

type Verdict = PromotionView["gates"][number];

/**
 * The verdicts of a promotion's gates without what has been overtaken: nothing looks at gates while it is paused or the line is stopped, and
 * approvals are given all the same.
 */
export function gatesNow(promotion: PromotionView, { line, now }: { line: Line; now: string }): Verdict[] {
  const stands = line.stopped && promotion.phase !== "Ended" && promotion.trigger.type !== "rollback";
  return promotion.gates
    .filter(({ type, state }) => !(stands && type === "stopTheLine" && state === "pass"))
    .map((verdict) => withApprovals(promotion, withoutPast(verdict, now), now));
}

const time = (text: string): number => Date.parse(text);

function withoutPast(verdict: Verdict, now: string): Verdict {
  if (verdict.until === undefined || time(verdict.until) > time(now)) return verdict;
  const { until: _, ...rest } = verdict;
  return rest;
}

/** Counts what was given since the gate was looked at; a gate that looked last at all of them keeps its own words. */
function withApprovals(promotion: PromotionView, verdict: Verdict, now: string): Verdict {
  const required = Number(verdict.evidence["required"]);
  if (verdict.type !== "approval" || verdict.state === "pass" || promotion.phase === "Ended" || !(required > 0))
    return verdict;
  const given = promotion.approvals.filter(
    ({ gate, voided, expiresAt, binding }) =>
      gate === verdict.gate &&
      voided === undefined &&
      (expiresAt === undefined || time(expiresAt) > time(now)) &&
      binding.release === promotion.release &&
      binding.diff === promotion.difference?.digest,
  );
  if (!given.some(({ at }) => time(at) > time(verdict.at))) return verdict;
  const people = [...new Set(given.map(({ by }) => by.name))];
  const missing = required - people.length;
  const by = people.join(" and ");
  if (missing <= 0) return { ...verdict, state: "pass", reason: "Approved", message: `approved by ${by}` };
  const are = required === 1 ? "approval is" : "approvals are";
  return { ...verdict, message: `${missing} of ${required} ${are} missing; approved by ${by}` };
}
