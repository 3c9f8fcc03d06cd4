/** Bounds how many calls are at work at once. */
export type Turnstile = <T>(call: () => Promise<T>) => Promise<T>;

/**
 * Lets `width` calls in at once, in the order they came. A call that takes longer than `slowMs` gives up its place while it
 * goes on: it waits for something rather than computes, and one repository out of reach must not delay the others.
 */
export function createTurnstile({ width, slowMs }: { width: number; slowMs: number }): Turnstile {
  const waiting: (() => void)[] = [];
  let inside = 0;

  const enter = async (): Promise<void> => {
    if (inside < width) {
      inside++;
      return;
    }
    await new Promise<void>((admit) => waiting.push(admit));
  };
  /** The place goes to whoever waits longest, so that nobody slips in between. */
  const leave = (): void => {
    const admit = waiting.shift();
    if (admit) admit();
    else inside--;
  };

  return async (call) => {
    await enter();
    let left = false;
    const leaveOnce = (): void => {
      if (!left) leave();
      left = true;
    };
    const slow = setTimeout(leaveOnce, slowMs);
    slow.unref();
    try {
      return await call();
    } finally {
      clearTimeout(slow);
      leaveOnce();
    }
  };
}
