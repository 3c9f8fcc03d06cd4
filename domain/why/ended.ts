import type { PromotionWhy } from "../../schemas/api/promotion-routes.ts";
import type { PromotionView } from "../../schemas/promotion-views.ts";
import { OPERATORS, type PromotionCause } from "./gate.ts";
import { toleratedCauses } from "./mixed.ts";

/** How a promotion ended, what it left, and what can be done after it. */
export function ended(
  promotion: PromotionView,
  { pipeline, promotions }: { pipeline: { name: string }; promotions: readonly PromotionView[] },
): { standing: PromotionWhy["standing"]; causes: PromotionCause[] } {
  const { stage, result, endedAt, code, message, rejected, abortedBy, supersededBy, left = [] } = promotion;
  const since = endedAt === undefined ? {} : { since: endedAt };
  const again = `sluice promote ${pipeline.name} ${stage} ${promotion.release.slice(0, 12)}`;
  const leftText = leftover(left);
  switch (result) {
    case "Failed": {
      const undone = promotions.find(({ undoes }) => undoes === promotion.promotion);
      const told = `${message ?? "it failed"}${leftText}`;
      const causes = [
        {
          reason: code ?? "Failed",
          message: told,
          ...since,
          who: OPERATORS,
          next: undone ? `sluice why ${undone.promotion}` : again,
        },
      ];
      return { standing: "Failed", causes };
    }
    case "Aborted": {
      const by = rejected
        ? `${rejected.by.name} rejected it at gate ${rejected.gate}: ${rejected.reason}`
        : `${abortedBy?.name ?? "somebody"} ended it${message === undefined ? "" : `: ${message}`}`;
      const reason = rejected ? "Rejected" : "Aborted";
      return {
        standing: "Aborted",
        causes: [{ reason, message: `${by}${leftText}`, ...since, who: OPERATORS, next: again }],
      };
    }
    case "Superseded": {
      const by = supersededBy === undefined ? "a newer one" : `promotion ${supersededBy}`;
      const next = supersededBy === undefined ? again : `sluice why ${supersededBy}`;
      return {
        standing: "Superseded",
        causes: [
          {
            reason: "Superseded",
            message: `${by} took its place before it began to move`,
            ...since,
            who: OPERATORS,
            next,
          },
        ],
      };
    }
    case "Succeeded":
      return { standing: "Done", causes: toleratedCauses(promotion) };
    case undefined:
      return { standing: "Done", causes: [] };
  }
}

const MOST_LEFT = 5;

/** What an ended promotion left its stage in. */
function leftover(left: NonNullable<PromotionView["left"]>): string {
  if (left.length === 0) return "";
  const some = left
    .slice(0, MOST_LEFT)
    .map(
      ({ application, release, state }) =>
        `${application} ${state}${release === null ? "" : ` at ${release.slice(0, 12)}`}`,
    );
  return `; it left ${some.join(", ")}${left.length > some.length ? ` and ${left.length - some.length} more` : ""}`;
}
