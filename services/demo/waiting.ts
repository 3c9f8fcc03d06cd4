const PATIENCE_MS = 120_000;

/** Thrown when waiting longer can't help. */
export class Failure extends Error {}

export type WaitFor = (what: string, look: () => Promise<boolean>) => Promise<void>;

/** Waiting that ends with the signal. */
export const patient =
  (signal: AbortSignal): WaitFor =>
  async (what, look) => {
    const deadline = Date.now() + PATIENCE_MS;
    let last: unknown = "it did not come";
    while (Date.now() < deadline) {
      signal.throwIfAborted();
      try {
        if (await look()) return;
      } catch (error) {
        if (error instanceof Failure) throw error;
        last = error;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`${what}: waited ${PATIENCE_MS / 1_000} s in vain`, { cause: last });
  };
