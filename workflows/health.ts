import { condition, log, patched } from "@temporalio/workflow";
import type { Applied, AssessInput, Assessed, Prepared } from "../activities/steps.ts";
import type { Outcome } from "../domain/application/command.ts";
import type { Part } from "../schemas/phases.ts";
import { isSettled } from "../domain/health/settled.ts";
import { type Desk, givenUp } from "./desk.ts";
import { describe, failedWith, mayPass } from "./failure.ts";
import { brief, quick } from "./steps.ts";

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
  let seen: Assessed = done.applied;
  let pause = recheckMs;
  let degradedSince: number | undefined;

  while (!isSettled(seen.health)) {
    degradedSince = seen.health === "Degraded" ? (degradedSince ?? Date.now()) : undefined;
    const graceLeft = degradedSince === undefined ? Infinity : degradedSince + degradedGraceMs - Date.now();
    if (graceLeft <= 0) return degraded(done, seen);

    const told = await condition(() => desk.stirred || givenUp(desk) !== undefined, Math.min(pause, graceLeft));
    if (givenUp(desk)) return await lastWord(desk, done, seen);
    pause = told ? recheckMs : Math.min(pause * 2, longestRecheckMs);

    const read = await reread(desk, done, seen);
    if ("result" in read) return read;
    if (read.failures && read.failures.length > 0) return hookFailed(done, read);
    seen = read;
  }
  return seen;
}

/** How a wait ends that is given up. At the limit there is one more look, so that it tells of now and not of its beginning. */
async function lastWord(desk: Desk, done: Done, seen: Assessed): Promise<Assessed | Outcome> {
  const late = desk.stop?.why === "timedOut" && patched("last-look");
  const now = late ? await lastLook(done, seen) : seen;
  if (late && isSettled(now.health) && !now.failures?.length) return now;
  const { report, unhealthy, health, whole } = now;
  const { inventory } = done.applied;
  const left = { inventory, report, waitingFor: unhealthy, health: whole ?? health, ...appliedAll(done) };
  return givenUp(desk, left) ?? now;
}

/** What can't be read soon stays as it was seen. */
async function lastLook(done: Done, seen: Assessed): Promise<Assessed> {
  try {
    return await brief.assess(assessInput(done, seen));
  } catch (error) {
    log.warn("health could not be read at the limit", { operation: done.operation, code: describe(error).code });
    return seen;
  }
}

/** Said where no part is left that applies or prunes. */
function appliedAll({ part, plan }: Pick<Done, "part" | "plan">): { applied?: true } {
  if (part === undefined) return { applied: true };
  const parts = plan.waves ?? [];
  const at = parts.findIndex(({ phase, wave }) => phase === part.phase && wave === part.wave);
  const writes = parts.slice(at + 1).some(({ phase }) => phase === "Sync" || phase === "Prune");
  return at === -1 || writes || part.phase === "SyncFail" ? {} : { applied: true };
}

/** How an operation ends of which a hook failed. */
export function hookFailed(
  done: Pick<Done, "applied"> & Partial<Pick<Done, "part" | "plan">>,
  { failures = [], report, whole, health }: Assessed,
): Outcome {
  const { applied, part, plan } = done;
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
    ...(plan && appliedAll({ plan, ...(part && { part }) })),
  };
}

/** A fresh look at live health. A cluster out of reach says nothing new; a failure that can't pass ends the operation. */
async function reread(desk: Desk, done: Done, seen: Assessed): Promise<Assessed | Outcome> {
  const { inventory } = done.applied;
  const { report } = seen;
  desk.stirred = false;
  try {
    return await quick.assess(assessInput(done, seen));
  } catch (error) {
    const failure = describe(error);
    if (!mayPass(failure)) return failedWith(failure, { inventory, report });
    log.warn("health could not be read, trying again later", { operation: done.operation, code: failure.code });
    return { ...seen, health: "Unknown" };
  }
}

const assessInput = ({ application, operation, plan, applied, part }: Done, { report }: Assessed): AssessInput => ({
  ...{ application, operation, cluster: plan.cluster, report, inventory: applied.inventory },
  ...(part && { part }),
});

/** How an operation ends that is done. */
export const succeeded = (applied: Applied, { health, whole, report }: Assessed): Outcome => ({
  result: "Succeeded",
  counts: applied.counts,
  inventory: applied.inventory,
  refused: applied.refused,
  report,
  health: whole ?? health,
});

function degraded(done: Done, { health, whole, report, unhealthy }: Assessed): Outcome {
  const { applied, plan, part } = done;
  const worst = unhealthy.filter(({ reason }) => reason === "Degraded");
  const [first] = worst;
  const which = first ? `${first.object}${first.message ? `: ${first.message}` : ""}` : "see the report";
  const seconds = Math.round(plan.waits.degradedGraceMs / 1_000);
  // A part without objects of the application's own has only hooks that can be degraded.
  const ofHooks = part !== undefined && part.phase !== "Sync" && part.phase !== "Prune";
  return {
    result: "Failed",
    code: ofHooks ? "HookFailed" : "HealthDegraded",
    message: `${ofHooks ? "a hook failed:" : "applied, but"} degraded for ${seconds} s: ${which}`,
    failures: worst.length > 0 ? worst : unhealthy,
    counts: applied.counts,
    inventory: applied.inventory,
    report,
    health: whole ?? health,
    ...appliedAll(done),
  };
}
