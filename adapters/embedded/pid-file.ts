import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { SluiceError } from "../../schemas/errors.ts";
import { isSameProcess, processCommand, processStart } from "./process-identity.ts";
import { waitUntilReady } from "./readiness.ts";

interface Identity {
  pid: number;
  start: string;
}

interface PidRecord extends Identity {
  program: string;
  owner: Identity;
}

/** Remembers a child that was just started and who started it, so that a later start finds it if this process dies. */
export async function writePidFile(file: string, pid: number, program: string): Promise<void> {
  const start = processStart(pid);
  if (start === undefined) return;
  const owner = { pid: process.pid, start: processStart(process.pid) ?? "" };
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.new`, JSON.stringify({ pid, start, program, owner } satisfies PidRecord), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** Forgets a child that has ended. */
export async function removePidFile(file: string): Promise<void> {
  await rm(file, { force: true });
}

/**
 * Ends the child of a start whose process is gone, and forgets it. A process that merely has the same id by now is
 * never touched: the moment it started and its command line are compared.
 * Throws a SluiceError `Conflict` when the process that started it still runs.
 */
export async function reapStale(file: string): Promise<void> {
  const record = await read(file);
  if (record !== undefined && isRunning(record)) {
    const { owner } = record;
    if (isSameProcess(owner.pid, owner.start)) {
      throw new SluiceError("Conflict", `Process ${owner.pid} is already using the data folder of ${file}.`, {
        next: `Stop process ${owner.pid}, or choose another data folder.`,
      });
    }
    signalGroup(record.pid, "SIGKILL");
    await waitUntilReady(`the end of process ${record.pid}`, async () => !isRunning(record), { timeoutMs: 10_000 });
  }
  await removePidFile(file);
}

/** Sends a signal to a child and all that it started; nothing happens when they are gone. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function isRunning(record: PidRecord): boolean {
  return isSameProcess(record.pid, record.start) && (processCommand(record.pid) ?? "").includes(record.program);
}

async function read(file: string): Promise<PidRecord | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as PidRecord;
  } catch {
    return undefined;
  }
}
