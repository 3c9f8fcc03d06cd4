import type { Logger } from "pino";

/** How long one part may take to stop before the next one's turn. */
const PART_LIMIT_MS = 20_000;

/** What has to be stopped, in the reverse order of its start; each part at most once, whatever the others do. */
export class Teardown {
  readonly #log: Logger;
  readonly #parts: { name: string; stop: () => Promise<unknown> }[] = [];
  #running: Promise<void> | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  add(name: string, stop: () => Promise<unknown>): void {
    this.#parts.push({ name, stop });
  }

  /** Stops all parts. Safe to call twice: the second call waits for the first. */
  run(): Promise<void> {
    return (this.#running ??= this.#stopAll());
  }

  async #stopAll(): Promise<void> {
    for (let part = this.#parts.pop(); part; part = this.#parts.pop()) {
      const { name, stop } = part;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`not stopped within ${PART_LIMIT_MS} ms`)), PART_LIMIT_MS);
      });
      try {
        await Promise.race([stop(), late]);
      } catch (err) {
        this.#log.warn({ err, part: name }, "a part did not stop in order");
      } finally {
        clearTimeout(timer);
      }
    }
  }
}
