/** Those who wait for the views to reach a sequence. */
export interface Waiters {
  wait(sequence: number): Promise<void>;
  /** Resolves all who wait for this sequence or an earlier one. */
  reached(sequence: number): void;
  /** Rejects all, and everybody who comes later. */
  fail(error: Error): void;
}

/** Nobody waits yet. */
export function createWaiters(): Waiters {
  const waiting = new Set<{ sequence: number; resolve(): void; reject(error: Error): void }>();
  let failed: Error | undefined;
  return {
    wait(sequence) {
      if (failed !== undefined) return Promise.reject(failed);
      return new Promise((resolve, reject) => void waiting.add({ sequence, resolve, reject }));
    },
    reached(sequence) {
      for (const waiter of waiting) {
        if (waiter.sequence > sequence) continue;
        waiting.delete(waiter);
        waiter.resolve();
      }
    },
    fail(error) {
      failed = error;
      for (const waiter of waiting) waiter.reject(error);
      waiting.clear();
    },
  };
}
