import { setTimeout as sleep } from "node:timers/promises";
import { SluiceError } from "../../schemas/errors.ts";

/** Whether something is ready; a rejection counts as not yet. */
export type Probe = (signal: AbortSignal) => Promise<boolean>;

/**
 * Asks a probe again and again until it says yes. One attempt is given at most five seconds.
 * Throws a SluiceError `Timeout` that names what was waited for, or the signal's reason once that is aborted.
 */
export async function waitUntilReady(
  what: string,
  probe: Probe,
  options: { timeoutMs: number; everyMs?: number; signal?: AbortSignal },
): Promise<void> {
  const deadline = Date.now() + options.timeoutMs;
  let last: unknown;
  while (Date.now() < deadline) {
    options.signal?.throwIfAborted();
    const attempt = AbortSignal.timeout(5_000);
    try {
      if (await probe(options.signal ? AbortSignal.any([attempt, options.signal]) : attempt)) return;
    } catch (error) {
      last = error;
    }
    await sleep(options.everyMs ?? 50);
  }
  options.signal?.throwIfAborted();
  const waited = `${Math.round(options.timeoutMs / 1_000)} s`;
  throw new SluiceError("Timeout", `${what} was not ready within ${waited}.`, { cause: last });
}
