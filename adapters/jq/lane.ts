import { Worker } from "node:worker_threads";
import { stringifyRaw } from "../../schemas/raw-json.ts";
import { timeUsedUp } from "../health-checks/thread-time.ts";
import { programFile } from "../processes/program-file.ts";
import type { JqAnswer, JqRequest } from "./jq-worker.ts";

/** A thread with jq that runs one program after the other; it is ended and begun anew when one of them takes too long. */
export interface Lane {
  /**
   * What it answered, and after how long by the clock, its turn not waited for. Where `hopeless` says so when its turn comes, it is
   * too late without a run.
   */
  run(
    program: string,
    value: unknown,
    hopeless?: () => boolean,
  ): Promise<{ answer: JqAnswer | "late"; milliseconds: number }>;
  close(): Promise<void>;
}

/** Starting the thread and compiling jq takes 50 ms, more on a busy machine. */
const START_LIMIT_MS = 20_000;
/** A thread that was not used this long is ended. */
const IDLE_MS = 30_000;
/** The package forgets to free a little with each run. */
const MOST_RUNS = 2_000;

/** The thread is started when it is first needed. `limitMs` is processor time, so that a busy machine makes no program fail. */
export function createLane(limitMs: number): Lane {
  let thread: Worker | undefined;
  let runs = 0;
  let idle: NodeJS.Timeout | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  async function run(program: string, input: string): ReturnType<Lane["run"]> {
    clearTimeout(idle);
    if (runs >= MOST_RUNS) await end();
    if (thread === undefined) {
      thread = startThread();
      // What is measured is the program, not how long jq takes to be there.
      if ((await ask(thread, { program: "empty", input: "null" }, START_LIMIT_MS)) === "late") await end();
      thread ??= startThread();
    }
    runs += 1;
    const begun = performance.now();
    const answer = await ask(thread, { program, input }, limitMs);
    const milliseconds = performance.now() - begun;
    if (answer === "late") await end();
    else idle = setTimeout(() => void end(), IDLE_MS).unref();
    return { answer, milliseconds };
  }

  async function end(): Promise<void> {
    clearTimeout(idle);
    const ending = thread;
    thread = undefined;
    runs = 0;
    await ending?.terminate();
  }

  return {
    run(program, value, hopeless = () => false) {
      const mine = turn.then(async () =>
        hopeless() ? { answer: "late" as const, milliseconds: 0 } : await run(program, stringifyRaw(value)),
      );
      turn = mine.catch(() => undefined);
      return mine;
    },
    async close() {
      await turn;
      await end();
    },
  };
}

function startThread(): Worker {
  const worker = new Worker(programFile(new URL("./jq-worker.ts", import.meta.url), "jq-worker.js"), {
    env: {},
    stdout: true,
    stderr: true,
  });
  worker.unref();
  return worker;
}

/** A thread that fails counts as one that gives no answer: jq ends so when its memory is used up. */
function ask(worker: Worker, request: JqRequest, limitMs: number): Promise<JqAnswer | "late"> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const done = (answer: JqAnswer | "late") => {
      over.abort();
      worker.off("message", done).off("error", failed).off("exit", failed);
      resolve(answer);
    };
    const failed = () => done("late");
    void timeUsedUp(worker, limitMs, over.signal).then((why) => why === undefined || failed());
    worker.on("message", done).on("error", failed).on("exit", failed);
    worker.postMessage(request);
  });
}
