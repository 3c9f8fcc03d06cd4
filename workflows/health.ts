import { condition, log } from "@temporalio/workflow";
import type { Applied, AssessInput, Assessed, Prepared } from "../activities/steps.ts";
import type { Outcome } from "../domain/application/command.ts";
import type { Part } from "../schemas/phases.ts";
import { isSettled } from "../domain/health/settled.ts";
import { type Desk, givenUp } from "./desk.ts";
import { describe, failedWith, mayPass } from "./failure.ts";
import { quick } from "./steps.ts";

/** An operation whose plan is carried out. */
export interface Done {
  application: string;
  operation: string;
  plan: Extract<Prepared, { status: "planned" }>;
  applied: Applied;
  /** The part that is waited for, where there are several. */
  part?: Part;
}

/**
 * Waits until what was applied is healthy and what was deleted is gone. Nothing polls: a signal of the watch, or else a timer that doubles, leads to one
 * fresh read. Degraded fails the operation only when every read over the grace says so: rollouts pass through it.
 */
export async function becomeHealthy(desk: Desk, done: Done): Promise<Outcome> {
  const seen = await settledHealth(desk, done);
  return "result" in seen ? seen : succeeded(done.applied, seen);
}

/** The health that was waited for, or how the operation ended while it waited. A failed hook of the part is final at once. */
export async function settledHealth(desk: Desk, done: Done): Promise<Assessed | Outcome> {
  const { degradedGraceMs, recheckMs, longestRecheckMs } = done.plan.waits;
  const { inventory } = done.applied;
  let seen: Assessed = done.applied;
  let pause = recheckMs;
  let degradedSince: number | undefined;

  while (!isSettled(seen.health)) {
    degradedSince = seen.health === "Degraded" ? (degradedSince ?? Date.now()) : undefined;
    const graceLeft = degradedSince === undefined ? Infinity : degradedSince + degradedGraceMs - Date.now();
    if (graceLeft <= 0) return degraded(done, seen);

    const left = { inventory, report: seen.report, waitingFor: seen.unhealthy };
    const told = await condition(() => desk.stirred || givenUp(desk) !== undefined, Math.min(pause, graceLeft));
    const early = givenUp(desk, left);
    if (early) return early;
    pause = told ? recheckMs : Math.min(pause * 2, longestRecheckMs);

    const read = await reread(desk, done, seen);
    if ("result" in read) return read;
    if (read.failures && read.failures.length > 0) return hookFailed(done, read);
    seen = read;
  }
  return seen;
}

/** How an operation ends of which a hook failed. */
export function hookFailed(
  { applied }: Pick<Done, "applied">,
  { failures = [], report, whole, health }: Assessed,
): Outcome {
  const [first] = failures;
  const { counts, inventory } = applied;
  const why = first ? `${first.object}${first.message ? `: ${first.message}` : ""}` : "see the report";
  return {
    result: "Failed",
    code: "HookFailed",
    message: `a hook failed: ${why}`,
    failures,
    counts,
    inventory,
    report,
    health: whole ?? health,
  };
}

/** A fresh look at live health. A cluster out of reach says nothing new; a failure that can't pass ends the operation. */
async function reread(desk: Desk, done: Done, seen: Assessed): Promise<Assessed | Outcome> {
  const { application, operation, plan, applied } = done;
  const { cluster } = plan;
  const { part } = done;
  const { report } = seen;
  const { inventory } = applied;
  const input: AssessInput = { application, operation, cluster, report, inventory, ...(part && { part }) };
  desk.stirred = false;
  try {
    return await quick.assess(input);
  } catch (error) {
    const failure = describe(error);
    if (!mayPass(failure)) return failedWith(failure, { inventory, report });
    log.warn("health could not be read, trying again later", { operation, code: failure.code });
    return { ...seen, health: "Unknown" };
  }
}

/** How an operation ends that is done. */
export const succeeded = (applied: Applied, { health, whole, report }: Assessed): Outcome => ({
  result: "Succeeded",
  counts: applied.counts,
  inventory: applied.inventory,
  refused: applied.refused,
  report,
  health: whole ?? health,
});

function degraded({ applied, plan }: Done, { health, whole, report, unhealthy }: Assessed): Outcome {
  const worst = unhealthy.filter(({ reason }) => reason === "Degraded");
  const [first] = worst;
  const which = first ? `${first.object}${first.message ? `: ${first.message}` : ""}` : "see the report";
  return {
    result: "Failed",
    code: "HealthDegraded",
    message: `applied, but degraded for ${Math.round(plan.waits.degradedGraceMs / 1_000)} s: ${which}`,
    failures: worst.length > 0 ? worst : unhealthy,
    counts: applied.counts,
    inventory: applied.inventory,
    report,
    health: whole ?? health,
  };
}
