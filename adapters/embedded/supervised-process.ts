import { spawn, type ChildProcess } from "node:child_process";
import { closeSync } from "node:fs";
import { join } from "node:path";
import { SluiceError } from "../../schemas/errors.ts";
import { findOnPath } from "../toolchain/version.ts";
import { lastLines, openLog } from "./log-file.ts";
import { reapStale, removePidFile, signalGroup, writePidFile } from "./pid-file.ts";
import { waitUntilReady, type Probe } from "./readiness.ts";

/** A server to be run as a child of this process. */
export interface ProcessSpec {
  name: string;
  /** Absolute path of the program. */
  program: string;
  args: readonly string[];
  /** Holds `run/<name>.pid` and `logs/<name>.log`. */
  dataDir: string;
  logFile?: string | undefined;
  /** Added to PATH and HOME, which is all that a child gets of this process's environment. */
  environment?: Readonly<Record<string, string>>;
  ready: Probe;
  /** Default 60 s. */
  readyTimeoutMs?: number;
  /** Whether it is started again when it ends without being asked to. Default true. */
  restart?: boolean;
}

/** How a child ended. */
export interface ProcessExit {
  name: string;
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Whether `stop` asked for it. */
  expected: boolean;
}

/** Where a child is in its life. */
export type ProcessState = "stopped" | "starting" | "ready" | "ending" | "backing-off";

/** Waits between restarts: doubled from the first to the last, back to the first after a run of the last's length. */
const FIRST_BACKOFF_MS = 100;
const LAST_BACKOFF_MS = 10_000;
/** Time between SIGTERM and SIGKILL unless `stop` is told otherwise. */
const STOP_GRACE_MS = 8_000;

/**
 * One server in a process group of its own, restarted with a growing wait when it dies. It does not outlive this
 * process: the kernel kills it (`setpriv --pdeathsig`, where there is one), or else the next start on the same data.
 */
export class SupervisedProcess implements AsyncDisposable {
  readonly spec: ProcessSpec;
  readonly logFile: string;
  state: ProcessState = "stopped";
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #ready: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #backoffMs = FIRST_BACKOFF_MS;
  #wanted = false;
  readonly #listeners = new Set<(exit: ProcessExit) => void>();

  constructor(spec: ProcessSpec) {
    this.spec = spec;
    this.logFile = spec.logFile ?? join(spec.dataDir, "logs", `${spec.name}.log`);
  }

  /** Its process id while it runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Calls back each time it ends, until the returned function is called. */
  onExit(listener: (exit: ProcessExit) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Starts it and waits until it is ready. Throws a SluiceError `Unavailable` with the end of its log when it ends first. */
  async start(): Promise<void> {
    if (this.#wanted) return this.whenReady();
    this.#wanted = true;
    try {
      await reapStale(this.#pidFile);
      await this.#launch();
    } catch (error) {
      await this.stop({ graceMs: 0 });
      throw error;
    }
  }

  /** Resolves once the current start is ready, or after a kill the one that follows. Throws a SluiceError when it is stopped. */
  async whenReady(): Promise<void> {
    if (!this.#wanted) throw new SluiceError("Unavailable", `${this.spec.name} is stopped.`);
    if (this.state === "backing-off" || this.state === "ending") {
      await waitUntilReady(this.spec.name, async () => this.state === "ready", { timeoutMs: this.#readyTimeoutMs });
    }
    await this.#ready;
  }

  /** Sends a signal to it and all it started; after a deadly one it is started again, unless `restart` is false. */
  kill(signal: NodeJS.Signals = "SIGKILL"): void {
    if (this.#child?.pid === undefined) return;
    if (signal === "SIGKILL") this.state = "ending";
    signalGroup(this.#child.pid, signal);
  }

  /** Asks it to end, kills it after the grace, and resolves when it is gone. It stays down until `start`. */
  async stop(options: { graceMs?: number } = {}): Promise<void> {
    this.#wanted = false;
    clearTimeout(this.#timer);
    const grace = options.graceMs ?? STOP_GRACE_MS;
    if (grace > 0) this.kill("SIGTERM");
    else this.kill("SIGKILL");
    const killing = setTimeout(() => this.kill("SIGKILL"), grace);
    await this.#exited;
    clearTimeout(killing);
    this.state = "stopped";
    await removePidFile(this.#pidFile);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  get #pidFile(): string {
    return join(this.spec.dataDir, "run", `${this.spec.name}.pid`);
  }

  get #readyTimeoutMs(): number {
    return this.spec.readyTimeoutMs ?? 60_000;
  }

  #launch(): Promise<void> {
    this.state = "starting";
    const log = openLog(this.logFile);
    const child = this.#spawn(log.descriptor);
    closeSync(log.descriptor);
    this.#child = child;
    const began = Date.now();
    const ended = new AbortController();
    this.#exited = new Promise((resolve) => {
      let over = false;
      const end = (code: number | null, signal: NodeJS.Signals | null, cause?: unknown) => {
        if (over) return;
        over = true;
        ended.abort(this.#endedEarly(code, signal, log.length, cause));
        this.#afterExit({ name: this.spec.name, code, signal, expected: !this.#wanted }, Date.now() - began);
        resolve();
      };
      child.once("exit", end);
      child.once("error", (error) => end(null, null, error));
    });
    const written = child.pid === undefined ? undefined : writePidFile(this.#pidFile, child.pid, this.spec.program);
    this.#ready = Promise.resolve(written).then(async () => {
      await waitUntilReady(this.spec.name, this.spec.ready, { timeoutMs: this.#readyTimeoutMs, signal: ended.signal });
      ended.signal.throwIfAborted();
      this.state = "ready";
    });
    return this.#ready;
  }

  #spawn(log: number): ChildProcess {
    const { program, args } = this.spec;
    const path = process.env["PATH"] ?? "";
    const setpriv = findOnPath("setpriv", path);
    const command = setpriv === undefined ? [program] : [setpriv, "--pdeathsig", "KILL", "--", program];
    return spawn(command[0] ?? program, [...command.slice(1), ...args], {
      cwd: this.spec.dataDir,
      env: { PATH: path, HOME: this.spec.dataDir, ...this.spec.environment },
      stdio: ["ignore", log, log],
      detached: true,
    });
  }

  #afterExit(exit: ProcessExit, ranMs: number): void {
    // What it started itself must not go on without it.
    this.kill("SIGKILL");
    this.#child = undefined;
    this.state = "stopped";
    for (const listener of this.#listeners) listener(exit);
    if (!this.#wanted || this.spec.restart === false) return;
    if (ranMs > LAST_BACKOFF_MS) this.#backoffMs = FIRST_BACKOFF_MS;
    this.state = "backing-off";
    this.#timer = setTimeout(() => this.#launch().catch(() => this.#giveUpUnready()), this.#backoffMs);
    this.#backoffMs = Math.min(this.#backoffMs * 2, LAST_BACKOFF_MS);
  }

  /** A restart that never became ready is ended, so that its exit leads to the next one; if it has ended, it has led there already. */
  #giveUpUnready(): void {
    if (this.state === "starting") this.kill("SIGKILL");
  }

  #endedEarly(code: number | null, signal: string | null, after: number, cause: unknown): SluiceError {
    const how = signal === null ? `with code ${code}` : `by ${signal}`;
    const said = lastLines(this.logFile, after, 3);
    return new SluiceError("Unavailable", `${this.spec.name} ended ${how}${said && `: ${said}`}`, {
      next: `Its log is ${this.logFile}.`,
      ...(cause === undefined ? {} : { cause }),
    });
  }
}
