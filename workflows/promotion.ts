import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  log,
  setHandler,
  sleep,
  workflowInfo,
} from "@temporalio/workflow";
import type { Decided, Decision, Due, Looked, StageKey, StageProgress } from "../activities/promotion/steps.ts";
import { PROMOTION_WORKFLOW } from "../schemas/ids.ts";
import { describe, type Failure, mayPass } from "./failure.ts";
import { decideStep, giveUpStep, look, stepOf } from "./promotion-steps.ts";

/** It carries no state: whoever hears it reads for himself. */
const changedSignal = defineSignal(PROMOTION_WORKFLOW.changed);
const decideUpdate = defineUpdate<Answer, [Asked]>(PROMOTION_WORKFLOW.decide);
const progressQuery = defineQuery<StageProgress>(PROMOTION_WORKFLOW.progress);

/** A decision, and the id of whoever waits for its answer. */
interface Asked {
  decision: Decision;
  asked: string;
}
type Answer = Decided & { asked: string };

/** What handlers write and the loop reads. */
interface Desk {
  changed: boolean;
  progress: StageProgress;
  /** Steps that failed one after the other. */
  failures: number;
}

type Step = Exclude<Due, { do: "idle" | "wait" }>;

/**
 * The work on one stage. What is due is decided on the ledger each time, so that it makes no difference what was heard, how often, or
 * where an execution ended; its id is the mutual exclusion. It lives while there is something to do or to wait for.
 */
export async function promotion(key: StageKey): Promise<void> {
  const desk: Desk = { changed: false, progress: { step: "look" }, failures: 0 };
  setHandler(changedSignal, () => {
    desk.changed = true;
  });
  setHandler(decideUpdate, async ({ decision, asked }) => {
    const decided = await decideStep({ ...key, decision });
    desk.changed = true;
    return { ...decided, asked };
  });
  setHandler(progressQuery, () => desk.progress);
  // Cancelled past Sluice, it goes on: a stage is left by an abort, which says what state that is.
  await CancellationScope.nonCancellable(() => untilIdle(key, desk));
}

async function untilIdle(key: StageKey, desk: Desk): Promise<void> {
  for (;;) {
    if (isLong()) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof promotion>(key);
    }
    desk.changed = false;
    desk.progress = { ...desk.progress, step: "look" };
    const due = await look(key);
    if (due.do === "idle") {
      await condition(() => desk.changed || allHandlersFinished());
      if (!desk.changed) return;
    } else if (due.do === "wait") await wait(desk, due);
    else await carryOut(key, due, desk);
  }
}

/** Waits for a word, or for the time at which it has to be looked at again. */
async function wait(desk: Desk, { why, leftMs, promotion: of }: { why: string; leftMs?: number; promotion?: string }) {
  const until = leftMs === undefined ? {} : { until: new Date(Date.now() + leftMs).toISOString() };
  const { trouble } = desk.progress;
  desk.progress = {
    step: "wait",
    why,
    ...until,
    ...(of !== undefined && { promotion: of }),
    ...(trouble && { trouble }),
  };
  const changed = (): boolean => desk.changed;
  if (leftMs === undefined) await condition(changed);
  else await condition(changed, Math.max(leftMs, 1));
}

async function carryOut(key: StageKey, due: Step, desk: Desk): Promise<void> {
  const { promotion: of } = due;
  desk.progress = { ...desk.progress, step: due.do, promotion: of };
  let looked: Looked | void;
  try {
    looked = await stepOf(key, due);
  } catch (error) {
    return await afterFailure(key, { due, desk, failure: describe(error) });
  }
  desk.failures = 0;
  delete desk.progress.trouble;
  if (looked && !looked.news) {
    const { why = due.do, leftMs } = looked;
    await wait(desk, { why, promotion: of, ...(leftMs !== undefined && { leftMs }) });
  }
}

interface Trouble {
  due: Step;
  desk: Desk;
  failure: Failure;
}

/** What may pass is tried again after a pause, what is due then is asked anew; what can't pass ends the promotion. */
async function afterFailure(key: StageKey, { due, desk, failure }: Trouble): Promise<void> {
  desk.progress.trouble = { step: due.do, ...failure };
  log.warn("a step of a promotion failed", { step: due.do, promotion: due.promotion, code: failure.code });
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** desk.failures, mayPass(failure) ? LONGEST_PAUSE_MS : LONGEST_IN_VAIN_MS);
  desk.failures = Math.min(desk.failures + 1, 16);
  if (mayPass(failure)) return await sleep(pause);
  await giveUpStep({ ...key, promotion: due.promotion, ...failure });
  // Where that does not end the need for the step, somebody has to see to it: a word of it, or once in a long while.
  if (desk.failures > 1) await condition(() => desk.changed, pause);
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
const LONGEST_IN_VAIN_MS = 3_600_000;

/** Events after which an execution goes on as a new one: a replay of so many is still quick. */
const LONG_HISTORY = 2_000;
const isLong = (): boolean => {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || historyLength > LONG_HISTORY;
};
