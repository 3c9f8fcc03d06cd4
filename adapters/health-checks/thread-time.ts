import { setTimeout as pause } from "node:timers/promises";
import type { Worker } from "node:worker_threads";

/** Most requests are over by then, and cost no question. */
const FIRST_LOOK_MS = 50;
/** On a machine that is busy with other things, a second of processor time may take several. */
const WALL_FACTOR = 10;
/** How soon a thread has to say what it used; one that doesn't is not asked for long. */
const ANSWER_MS = 1_000;

/**
 * Waits until what runs in a thread has used up its processor time, or ten times as long has passed; why it has to end, or undefined when
 * it was over before. Processor time, so that a busy machine makes no check fail. Where Node can't tell it (before 24.6), time is time.
 */
export async function timeUsedUp(worker: Worker, milliseconds: number, over: AbortSignal): Promise<string | undefined> {
  const begun = performance.now();
  if (!(await waited(FIRST_LOOK_MS, over))) return undefined;
  const before = await usedBy(worker);
  for (let left = milliseconds; ;) {
    if (!(await waited(Math.max(left, FIRST_LOOK_MS), over))) return undefined;
    const now = await usedBy(worker);
    if (over.aborted) return undefined;
    const used = now === undefined || before === undefined ? performance.now() - begun : now - before;
    if (used >= milliseconds) return `it exceeded ${Math.floor(milliseconds / 100) / 10} s`;
    if (performance.now() - begun >= milliseconds * WALL_FACTOR) {
      return `it exceeded ${Math.floor((milliseconds * WALL_FACTOR) / 1_000)} s of waiting for a processor`;
    }
    left = milliseconds - used;
  }
}

async function waited(milliseconds: number, over: AbortSignal): Promise<boolean> {
  try {
    await pause(milliseconds, undefined, { signal: over, ref: false });
    return true;
  } catch {
    return false;
  }
}

/** Milliseconds of processor time that a thread has used so far. */
async function usedBy(worker: Worker): Promise<number | undefined> {
  if (typeof worker.cpuUsage !== "function") return undefined;
  try {
    const used = await Promise.race([worker.cpuUsage(), pause(ANSWER_MS, undefined, { ref: false })]);
    return used && (used.user + used.system) / 1_000;
  } catch {
    return undefined;
  }
}
