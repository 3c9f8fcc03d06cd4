/** Queues by key: one key's items are worked off one round at a time, and no key waits for another. */
export interface KeyedQueues<Item> {
  push(key: string, item: Item): void;
  /** Every item that is waiting or being worked on. */
  held(): Iterable<Item>;
  /** How many items wait for their key's round. */
  depth(): number;
  /** Takes no more; resolves when the rounds under way have ended, with the items that were still waiting. */
  close(): Promise<Item[]>;
}

/**
 * `work` is given all of a key's items that have come until its round begins, so that a storm becomes few rounds. It settles each
 * item itself and never rejects.
 */
export function createKeyedQueues<Item>(work: (key: string, items: Item[]) => Promise<void>): KeyedQueues<Item> {
  const waiting = new Map<string, Item[]>();
  const active = new Map<string, { items: Item[]; ended: Promise<void> }>();
  let closed = false;

  const round = async (key: string): Promise<void> => {
    // Whatever was pushed in the same turn of the event loop is part of the first round.
    await new Promise((resolve) => setImmediate(resolve));
    for (;;) {
      const items = closed ? undefined : waiting.get(key);
      if (items === undefined) break;
      waiting.delete(key);
      const entry = active.get(key);
      if (entry) entry.items = items;
      await work(key, items);
    }
    active.delete(key);
  };

  return {
    push(key, item) {
      const items = waiting.get(key);
      if (items) items.push(item);
      else waiting.set(key, [item]);
      if (closed || active.has(key)) return;
      const entry = { items: [] as Item[], ended: Promise.resolve() };
      active.set(key, entry);
      entry.ended = round(key);
    },
    *held() {
      for (const { items } of active.values()) yield* items;
      for (const items of waiting.values()) yield* items;
    },
    depth: () => [...waiting.values()].reduce((sum, items) => sum + items.length, 0),
    async close() {
      closed = true;
      await Promise.all([...active.values()].map(({ ended }) => ended));
      const left = [...waiting.values()].flat();
      waiting.clear();
      return left;
    },
  };
}
