import { Worker } from "node:worker_threads";
import { SluiceError } from "../../schemas/errors.ts";
import { stringifyRaw } from "../../schemas/raw-json.ts";
import { timeUsedUp } from "../health-checks/thread-time.ts";
import { programFile } from "../processes/program-file.ts";
import { complaintOf } from "./complaint.ts";
import type { JqAnswer, JqRequest } from "./jq-worker.ts";

/** jq, in a thread of its own, so that no expression stops the process. */
export interface Jq {
  /**
   * The paths that an expression names in a value, as jq's `path()` gives them; none where it does not fit the value. Throws
   * `RenderLimit` when it takes longer than the limit, `InvalidInput` when it is not jq.
   */
  paths(expression: string, value: unknown): Promise<unknown[][]>;
  /** What is wrong with a path expression, in words without any value; undefined when nothing is. */
  problem(expression: string): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Argo CD's default for one expression on one object; processor time, so that a busy machine makes no rule fail. */
const LIMIT_MS = 1_000;
/** Starting the thread and compiling jq takes 50 ms, more on a busy machine. */
const START_LIMIT_MS = 20_000;
/** A thread that was not used this long is ended. */
const IDLE_MS = 30_000;
/** An endless expression is not tried again for so long: each try holds up all others for the limit. */
const REFUSED_MS = 60_000;
/** The package forgets to free a little with each run. */
const MOST_RUNS = 2_000;

/** On lines of its own: a comment at its end must not swallow what follows. */
const alone = (expression: string): string => `\n${expression}\n`;

/** Evaluates expressions one after the other. The thread is started when it is first needed, and anew after an endless one. */
export function createJq({ limitMs = LIMIT_MS }: { limitMs?: number } = {}): Jq {
  let thread: Worker | undefined;
  let runs = 0;
  let idle: NodeJS.Timeout | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  /** When expressions were last too slow. */
  const slow = new Map<string, number>();

  async function run(program: string, input: string): Promise<JqAnswer | "late"> {
    clearTimeout(idle);
    if (runs >= MOST_RUNS) await end();
    if (thread === undefined) {
      thread = startThread();
      // What is measured is the expression, not how long jq takes to be there.
      if ((await ask(thread, { program: "empty", input: "null" }, START_LIMIT_MS)) === "late") await end();
      thread ??= startThread();
    }
    runs += 1;
    const answer = await ask(thread, { program, input }, limitMs);
    if (answer === "late") await end();
    else idle = setTimeout(() => void end(), IDLE_MS).unref();
    return answer;
  }

  async function end(): Promise<void> {
    clearTimeout(idle);
    const ending = thread;
    thread = undefined;
    runs = 0;
    await ending?.terminate();
  }

  function inTurn(program: string, value: unknown): Promise<JqAnswer | "late"> {
    const mine = turn.then(() => run(program, stringifyRaw(value)));
    turn = mine.catch(() => undefined);
    return mine;
  }

  return {
    async paths(expression, value) {
      if (performance.now() - (slow.get(expression) ?? -Infinity) < REFUSED_MS) throw tooSlow(expression, limitMs);
      const answer = await inTurn(`try [path(${alone(expression)})] catch []`, value);
      slow.delete(expression);
      if (answer === "late") {
        slow.set(expression, performance.now());
        throw tooSlow(expression, limitMs);
      }
      if ("output" in answer) return pathsIn(answer.output);
      throw new SluiceError("InvalidInput", `The jq expression ${quoted(expression)} is not valid`, {
        next: "correct it in ignoreDifferences",
      });
    },
    async problem(expression) {
      const checked = await inTurn(`if . then path(${alone(expression)}), [${alone(expression)}] else empty end`, null);
      if (checked === "late") return `it did not end within ${limitMs / 1_000} s`;
      if ("error" in checked) return complaintOf(checked.error, expression);
      // Only a run shows that it names no place but makes a value, such as `.spec.replicas == 3`.
      const tried = await inTurn(`try (path(${alone(expression)}) | empty) catch (tostring | .[:23])`, {});
      if (tried === "late") return `it did not end within ${limitMs / 1_000} s`;
      return "output" in tried && tried.output.includes('"Invalid path expression"')
        ? "it names no field: a path is expected, such as .spec.replicas"
        : undefined;
    },
    async close() {
      await turn;
      await end();
    },
  };
}

const tooSlow = (expression: string, limitMs: number): SluiceError =>
  new SluiceError("RenderLimit", `The jq expression ${quoted(expression)} took longer than ${limitMs / 1_000} s`, {
    next: "simplify it, or name the fields by jsonPointers",
  });

const quoted = (expression: string): string => JSON.stringify(expression.slice(0, 200));

/** `halt` prints nothing, and `halt_error` what it likes. */
function pathsIn(output: string): unknown[][] {
  try {
    const paths: unknown = JSON.parse(output);
    return Array.isArray(paths) ? paths.filter((path) => Array.isArray(path)) : [];
  } catch {
    return [];
  }
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
