import { CancellationScope, condition } from "@temporalio/workflow";
import type { Applied, Prepared } from "../activities/steps.ts";
import type { Outcome } from "../domain/application/command.ts";
import type { OperationRequest } from "../schemas/operation.ts";
import { type Desk, givenUp, stopped } from "./desk.ts";
import { describe, failedWith, mayPass } from "./failure.ts";
import { becomeHealthy } from "./health.ts";
import { applyOn, patient, quick } from "./steps.ts";

type Planned = Extract<Prepared, { status: "planned" }>;

/** Carries out one operation: prepare, apply, wait for health. Returns how it ended, undefined when that is recorded already. */
export async function operate(name: string, request: OperationRequest, desk: Desk): Promise<Outcome | undefined> {
  const prepared = await prepareOnceReleased(name, request, desk);
  if ("result" in prepared) return prepared;
  if (prepared.status === "ended") return undefined;
  const { began } = prepared;

  const { timeoutMs } = prepared.waits;
  return await within(desk, { at: began + timeoutMs, limitMs: timeoutMs }, () =>
    carryOut(name, request, prepared, desk),
  );
}

/** The plan is made: apply it, then wait for health. */
async function carryOut(name: string, request: OperationRequest, plan: Planned, desk: Desk): Promise<Outcome> {
  const { operation } = request;
  const early = stopped(desk);
  if (early) return early;

  desk.phase = "Applying";
  desk.stirred = false;
  const applied = await apply(name, request, plan, desk);
  if ("result" in applied) return applied;
  const { inventory, report, unhealthy } = applied;
  const cut = stopped(desk, { inventory, report, waitingFor: unhealthy });
  if (cut) return cut;
  if (applied.failures.length > 0) return notApplied(applied);
  // Never taken for done: a worker that ends while it applies reports a failure that is retried, not a part.
  if (applied.interrupted) return failedWith(CUT_SHORT, { inventory, report });

  desk.phase = "WaitingForHealth";
  return await becomeHealthy(desk, { application: name, operation, plan, applied });
}

const CUT_SHORT = { code: "Unavailable", message: "the apply was cut short before its last object" } as const;

type Begun = Exclude<Prepared, { status: "held" }> & { began: number };

/** Prepares, again after each hold: a signal says that it may be over, or else its time comes. The operation's limit runs from the last. */
async function prepareOnceReleased(name: string, request: OperationRequest, desk: Desk): Promise<Begun | Outcome> {
  for (;;) {
    const began = Date.now();
    desk.phase = "Preparing";
    desk.released = false;
    const prepared = await prepare(name, request, desk);
    if ("result" in prepared) return prepared;
    if (prepared.status !== "held") return { ...prepared, began };
    desk.phase = "Held";
    const { hold, waits } = prepared;
    const patience =
      hold.until === undefined ? waits.longestRecheckMs : Math.max(Date.parse(hold.until) - Date.now(), 1);
    await condition(() => desk.released || givenUp(desk) !== undefined, patience);
    const early = givenUp(desk);
    if (early) return early;
  }
}

/** A few quick attempts, then patient ones. Only patience is given up for a newer request, so a storm of them can't starve the work. */
async function prepare(name: string, request: OperationRequest, desk: Desk): Promise<Prepared | Outcome> {
  const input = { application: name, request };
  try {
    return await until(
      () => desk.stop !== undefined,
      () => quick.prepare(input),
    );
  } catch (error) {
    const failure = describe(error);
    const early = givenUp(desk);
    if (early) return early;
    if (!mayPass(failure)) return failedWith(failure);
  }
  try {
    return await until(
      () => givenUp(desk) !== undefined,
      () => patient.prepare(input),
    );
  } catch (error) {
    return givenUp(desk) ?? failedWith(describe(error));
  }
}

/** Only a terminate or the limit cuts an apply short, and then its own last word is awaited: no two writers, nothing unrecorded. */
async function apply(
  name: string,
  { operation, kind }: OperationRequest,
  plan: Planned,
  desk: Desk,
): Promise<Applied | Outcome> {
  const { cluster } = plan;
  try {
    return await until(
      () => desk.stop !== undefined,
      () => applyOn(plan, { application: name, operation, kind, cluster, plan: plan.plan }),
    );
  } catch (error) {
    return stopped(desk) ?? failedWith(describe(error));
  }
}

function notApplied({ failures, counts, inventory, report, health }: Applied): Outcome {
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
    health,
  };
}

/** Runs a step that is cancelled once the condition holds, and waits for its end in either case. */
async function until<T>(enough: () => boolean, step: () => Promise<T>): Promise<T> {
  const work = new CancellationScope();
  const watch = new CancellationScope();
  const watching = watch.run(async () => {
    await condition(enough);
    work.cancel();
  });
  watching.catch(() => undefined);
  try {
    return await work.run(step);
  } finally {
    watch.cancel();
  }
}

/** Runs the rest of an operation; at its limit it is told to stop. */
async function within<T>(desk: Desk, limit: { at: number; limitMs: number }, rest: () => Promise<T>): Promise<T> {
  const clock = new CancellationScope();
  const ticking = clock.run(async () => {
    await condition(() => desk.stop !== undefined, Math.max(limit.at - Date.now(), 1));
    desk.stop ??= { why: "timedOut", limitMs: limit.limitMs };
  });
  ticking.catch(() => undefined);
  try {
    return await rest();
  } finally {
    clock.cancel();
  }
}
