import { condition } from "@temporalio/workflow";
import type { Applied, ApplyInput, Prepared } from "../activities/steps.ts";
import type { Outcome } from "../domain/application/command.ts";
import { type Desk, stopped } from "./desk.ts";
import { describe, failedWith } from "./failure.ts";
import { applyOn } from "./steps.ts";
import { until } from "./until.ts";

export type Planned = Extract<Prepared, { status: "planned" }>;

/** Only a terminate or the limit cuts an apply short, and then its own last word is awaited: no two writers, nothing unrecorded. */
export async function apply(desk: Desk, plan: Planned, input: ApplyInput): Promise<Applied | Outcome> {
  const { inventory, report } = input;
  const left = { ...(inventory !== undefined && { inventory }), ...(report !== undefined && { report }) };
  if (desk.acting) await condition(() => desk.acting !== true);
  try {
    return await until(
      () => desk.stop !== undefined,
      () => applyOn(plan, input),
    );
  } catch (error) {
    return stopped(desk, left) ?? failedWith(describe(error), left);
  }
}

/** How an operation ends of which not everything could be applied; undefined when everything was. */
export function notApplied({ failures, interrupted, ...applied }: Applied): Outcome | undefined {
  const { counts, inventory, report } = applied;
  // Never taken for done: a worker that ends while it applies reports a failure that is retried, not a part.
  if (failures.length === 0) return interrupted ? failedWith(CUT_SHORT, { inventory, report }) : undefined;
  const [first] = failures;
  const more = counts.failed > 1 ? ` and ${counts.failed - 1} more` : "";
  const which = first ? `${first.object}${first.message ? `: ${first.message}` : ""}${more}` : "see the report";
  return {
    result: "Failed",
    code: "ApplyFailed",
    message: `not everything could be applied: ${which}`,
    failures,
    counts,
    inventory,
    report,
    health: applied.whole ?? applied.health,
  };
}

const CUT_SHORT = { code: "Unavailable", message: "the apply was cut short before its last object" } as const;
