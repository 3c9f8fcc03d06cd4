import { condition } from "@temporalio/workflow";
import type { Outcome } from "../domain/application/command.ts";
import { givenUp, type Left, stopped } from "./desk.ts";
import { type Attempt, noted } from "./notes.ts";
import type { Planned } from "./apply.ts";

/**
 * Waits for an operator's yes to what is only deleted then: a signal, without a timer and outside of the operation's limit. Returns
 * how the operation ends when it is told to stop or makes way for a newer one instead.
 */
export async function confirmed(work: Attempt, plan: Planned, left: Left): Promise<Outcome | undefined> {
  const { desk } = work;
  if (!plan.confirm) return undefined;
  if (desk.confirmedBy === undefined) {
    const { objects, count } = plan.confirm;
    await noted(work, { type: "ConfirmationRequested", objects, count });
    desk.phase = "WaitingForConfirmation";
    desk.paused = true;
    await condition(() => desk.confirmedBy !== undefined || givenUp(desk) !== undefined);
    desk.paused = false;
  }
  const by = desk.confirmedBy;
  const early = by === undefined ? givenUp(desk, left) : stopped(desk, left);
  if (early || by === undefined) return early;
  await noted(work, { type: "Confirmed", by });
  return undefined;
}
