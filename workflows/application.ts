import {
  condition,
  continueAsNew,
  CancellationScope,
  defineQuery,
  defineSignal,
  setHandler,
  sleep,
} from "@temporalio/workflow";
import type { Ending, Settled } from "../activities/steps.ts";
import type { Outcome } from "../domain/application/command.ts";
import { arrive, begin, follow, inTurn, makeWay, nextTurn } from "../domain/application/queue.ts";
import type { ActionRequest } from "../schemas/action.ts";
import { APPLICATION_WORKFLOW } from "../schemas/ids.ts";
import type { OperationPhase, OperationRequest } from "../schemas/operation.ts";
import type { Part } from "../schemas/phases.ts";
import { actBeside, ask } from "./action.ts";
import { type Confirm, confirm, type Desk, openDesk, type Terminate, terminate } from "./desk.ts";
import { operate } from "./operation.ts";
import { revertInGit } from "./revert.ts";
import { quick, unyielding } from "./steps.ts";

/** The key of an application, and the request that the execution before it left. */
export interface ApplicationInput {
  application: string;
  request?: OperationRequest;
  /** One that is held, made way for the request, and goes on after it. */
  then?: OperationRequest;
  /** The request is held, and has made way. */
  resumed?: true;
}

/** Where the running operation is, and which one waits. */
export interface Progress {
  running?: { operation: string; phase: OperationPhase; part?: Part };
  next?: string;
}

const requestSignal = defineSignal<[OperationRequest]>(APPLICATION_WORKFLOW.request);
/** It carries no state: whoever hears it reads for himself. */
const clusterChangedSignal = defineSignal(APPLICATION_WORKFLOW.clusterChanged);
const actSignal = defineSignal<[ActionRequest]>(APPLICATION_WORKFLOW.act);
const terminateSignal = defineSignal<[Terminate]>(APPLICATION_WORKFLOW.terminate);
/** It carries no state either: whoever was held looks again. */
const releasedSignal = defineSignal(APPLICATION_WORKFLOW.released);
const confirmSignal = defineSignal<[Confirm]>(APPLICATION_WORKFLOW.confirm);
const progressQuery = defineQuery<Progress>(APPLICATION_WORKFLOW.progress);

/**
 * The work on one application. Its workflow id is the mutual exclusion: one execution is one operation, what arrives
 * meanwhile waits, the newest request wins, and without a request there is no execution.
 */
export async function application({ application: name, request, ...turn }: ApplicationInput): Promise<void> {
  const desk = openDesk();
  if (request) desk.queue = inTurn({ request, ...turn });

  setHandler(requestSignal, (newer) => {
    desk.queue = arrive(desk.queue, newer);
  });
  setHandler(actSignal, (action) => ask(desk, action));
  setHandler(clusterChangedSignal, () => {
    desk.stirred = true;
  });
  setHandler(releasedSignal, () => {
    desk.released = true;
  });
  setHandler(terminateSignal, (word) => terminate(desk, word));
  setHandler(confirmSignal, (word) => confirm(desk, word));
  setHandler(progressQuery, () => progressOf(desk));

  // Somebody cancels the execution itself, past Sluice: the operation still has to end, and its end to be recorded.
  CancellationScope.current().cancelRequested.catch(() =>
    terminate(desk, { operation: "*", actor: { kind: "system", name: "temporal" } }),
  );
  await CancellationScope.nonCancellable(() => workAndAct(name, desk));

  const next = nextTurn(desk.queue);
  if (next) await continueAsNew<typeof application>({ application: name, ...next });
}

/** The operation, and beside it the actions that are asked for; without an operation only those. */
async function workAndAct(name: string, desk: Desk): Promise<void> {
  const acting = actBeside(name, desk);
  await work(name, desk);
  desk.over = true;
  await acting;
}

/** Runs the next operation, if there is one, and records its end and that of every request that lost its place. */
async function work(name: string, desk: Desk): Promise<void> {
  if (!desk.queue.running) {
    if (!desk.queue.next)
      await condition(() => desk.queue.next !== undefined || desk.actions.length > 0, REQUEST_PATIENCE);
    desk.queue = begin(desk.queue);
  }
  const { running } = desk.queue;
  if (running) {
    const outcome = await operate(name, running, desk);
    if (outcome === "yielded") desk.queue = makeWay(desk.queue);
    else await end(name, running, { desk, outcome });
  }
  while (desk.queue.dropped.length > 0) await settle(name, desk, takeDropped(desk));
}

/** Records the end of an operation, and of every request that lost its place. */
async function end(
  name: string,
  running: OperationRequest,
  { desk, outcome }: { desk: Desk; outcome: Outcome | undefined },
): Promise<void> {
  if (running.options?.revert) await revertInGit(name, running, outcome);
  if (outcome) await settle(name, desk, [{ request: running, outcome }, ...takeDropped(desk)]);
}

/** An execution is started together with its request; should one ever be started without, it ends after this. */
const REQUEST_PATIENCE = "10s";

function takeDropped(desk: Desk): Ending[] {
  const { dropped } = desk.queue;
  desk.queue = { ...desk.queue, dropped: [] };
  return dropped;
}

/** Records ends, and takes up what the ledger wants next. */
async function settle(name: string, desk: Desk, ends: Ending[]): Promise<void> {
  const settled = await record(name, ends);
  if (settled?.next) desk.queue = follow(desk.queue, settled.next);
}

/** An end that can't be recorded is not given up: what waits behind it would be lost with the execution. */
async function record(name: string, ends: Ending[]): Promise<Settled | undefined> {
  const input = { application: name, ends };
  try {
    return await quick.settle(input);
  } catch {
    // The ledger is away; the server keeps trying, without a line in the history for each.
  }
  for (let pause = 60_000; ; pause = Math.min(pause * 2, 3_600_000)) {
    try {
      return await unyielding.settle(input);
    } catch {
      await sleep(pause);
    }
  }
}

const progressOf = ({ queue: { running, next }, phase, part }: Desk): Progress => ({
  ...(running && phase && { running: { operation: running.operation, phase, ...(part && { part }) } }),
  ...(next && { next: next.operation }),
});
