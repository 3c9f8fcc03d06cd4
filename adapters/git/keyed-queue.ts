interface Job<T> {
  key: string;
  run: () => Promise<T>;
  promise: Promise<T>;
  settle: { resolve: (value: T) => void; reject: (error: unknown) => void };
}

/**
 * Runs one job at a time. A job that waits is shared by all who ask for the same key; one that runs already is not, because it
 * may have read the world before the question was asked.
 */
export class KeyedQueue {
  readonly #waiting: Job<unknown>[] = [];
  #running = false;

  run<T>(key: string, run: () => Promise<T>): Promise<T> {
    const shared = this.#waiting.find((job) => job.key === key);
    if (shared) return shared.promise as Promise<T>;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const job: Job<T> = { key, run, promise, settle: { resolve, reject } };
    this.#waiting.push(job as unknown as Job<unknown>);
    if (!this.#running) void this.#drain();
    return promise;
  }

  async #drain(): Promise<void> {
    this.#running = true;
    for (let job = this.#waiting.shift(); job; job = this.#waiting.shift()) {
      await job.run().then(job.settle.resolve, job.settle.reject);
    }
    this.#running = false;
  }
}
