/** Runs at most so many at a time; the rest waits in order. */
export type Bound = <T>(run: () => Promise<T>) => Promise<T>;

export function createBound(limit: number): Bound {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (run) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
