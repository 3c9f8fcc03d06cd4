import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { SluiceError } from "../../schemas/errors.ts";

interface Patience {
  log: Logger;
  patienceMs?: number;
  signal?: AbortSignal;
}

/** Tries until it passes, with pauses that grow from 100 ms to 5 s. Throws Unavailable when the patience ends; a SluiceError that can't pass at once. */
export async function patiently<T>(what: string, options: Patience, attempt: () => Promise<T>): Promise<T> {
  const { log, signal, patienceMs = 30_000 } = options;
  const deadline = Date.now() + patienceMs;
  for (let pause = 100; ; pause = Math.min(pause * 2, 5_000)) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof SluiceError && !error.retryable) throw error;
      if (signal?.aborted || Date.now() + pause > deadline) throw unreachable(what, error);
      log.warn(
        { err: error instanceof Error ? error.message : String(error), retryInMs: pause },
        `${what} does not answer`,
      );
      await sleep(pause, undefined, signal ? { signal } : {}).catch(() => undefined);
    }
  }
}

const unreachable = (what: string, cause: unknown): SluiceError =>
  new SluiceError("Unavailable", `${what} does not answer`, {
    next: "check that the server runs and that the address is right",
    cause,
  });
