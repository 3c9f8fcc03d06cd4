import { foldLedger } from "./fold.ts";
import type { FollowedLedger } from "./fold.ts";
import { originOf } from "./projector.ts";
import type { ProjectedStore, Projector } from "./projector.ts";

/** What a rebuild needs of a store. */
export interface RebuiltStore extends ProjectedStore {
  readonly path: string;
  digest(): Promise<string>;
  adopt(path: string): void;
  close(): void;
}

/** What a rebuild is made of. */
export interface RebuildDeps {
  ledger: FollowedLedger;
  store: RebuiltStore;
  projector: Pick<Projector, "whileHeld">;
  /** An empty store in a file of its own; `remove` deletes it. */
  scratch(): { store: RebuiltStore; remove(): void };
  signal?: AbortSignal;
}

/** What a rebuild came to; `identical` says whether the views came out byte for byte as they were. */
export interface RebuildResult {
  events: number;
  sequence: number;
  durationMs: number;
  identical: boolean;
}

/**
 * Folds the whole ledger from sequence 0 into a new file, beside the running projector, and compares. When they differ the new rows
 * take the place of the old ones. The views stand still only for the last, short part.
 */
export async function rebuild({ ledger, store, projector, scratch, signal }: RebuildDeps): Promise<RebuildResult> {
  const begun = performance.now();
  const ending = signal ?? new AbortController().signal;
  const fresh = scratch();
  let events = 0;
  const foldUntil = (until: number): Promise<void> =>
    foldLedger({
      ledger,
      store: fresh.store,
      signal: ending,
      until,
      yielding: true,
      committed: (commit) => {
        events += commit.events;
      },
    });
  try {
    fresh.store.clear(await originOf(ledger));
    await foldUntil(store.checkpoint());
    return await projector.whileHeld(async () => {
      const sequence = store.checkpoint();
      await foldUntil(sequence);
      ending.throwIfAborted();
      fresh.store.settle();
      const identical = (await fresh.store.digest()) === (await store.digest());
      if (!identical) store.adopt(fresh.store.path);
      return { events, sequence, durationMs: Math.round(performance.now() - begun), identical };
    });
  } finally {
    fresh.store.close();
    fresh.remove();
  }
}
