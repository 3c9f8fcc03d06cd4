/**
 * Runs work of a name one at a time. Whoever asks while one runs shares the next one with all others who ask meanwhile: the running one may
 * have read the world before.
 */
export function createOneAtATime<Outcome>(): (name: string, work: () => Promise<Outcome>) => Promise<Outcome> {
  const running = new Map<string, Promise<unknown>>();
  const next = new Map<string, Promise<Outcome>>();

  const begin = (name: string, work: () => Promise<Outcome>): Promise<Outcome> => {
    const mine = work();
    const settled = mine.then(
      () => undefined,
      () => undefined,
    );
    running.set(name, settled);
    void settled.then(() => {
      if (running.get(name) === settled) running.delete(name);
    });
    return mine;
  };

  return (name, work) => {
    const shared = next.get(name);
    if (shared) return shared;
    const busy = running.get(name);
    if (!busy) return begin(name, work);
    const mine = busy.then(() => {
      next.delete(name);
      return begin(name, work);
    });
    next.set(name, mine);
    return mine;
  };
}
