import { SluiceError } from "../../schemas/errors.ts";
import type { PipelineEvent } from "../../schemas/events/index.ts";
import type { ApprovalBinding } from "../../schemas/promotion.ts";
import { same } from "../application/same.ts";
import { of, promotionOf } from "./change.ts";
import type { CommandOf } from "./command.ts";
import { leftBy } from "./left.ts";
import { bindingOf } from "./gates.ts";
import { existingPromotion, failed, runningPromotion } from "./finish.ts";
import type { PipelineState, PromotionState } from "./state.ts";

type Decision = CommandOf<"GiveApproval"> | CommandOf<"RejectApproval">;

/** A person's yes, once; whether the person may was looked at before. Throws NotFound, and Conflict for what is not asked any more. */
export function approve(command: CommandOf<"GiveApproval">, state: PipelineState): PipelineEvent[] {
  const { gate, binding, by, groups, comment, via, linkBy, at, expiresAt, own } = command;
  const before = promotionOf(state, command.promotion)?.approvals.find((each) => isOf(each, command));
  if (before && !isOver(before.expiresAt, at)) return [];
  const promotion = asked(command, state);
  const lapsed: PipelineEvent[] = before
    ? [{ type: "ApprovalsVoided", data: { ...of(promotion), gate, by: [by.name], reason: "Expired" } }]
    : [];
  const again: PipelineEvent[] = before
    ? [{ type: "ApprovalRequested", data: { ...of(promotion), gate, binding, required: 1, at } }]
    : [];
  return [
    ...lapsed,
    ...again,
    {
      type: "ApprovalGiven",
      data: {
        ...{ ...of(promotion), gate, binding, by, groups, via, at },
        ...(comment !== undefined && { comment }),
        ...(linkBy !== undefined && { linkBy }),
        ...(expiresAt !== undefined && { expiresAt }),
        ...(own && { own }),
      },
    },
  ];
}

/** A person's no: the promotion ends with it. Throws as an approval does. */
export function reject(command: CommandOf<"RejectApproval">, state: PipelineState): PipelineEvent[] {
  const { gate, binding, by, reason, via, linkBy, at } = command;
  const before = promotionOf(state, command.promotion)?.rejected;
  if (before && before.gate === gate && same(before.by, by)) return [];
  const promotion = asked(command, state);
  const end = {
    ...{ code: "ApprovalRejected", message: `${by.name} said no at gate ${gate}: ${reason}` },
    ...{ left: leftBy(state, promotion), at, by },
  };
  return [
    {
      type: "ApprovalRejected",
      data: { ...of(promotion), gate, binding, by, reason, via, at, ...(linkBy !== undefined && { linkBy }) },
    },
    ...failed(promotion, end, state),
  ];
}

const isOf = (
  each: { gate: string; binding: ApprovalBinding; by: { name: string } },
  { gate, binding, by }: Decision,
): boolean => each.gate === gate && each.by.name === by.name && same(each.binding, binding);

const isOver = (expiresAt: string | undefined, at: string): boolean =>
  expiresAt !== undefined && Date.parse(expiresAt) <= Date.parse(at);

/** The promotion if its gate asks for exactly this decision now. */
function asked({ promotion: id, gate, binding }: Decision, state: PipelineState): PromotionState {
  existingPromotion(state, id);
  const promotion = runningPromotion(state, id);
  const next = `look at it with: sluice why ${id}`;
  if (promotion.phase !== "Waiting") {
    const how = promotion.phase === "Queued" ? "waits for its turn" : "has passed its gates";
    throw new SluiceError("Conflict", `promotion ${id} ${how}: no decision is asked for`, { next });
  }
  const expected = Object.hasOwn(promotion.asked, gate) ? promotion.asked[gate] : undefined;
  if (!expected) throw new SluiceError("Conflict", `gate ${gate} of promotion ${id} asks for no approval`, { next });
  if (!same(expected, binding) || !same(bindingOf(promotion), binding)) {
    throw new SluiceError("Conflict", `what promotion ${id} changes is not any more what was looked at`, {
      next: `look at it again with: sluice promotion diff ${id}`,
    });
  }
  return promotion;
}
