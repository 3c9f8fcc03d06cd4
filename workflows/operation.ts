import { condition, workflowInfo } from "@temporalio/workflow";
import type { Prepared } from "../activities/steps.ts";
import type { Outcome } from "../domain/application/command.ts";
import { makesWay } from "../domain/application/queue.ts";
import { retryIn } from "../domain/sync/retry.ts";
import type { OperationRequest } from "../schemas/operation.ts";
import { apply, notApplied } from "./apply.ts";
import { type Desk, givenUp, stopped } from "./desk.ts";
import { describe, failedWith, mayPass } from "./failure.ts";
import { becomeHealthy } from "./health.ts";
import { type Attempt, noted } from "./notes.ts";
import { afterFailure, carryOutParts, cleanUp, type PartWork } from "./parts.ts";
import { patient, quick } from "./steps.ts";
import { until, within } from "./until.ts";

/**
 * Carries out one operation: prepare, apply, wait for health. Returns how it ended, undefined when that is recorded already, `yielded`
 * when it is held and something waits that need not wait for it.
 */
export async function operate(
  name: string,
  request: OperationRequest,
  desk: Desk,
): Promise<Outcome | "yielded" | undefined> {
  const prepared = await prepareOnceReleased({ name, request, desk, attempt: 1 });
  if (prepared === "yielded") return "yielded";
  if ("result" in prepared) return prepared;
  if (prepared.status === "ended") return undefined;
  const { began } = prepared;

  const { timeoutMs } = prepared.waits;
  return await within(desk, { at: began + timeoutMs, limitMs: timeoutMs }, () =>
    attempts({ name, request, desk, attempt: 1, plan: prepared }),
  );
}

/** Makes attempts until one succeeds, or none is left, or the operation ends early. Each is planned anew. */
async function attempts(first: PartWork): Promise<Outcome | undefined> {
  let work = first;
  let outcome = await carryOut(work);
  for (;;) {
    const { desk, attempt, plan } = work;
    const leftMs = (desk.limitAt ?? Infinity) - Date.now();
    const policy = workflowInfo().historyLength < MOST_EVENTS ? plan.retry : undefined;
    const pause = retryIn({ attempt, outcome, policy, leftMs });
    if (outcome.result !== "Failed") return outcome;
    if (pause === undefined) return await afterFailure(work, outcome);
    const early = await backOff(work, outcome, pause);
    if (early) return early;
    work = { ...work, attempt: attempt + 1 };
    const prepared = await prepareOnceReleased(work);
    // What has begun is not held any more.
    if (prepared === "yielded") continue;
    if ("result" in prepared) {
      outcome = prepared;
      continue;
    }
    if (prepared.status === "ended") return undefined;
    work = { name: work.name, request: work.request, desk, attempt: work.attempt, plan: prepared };
    outcome = await carryOut(work);
  }
}

/** Temporal ends an execution of 51,200 events for good; an attempt takes about 25, so this is several hundred of them. */
const MOST_EVENTS = 20_000;

/** Waits before the next attempt; an operator or a newer request ends the wait at once. */
async function backOff(
  work: PartWork,
  failed: Extract<Outcome, { result: "Failed" }>,
  pause: number,
): Promise<Outcome | undefined> {
  const { desk, attempt } = work;
  await cleanUp(work);
  const { code, message, inventory } = failed;
  const owned = inventory === undefined ? {} : { inventory };
  const at = new Date(Date.now() + pause).toISOString();
  await noted(work, { type: "RetryScheduled", attempt: attempt + 1, at, code, message, ...owned });
  desk.phase = "BackingOff";
  delete desk.part;
  // Another revision may delete something else than what the yes was to.
  if (work.plan.retry?.refresh) delete desk.confirmedBy;
  await condition(() => givenUp(desk) !== undefined, pause);
  return givenUp(desk, { ...owned, waitingFor: failed.failures });
}

/** The plan is made: apply it, then wait for health. */
async function carryOut(work: PartWork): Promise<Outcome> {
  const { name, request, plan, desk } = work;
  const { operation, kind } = request;
  const early = stopped(desk);
  if (early) return early;
  if (plan.waves) return await carryOutParts(work, plan.waves);

  desk.phase = "Applying";
  desk.stirred = false;
  const { cluster } = plan;
  const applied = await apply(desk, plan, { application: name, operation, kind, cluster, plan: plan.plan });
  if ("result" in applied) return applied;
  const { inventory, report, unhealthy, health } = applied;
  const short = notApplied(applied);
  const left = { inventory, report, waitingFor: unhealthy, health, ...(!short && { applied: true as const }) };
  const ended = stopped(desk, left) ?? short;
  if (ended) return ended;

  desk.phase = "WaitingForHealth";
  return await becomeHealthy(desk, { application: name, operation, plan, applied });
}

type Begun = Exclude<Prepared, { status: "held" }> & { began: number };

/** Prepares, again after each hold: a signal says that it may be over, or else its time comes. The operation's limit runs from the last. */
async function prepareOnceReleased(work: Attempt): Promise<Begun | Outcome | "yielded"> {
  const { desk } = work;
  for (;;) {
    const began = Date.now();
    desk.phase = "Preparing";
    desk.released = false;
    const prepared = await prepare(work);
    if ("result" in prepared) return prepared;
    if (prepared.status !== "held") return { ...prepared, began };
    desk.phase = "Held";
    const { hold, waits } = prepared;
    const patience =
      hold.until === undefined ? waits.longestRecheckMs : Math.max(Date.parse(hold.until) - Date.now(), 1);
    await condition(() => desk.released || givenUp(desk) !== undefined || makesWay(desk.queue), patience);
    const early = givenUp(desk);
    if (early) return early;
    if (!desk.released && makesWay(desk.queue)) return "yielded";
  }
}

/** A few quick attempts, then patient ones. Only patience is given up for a newer request, so a storm of them can't starve the work. */
async function prepare({ name, request, desk, attempt }: Attempt): Promise<Prepared | Outcome> {
  const input = { application: name, request, ...(attempt > 1 && { attempt }) };
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
