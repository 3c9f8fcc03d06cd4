import { createRecent } from "../cache/recent.ts";

/** Expressions that are not evaluated for a while, because they went too far. */
export interface PutOff {
  has(expression: string): boolean;
  /** It went too far: the first time it is put off for the shortest time, soon after that for twice as long each time. */
  add(expression: string): void;
}

interface Pause {
  until: number;
  milliseconds: number;
}

const LONGEST_MS = 60 * 60_000;

/** `now` is in milliseconds. */
export function createPutOff(most: number, shortestMs: number, now: () => number = () => performance.now()): PutOff {
  const pauses = createRecent<Pause>(most);
  return {
    has: (expression) => now() < (pauses.get(expression)?.until ?? -Infinity),
    add(expression) {
      const before = pauses.get(expression);
      // What did well for as long as it was put off before begins anew.
      const again = before !== undefined && now() < before.until + before.milliseconds;
      const milliseconds = again ? Math.min(before.milliseconds * 2, LONGEST_MS) : shortestMs;
      pauses.set(expression, { until: now() + milliseconds, milliseconds });
    },
  };
}
