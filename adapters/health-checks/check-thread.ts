import { Worker } from "node:worker_threads";
import { programFile } from "../processes/program-file.ts";
import type { CheckAnswer, CheckRequest } from "./check-worker.ts";
import { timeUsedUp } from "./thread-time.ts";

/** Thrown when a request ended the thread it ran in: it took too long, used up its memory, or broke the virtual machine. */
export class ThreadEnded extends Error {}

/** Asks the thread one thing. Throws ThreadEnded. */
export type Ask = (request: CheckRequest) => Promise<CheckAnswer>;

/** Does one piece of work after the other in a thread of its own, which is ended and begun anew when one of them goes too far. */
export interface CheckThread {
  /** Does the work when its turn comes; the next one's comes after it is done. */
  inTurn<Result>(work: (ask: Ask) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

export interface ThreadLimits {
  /** Milliseconds of processor time for one request; what the thread's start takes doesn't count. */
  milliseconds: number;
  /** Megabytes of JavaScript objects. */
  heapMegabytes: number;
}

/** A thread that was not used this long is ended. */
const IDLE_MS = 60_000;
/** A thread that can't start on a busy machine in this time never will. */
const START_MS = 30_000;

/** A thread that starts with its first request. */
export function createCheckThread(limits: ThreadLimits): CheckThread {
  let worker: Promise<Worker> | undefined;
  let idle: NodeJS.Timeout | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  async function end(): Promise<void> {
    clearTimeout(idle);
    const ending = worker;
    worker = undefined;
    await (await ending?.catch(() => undefined))?.terminate();
  }

  async function ask(request: CheckRequest): Promise<CheckAnswer> {
    clearTimeout(idle);
    try {
      worker ??= start(limits);
      const given = await exchange(await worker, request, limits.milliseconds);
      if ("broken" in given) throw new ThreadEnded(given.broken);
      return given;
    } catch (thrown) {
      await end();
      throw thrown;
    } finally {
      idle = setTimeout(() => void end(), IDLE_MS).unref();
    }
  }

  return {
    inTurn(work) {
      const mine = turn.then(() => work(ask));
      turn = mine.catch(() => undefined);
      return mine;
    },
    async close() {
      await end();
      await turn;
      await end();
    },
  };
}

async function start({ heapMegabytes }: ThreadLimits): Promise<Worker> {
  const file = programFile(new URL("./check-worker.ts", import.meta.url), "health-check-worker.js");
  const made = new Worker(file, {
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytes, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
    env: {},
    // A script can't print, but the virtual machine may: nobody reads it.
    stdout: true,
    stderr: true,
  });
  made.unref();
  // What fails between two requests is seen by the next one.
  made.on("error", () => undefined);
  try {
    await exchange(made, undefined, START_MS);
    return made;
  } catch (thrown) {
    await made.terminate();
    throw thrown;
  }
}

function exchange(worker: Worker, request: CheckRequest | undefined, milliseconds: number): Promise<CheckAnswer> {
  return new Promise((resolve, reject) => {
    const over = new AbortController();
    const done = (): void => {
      over.abort();
      worker.off("message", answered).off("error", failed).off("exit", exited);
    };
    const answered = (given: CheckAnswer): void => {
      done();
      resolve(given);
    };
    const failed = (thrown: unknown): void => {
      done();
      reject(new ThreadEnded(reasonOf(thrown), { cause: thrown }));
    };
    const exited = (): void => failed(new Error("its thread ended"));
    worker.on("message", answered).on("error", failed).on("exit", exited);
    void timeUsedUp(worker, milliseconds, over.signal).then((message) => message && failed(new Error(message)));
    if (request !== undefined) worker.postMessage(request);
  });
}

function reasonOf(thrown: unknown): string {
  if ((thrown as { code?: unknown }).code === "ERR_WORKER_OUT_OF_MEMORY") return "it exceeded its memory";
  return thrown instanceof Error ? thrown.message : "its thread failed";
}
