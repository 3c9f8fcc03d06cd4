/** Waits, or returns at once when the signal is aborted; never throws. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end, { once: true });
  });
}

/** Asks until there is an answer; undefined when the limit passed or the signal was aborted first. */
export async function until<T>(
  ask: () => Promise<T | undefined>,
  { limitMs, everyMs = 250, signal }: { limitMs: number; everyMs?: number; signal?: AbortSignal },
): Promise<T | undefined> {
  const end = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined || signal?.aborted || performance.now() >= end) return answer;
    await pause(everyMs, signal);
  }
}
