/** When to try a request again, and after how long. Pure: the clock and the randomness are inputs. */

/** Bounds of the retries of one request. */
export interface RetryLimits {
  attempts: number;
  /** Milliseconds of the first wait; it doubles. */
  baseMs: number;
  maxMs: number;
  /** No further attempt once this many milliseconds went by. */
  deadlineMs: number;
}

/** About 12 s of waiting in all: longer outages are the workflow's retries, not ours. */
export const RETRY_LIMITS: RetryLimits = { attempts: 7, baseMs: 200, maxMs: 5_000, deadlineMs: 60_000 };

/** Retry-After is honoured up to this many milliseconds. */
const MAX_RETRY_AFTER_MS = 30_000;

/** Milliseconds of a Retry-After header (seconds or HTTP date), or undefined. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (!header) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now;
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds, 0), MAX_RETRY_AFTER_MS);
}

/** Milliseconds to wait before attempt `attempt + 1` (first attempt is 1), or undefined when it is over. */
export function retryDelay(
  limits: RetryLimits,
  state: { attempt: number; elapsedMs: number; retryAfterMs?: number | undefined; random: number },
): number | undefined {
  if (state.attempt >= limits.attempts) return undefined;
  const step = Math.min(limits.maxMs, limits.baseMs * 2 ** (state.attempt - 1));
  const jittered = step * (0.5 + state.random / 2);
  const delay = state.retryAfterMs === undefined ? jittered : state.retryAfterMs + (jittered - step / 2);
  return state.elapsedMs + delay > limits.deadlineMs ? undefined : delay;
}

/** Jittered exponential back-off of a reflector: 0.8 s doubling to 30 s, as client-go has it. `failures` is at least 1. */
export const backoffMs = (failures: number, random: number): number =>
  Math.min(30_000, 800 * 2 ** Math.min(failures - 1, 16)) * (0.5 + random / 2);

/** Waits, or rejects with the signal's reason as soon as it is aborted. */
export function wait(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
