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
import type { Decided, Decision, Due, StageKey, StageProgress } from "../activities/promotion/steps.ts";
import type { Look } from "../domain/promotion/next.ts";
import { PROMOTION_WORKFLOW } from "../schemas/ids.ts";
import { describe, type Failure, mayPass } from "./failure.ts";
import { carryOutStep, decideStep, giveUpStep, look, type Step } from "./promotion-steps.ts";

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
  /** Looks that need not be taken again before something changes, or their time comes. */
  looked: Look[];
  progress: StageProgress;
  /** Steps that failed one after the other. */
  failures: number;
  /** How often the same step was due one after the other, and which. */
  last: { step: string; times: number };
  /** How often in a row something had changed by the time that it would have waited. */
  hurried: number;
}

type Wait = Extract<Due, { do: "wait" }>;

/**
 * The work on one stage. What is due is decided on the ledger each time, so that it makes no difference what was heard, how often, or
 * where an execution ended; its id is the mutual exclusion. It lives while there is something to do or to wait for.
 */
export async function promotion(key: StageKey): Promise<void> {
  const desk: Desk = {
    ...{ changed: false, looked: [], failures: 0, hurried: 0 },
    progress: { step: "look" },
    last: { step: "", times: 0 },
  };
  setHandler(changedSignal, () => {
    desk.changed = true;
  });
  setHandler(decideUpdate, async ({ decision, asked }) => {
    const decided = await decideStep({ ...key, decision });
    if (decided.status === "recorded" && decided.news) desk.changed = true;
    return { ...decided, asked };
  });
  setHandler(progressQuery, () => desk.progress);
  // Cancelled past Sluice, it goes on: a stage is left by an abort, which says what state that is.
  await CancellationScope.nonCancellable(() => untilIdle({ pipeline: key.pipeline, stage: key.stage }, desk));
}

/**
 * What was looked at is looked at again when something changed, but only once the stage would wait: words that come faster than the looks
 * take must not keep it from going on.
 */
async function untilIdle(key: StageKey, desk: Desk): Promise<void> {
  desk.changed = false;
  for (;;) {
    if (isLong()) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof promotion>(key);
    }
    desk.progress = { ...desk.progress, step: "look" };
    const { due, looked } = await look({ ...key, looked: desk.looked });
    desk.looked = looked;
    if (due.do === "idle") {
      await condition(() => desk.changed || allHandlersFinished());
      if (!desk.changed) return;
      lookAnew(desk);
    } else if (due.do === "wait") {
      await wait(desk, due);
      lookAnew(desk);
    } else await carryOut(key, due, desk);
  }
}

/** Waits for a word, or for the time at which it has to be looked at again. */
async function wait(desk: Desk, { why, leftMs, promotion: of }: Wait): Promise<void> {
  const until = leftMs === undefined ? {} : { until: new Date(Date.now() + leftMs).toISOString() };
  const { trouble } = desk.progress;
  desk.progress = {
    ...{ step: "wait", why, ...until },
    ...(of !== undefined && { promotion: of }),
    ...(trouble && { trouble }),
  };
  desk.last = { step: "", times: 0 };
  desk.hurried = desk.changed ? desk.hurried + 1 : 0;
  // A storm of words is worth one look a while.
  if (desk.hurried > HURRIED) await sleep(SPACING_MS);
  const changed = (): boolean => desk.changed;
  if (leftMs === undefined) await condition(changed);
  else await condition(changed, Math.max(leftMs, 1));
}

function lookAnew(desk: Desk): void {
  desk.looked = [];
  desk.changed = false;
}

async function carryOut(key: StageKey, due: Step, desk: Desk): Promise<void> {
  await notTooOften(due, desk);
  desk.progress = { ...desk.progress, step: due.do, promotion: due.promotion };
  try {
    desk.looked = await carryOutStep(key, due, desk.looked);
  } catch (error) {
    return await afterFailure(key, { due, desk, failure: describe(error) });
  }
  desk.failures = 0;
  delete desk.progress.trouble;
}

/** A step that is due again and again although it was taken would be a fault of Sluice; it must not become a load as well. */
async function notTooOften(due: Step, desk: Desk): Promise<void> {
  const step = JSON.stringify(due);
  desk.last = { step, times: desk.last.step === step ? desk.last.times + 1 : 1 };
  const { times } = desk.last;
  if (times > OFTEN) await sleep(Math.min(FIRST_PAUSE_MS * 2 ** (times - OFTEN), LONGEST_PAUSE_MS));
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
  const longest = mayPass(failure) ? LONGEST_PAUSE_MS : LONGEST_IN_VAIN_MS;
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** desk.failures, longest);
  desk.failures = Math.min(desk.failures + 1, 16);
  if (mayPass(failure)) return await sleep(pause);
  await giveUpStep({ ...key, promotion: due.promotion, ...failure });
  // Where that does not end the need for the step, somebody has to see to it: a word of it, or once in a long while.
  if (desk.failures > 1) await condition(() => desk.changed, pause);
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
const LONGEST_IN_VAIN_MS = 3_600_000;
const OFTEN = 5;
const HURRIED = 3;
const SPACING_MS = 250;

/** Events after which an execution goes on as a new one: a replay of so many is still quick. */
const LONG_HISTORY = 2_000;
const isLong = (): boolean => {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || historyLength > LONG_HISTORY;
};
