import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { SluiceError } from "../../schemas/errors.ts";
import type { RenderLimits } from "./limits.ts";

/** One run of a renderer. */
export interface ToolRun {
  /** What messages call it. */
  name: string;
  path: string;
  args: readonly string[];
  cwd: string;
  env: Record<string, string>;
  limits: RenderLimits;
  signal?: AbortSignal;
  /** What the tool says, with its names of files as the repository has them. */
  named?: (said: string) => string;
}

/** Commands that a tool is run through, so that the kernel holds it: no network where the machine allows it, limits on memory, CPU and files. */
export type Confinement = (limits: RenderLimits) => string[];

const PROGRAMS = { unshare: "/usr/bin/unshare", prlimit: "/usr/bin/prlimit" };
const NO_NETWORK = ["--user", "--net", "--"];
const STDERR_BYTES = 64 * 1024;

/** What a machine offers to confine a tool with. */
export interface Confined {
  network: boolean;
  limits: boolean;
}

/** Tries what this machine offers. */
export async function inspectConfinement({ unshare, prlimit } = PROGRAMS): Promise<Confined> {
  const [limits, network] = await Promise.all([
    isExecutable(prlimit),
    works([unshare, ...NO_NETWORK, unshare, "--version"]),
  ]);
  return { network, limits };
}

/** How tools are confined on this machine, tried once. */
export async function findConfinement(): Promise<Confinement> {
  const { network, limits } = await inspectConfinement();
  return ({ memoryBytes, cpuSeconds, outputBytes }) => [
    ...(network ? [PROGRAMS.unshare, ...NO_NETWORK] : []),
    ...(limits
      ? [
          PROGRAMS.prlimit,
          `--data=${memoryBytes}`,
          `--cpu=${cpuSeconds}`,
          `--fsize=${outputBytes}`,
          "--core=0",
          "--nofile=512",
          "--",
        ]
      : []),
  ];
}

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

function works([command, ...args]: string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command!, args, { env: {}, stdio: "ignore" });
    child.once("error", () => resolve(false));
    child.once("close", (code) => resolve(code === 0));
  });
}

/** How a renderer ended. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: Uint8Array;
  stderr: string;
  stopped: "timeout" | "output" | "aborted" | undefined;
}

/** A command with all that its run needs; plain data but for the signal. */
export interface Launch {
  command: readonly string[];
  cwd: string;
  env: Record<string, string>;
  limits: Pick<RenderLimits, "timeoutMs" | "outputBytes">;
}

/** Runs a command to its end. Throws `ToolUnavailable` when it can't be started. */
export type Execute = (launch: Launch, signal?: AbortSignal) => Promise<Ended>;

/** Runs a renderer without a shell and gives what it printed. Throws `RenderFailed`, `RenderLimit` or `ToolUnavailable`. */
export async function runTool(run: ToolRun, by: { confine: Confinement; execute: Execute }): Promise<Uint8Array> {
  run.signal?.throwIfAborted();
  const { cwd, env, limits, signal } = run;
  const command = [...by.confine(limits), run.path, ...run.args];
  const { timeoutMs, outputBytes } = limits;
  const ended = await by.execute({ command, cwd, env, limits: { timeoutMs, outputBytes } }, signal);
  if (ended.stopped === undefined && ended.code === 0) return ended.stdout;
  run.signal?.throwIfAborted();
  throw failureOf(ended, run);
}

/** Runs it as a child of this process. */
export const executeHere: Execute = ({ command: [program, ...args], cwd, env, limits }, signal) =>
  new Promise((resolve, reject) => {
    const child = spawn(program!, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    const out: Buffer[] = [];
    let size = 0;
    let stderr = "";
    let stopped: Ended["stopped"];
    const stop = (why: Ended["stopped"]) => {
      stopped ??= why;
      if (child.pid !== undefined) killGroup(child.pid);
    };
    const timer = setTimeout(() => stop("timeout"), limits.timeoutMs);
    const aborted = () => stop("aborted");
    signal?.addEventListener("abort", aborted, { once: true });
    child.stdout.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > limits.outputBytes) stop("output");
      else out.push(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      if (stderr.length < STDERR_BYTES) stderr += chunk.toString("utf8");
    });
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", aborted);
    };
    child.once("error", (error) => {
      settle();
      reject(
        new SluiceError("ToolUnavailable", `A renderer could not be started: ${error.message}.`, { cause: error }),
      );
    });
    child.once("close", (code, killed) => {
      settle();
      resolve({ code, signal: killed, stdout: Buffer.concat(out), stderr, stopped });
    });
  });

/** The whole process group: a tool's own children end with it. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It ended by itself meanwhile.
  }
}

function failureOf(ended: Ended, run: ToolRun): SluiceError {
  const { name, limits } = run;
  if (ended.stopped === "timeout") {
    return limit(`${name} took longer than ${limits.timeoutMs / 1_000} s`);
  }
  if (ended.stopped === "output") return limit(`${name} printed more than ${limits.outputBytes} bytes`);
  if (/out of memory|cannot allocate memory|failed to reserve/i.test(ended.stderr)) {
    return limit(`${name} needed more memory than ${limits.memoryBytes} bytes`);
  }
  if (ended.signal === "SIGXCPU" || (ended.signal === "SIGKILL" && ended.stopped === undefined)) {
    return limit(`${name} was ended by its limit of ${limits.cpuSeconds} s of CPU or of memory`);
  }
  if (ended.code === 127 || /failed to execute .*No such file/.test(ended.stderr)) {
    return new SluiceError("ToolUnavailable", `${name} could not be started.`, { next: "run `sluice doctor`" });
  }
  const heard = saying(ended.stderr, run.cwd);
  const said = run.named?.(heard) ?? heard;
  return new SluiceError("RenderFailed", `${name}: ${said}`, { problems: [{ ...placeIn(said), message: said }] });
}

/** The first file and line that a tool speaks of, as in `(web/templates/a.yaml:3:14)`. */
function placeIn(said: string): { file?: string; line?: number; column?: number } {
  const found = /([\w.-][\w./-]*\.(?:ya?ml|tpl|json|txt)):(\d+)(?::(\d+))?/.exec(said);
  if (!found) return {};
  const [, file, line, column] = found;
  return { file: file!, line: Number(line), ...(column !== undefined && { column: Number(column) }) };
}

const limit = (message: string): SluiceError =>
  new SluiceError("RenderLimit", `${message}.`, { problems: [{ message }] });

/** The tool's own reason, at most 1,000 characters, with the scratch directory taken out of its paths. */
function saying(stderr: string, cwd: string): string {
  const root = cwd.replace(/(\/sluice-render-[^/]+).*$/, "$1");
  const text = stderr.replaceAll(`${root}/source/`, "").replaceAll(`${root}/source`, ".").replaceAll(root, "");
  const at = text.search(/^Error:/m);
  return (
    (at < 0 ? text : text.slice(at))
      .replace(/^Error: /, "")
      .replace(/\s*Use --debug flag.*$/s, "")
      .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f]/g, "")
      .trim()
      .slice(0, 1_000) || "it failed without a reason"
  );
}
