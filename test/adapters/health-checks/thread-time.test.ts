import type { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { timeUsedUp } from "../../../adapters/health-checks/thread-time.ts";

/** A thread that gets this share of the time that passes. */
function thread(share: number): Worker {
  const begun = performance.now();
  const cpuUsage = async () => ({ user: (performance.now() - begun) * share * 1_000, system: 0 });
  return { cpuUsage } as unknown as Worker;
}
const never = new AbortController().signal;

test("a thread that has the processor for itself is over its time after about as long", async () => {
  const begun = performance.now();
  expect(await timeUsedUp(thread(1), 200, never)).toBe("it exceeded 0.2 s");
  expect(performance.now() - begun).toBeGreaterThanOrEqual(200);
});

test("a thread that waits for a busy processor gets longer, but not for ever", async () => {
  const begun = performance.now();
  expect(await timeUsedUp(thread(0.25), 200, never)).toBe("it exceeded 0.2 s");
  expect(performance.now() - begun).toBeGreaterThanOrEqual(700);
  expect(await timeUsedUp(thread(0), 100, never)).toBe("it exceeded 1 s of waiting for a processor");
});

test("where Node can't tell what a thread used, time is time", async () => {
  expect(await timeUsedUp({} as Worker, 100, never)).toBe("it exceeded 0.1 s");
  const deaf = { cpuUsage: () => Promise.reject(new Error("ended")) } as unknown as Worker;
  expect(await timeUsedUp(deaf, 100, never)).toBe("it exceeded 0.1 s");
});

test("nothing is said of what was over before", async () => {
  const over = new AbortController();
  const waiting = timeUsedUp(thread(1), 10_000, over.signal);
  over.abort();
  expect(await waiting).toBeUndefined();
});
