import { fork, type ChildProcess } from "node:child_process";
import { SluiceError } from "../../schemas/errors.ts";
import type { ExecuteGit } from "../git/command.ts";
import type { Execute } from "../renderers/tool-process.ts";
import type { FromHost, Job, ToHost } from "./jobs.ts";
import { programFile } from "./program-file.ts";

/** A small process that starts git and the renderers in the place of this one, for which that is expensive. */
export interface ProcessHost {
  execute: Execute;
  executeGit: ExecuteGit;
  /** Its process id while it runs. */
  pid(): number | undefined;
  close(): void;
}

/** After this time without work it ends, because a server at rest should be small; the next job starts it again, in about 100 ms. */
const IDLE_MS = 45_000;
/** It holds hardly more than the outputs under way. */
const FLAGS = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=1"];

interface Waiting {
  resolve(answer: FromHost): void;
  reject(error: SluiceError): void;
}

/** Starts nothing yet. A host that dies takes its jobs with it: each is rejected as Unavailable, which is tried again. */
export function createProcessHost({ idleMs = IDLE_MS }: { idleMs?: number } = {}): ProcessHost {
  const waiting = new Map<number, Waiting>();
  let host: ChildProcess | undefined;
  let idle: NodeJS.Timeout | undefined;
  let last = 0;

  function running(): ChildProcess {
    clearTimeout(idle);
    if (host) return host;
    const child = fork(programFile(new URL("./host.ts", import.meta.url), "process-host.js"), [], {
      serialization: "advanced",
      execArgv: FLAGS,
      env: { PATH: process.env["PATH"] },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    const ended = (): void => {
      if (host === child) host = undefined;
      lose([...waiting.keys()].filter((id) => owners.get(id) === child));
    };
    child.once("exit", ended).once("error", ended);
    child.on("message", (answer: FromHost) => {
      waiting.get(answer.id)?.resolve(answer);
    });
    host = child;
    return child;
  }

  const owners = new Map<number, ChildProcess>();

  function lose(ids: readonly number[]): void {
    for (const id of ids) {
      waiting.get(id)?.reject(
        new SluiceError("Unavailable", "the process that runs git and the renderers ended", {
          next: "it is tried again",
        }),
      );
    }
  }

  function end(): void {
    const ending = host;
    host = undefined;
    if (ending?.connected) ending.disconnect();
  }

  async function run(job: Job, signal?: AbortSignal): Promise<FromHost> {
    const child = running();
    const id = ++last;
    const { promise, resolve, reject } = Promise.withResolvers<FromHost>();
    waiting.set(id, { resolve, reject });
    owners.set(id, child);
    child.ref();
    child.channel?.ref();
    const send = (message: ToHost): void => {
      child.send(message, (error) => {
        if (error) lose([id]);
      });
    };
    const abort = (): void => send({ id, abort: true });
    signal?.addEventListener("abort", abort, { once: true });
    try {
      send({ id, job });
      return await promise;
    } finally {
      signal?.removeEventListener("abort", abort);
      waiting.delete(id);
      owners.delete(id);
      if (waiting.size === 0) rest(child);
    }
  }

  /** A host without work keeps nothing from ending. */
  function rest(child: ChildProcess): void {
    child.unref();
    child.channel?.unref();
    idle = setTimeout(end, idleMs).unref();
  }

  return {
    async execute(launch, signal) {
      const answer = await run({ kind: "tool", launch }, signal);
      if ("tool" in answer) return answer.tool;
      throw new SluiceError("ToolUnavailable", said(answer), { next: "run `sluice doctor`" });
    },
    async executeGit(base, command) {
      const answer = await run({ kind: "git", base, run: command });
      if ("git" in answer) return answer.git;
      throw new SluiceError("ToolUnavailable", said(answer), { next: "run `sluice doctor`" });
    },
    pid: () => host?.pid,
    close() {
      clearTimeout(idle);
      end();
    },
  };
}

const said = (answer: FromHost): string =>
  "unavailable" in answer ? answer.unavailable : "the answer is of another job";
