import { log } from "@temporalio/workflow";
import type { Applied } from "../activities/steps.ts";
import type { Outcome } from "../domain/application/command.ts";
import type { Part } from "../schemas/phases.ts";
import { apply, notApplied, type Planned } from "./apply.ts";
import { confirmed } from "./confirmation.ts";
import { stopped } from "./desk.ts";
import { describe, failedWith } from "./failure.ts";
import { hookFailed, settledHealth, succeeded } from "./health.ts";
import type { Attempt } from "./notes.ts";
import { cleanUpOn } from "./steps.ts";

/** An attempt that is made part by part, and what the parts so far have left. */
export interface PartWork extends Attempt {
  plan: Planned;
  applied?: Applied;
}

const CLEANUP: Part = { phase: "Cleanup", wave: 0 };

/** Carries out a plan of several parts: each is applied, and waited for until it is healthy, before the next begins. */
export async function carryOutParts(work: PartWork, parts: readonly Part[]): Promise<Outcome> {
  for (const part of parts.filter(({ phase }) => phase !== "SyncFail")) {
    const ended = await carryOutPart(work, part);
    if (ended) return await leave(work, part, ended);
  }
  await cleanUp(work);
  const { applied } = work;
  return applied ? succeeded(applied, applied) : failedWith({ code: "Internal", message: "the plan has no part" });
}

/** Applies a part and waits for it. Returns how the operation ends, undefined when the next part may begin. */
async function carryOutPart(work: PartWork, part: Part): Promise<Outcome | undefined> {
  const { desk, plan, name, request } = work;
  const early = stopped(desk, leftBy(work)) ?? (part.confirm && (await confirmed(work, plan, leftBy(work))));
  if (early) return early;
  desk.part = part;
  desk.phase = "Applying";
  desk.stirred = false;
  const applied = await apply(desk, plan, inputOf(work, part));
  if ("result" in applied) return applied;
  work.applied = applied;
  const cut = stopped(desk, { ...leftBy(work), waitingFor: applied.unhealthy }) ?? failureOf(part, applied);
  if (cut) return cut;

  desk.phase = "WaitingForHealth";
  const seen = await settledHealth(desk, { application: name, operation: request.operation, plan, applied, part });
  if (!("result" in seen)) {
    work.applied = { ...applied, ...seen, failures: [] };
    return undefined;
  }
  // What a hook came to is in the report: its deletion policy goes by that.
  const report = "report" in seen ? seen.report : undefined;
  if (report !== undefined) work.applied = { ...applied, report, leftovers: true };
  return seen;
}

/** A part without objects of the application's own has only hooks that can fail. */
const failureOf = ({ phase }: Part, applied: Applied): Outcome | undefined =>
  phase === "Sync" || phase === "Prune" || applied.failures.length === 0
    ? notApplied(applied)
    : hookFailed({ applied }, applied);

const leftBy = ({ applied, plan }: PartWork) => ({
  inventory: applied?.inventory ?? plan.inventory,
  ...(applied && { report: applied.report }),
});

function inputOf({ name, request, plan, applied, desk }: PartWork, part: Part) {
  const { operation, kind, options } = request;
  const { cluster } = plan;
  const yes = desk.confirmedBy !== undefined || options?.confirm === true;
  return {
    ...{ application: name, operation, kind, cluster, plan: plan.plan, part },
    ...(applied && { report: applied.report, inventory: applied.inventory }),
    ...(yes && { confirmed: true }),
  };
}

/** Ends early: hooks that still run are of no use to anybody any more. That must not keep the operation from ending. */
async function leave(work: PartWork, part: Part, ended: Outcome): Promise<Outcome> {
  const runsHooks = part.phase !== "Prune" && (part.phase !== "Sync" || part.hooks === true);
  if (ended.result === "Failed" || !work.applied || !runsHooks) return ended;
  try {
    await cleanUpOn(work.plan, { ...inputOf(work, CLEANUP), abandon: true });
  } catch (error) {
    log.warn("hooks that still run were left", { operation: work.request.operation, ...describe(error) });
  }
  return ended;
}

/** After the last attempt failed: its SyncFail hooks, then the objects of hooks that are over. Neither changes that it failed. */
export async function afterFailure(work: PartWork, failed: Outcome): Promise<Outcome> {
  const { desk } = work;
  let troubled: Outcome | undefined;
  for (const part of (work.plan.waves ?? []).filter(({ phase }) => phase === "SyncFail")) {
    troubled = await carryOutPart(work, part);
    if (troubled) break;
  }
  await cleanUp(work);
  const { report } = leftBy(work);
  if (failed.result !== "Failed" || desk.stop !== undefined) return failed;
  const also = troubled?.result === "Failed" ? `${failed.message}; then ${troubled.message}` : failed.message;
  return { ...failed, message: also, ...(report !== undefined && { report }) };
}

/** Deletes the objects of hooks that are over and whose policy says so. */
export async function cleanUp(work: PartWork): Promise<void> {
  if (!work.applied?.leftovers) return;
  const cleaned = await apply(work.desk, work.plan, inputOf(work, CLEANUP));
  if (!("result" in cleaned)) work.applied = cleaned;
}
