import { setImmediate as turn } from "node:timers/promises";
import { project } from "../../domain/projections/project.ts";
import type { Rows } from "../../domain/projections/project.ts";
import type { RecordedEvent } from "../../schemas/events/index.ts";
import type { ViewName } from "../../schemas/views.ts";

/** What the projector needs of the ledger. */
export interface FollowedLedger {
  follow(options: {
    after: number;
    signal: AbortSignal;
  }): AsyncIterable<{ events: RecordedEvent[]; sequence: number; caughtUp: boolean }>;
  last(): Promise<number>;
  identity(): Promise<string>;
}

/** What folding needs of a store of views. */
export interface FoldedStore {
  checkpoint(): number;
  begin(): Rows & { commit(sequence: number): { view: ViewName; key: string }[] };
}

/** What one commit did. */
export interface Committed {
  sequence: number;
  events: number;
  changed: { view: ViewName; key: string }[];
}

/** A run of folding. */
export interface Folding {
  ledger: FollowedLedger;
  store: FoldedStore;
  signal: AbortSignal;
  /** Ends after exactly this sequence; for ever without it. */
  until?: number;
  /** Let everything else in the process have its turn between batches. */
  yielding?: boolean;
  /** The ledger answers, and the store takes what is to be committed: a batch of it is done, maybe an empty one. */
  received?(): void;
  committed?(commit: Committed): void;
}

/** Events of one commit while catching up: each changed row is written once, so larger is cheaper, until memory counts. */
const COMMIT_EVENTS = 20_000;

/** Folds the ledger into the store from its checkpoint on. */
export async function foldLedger(folding: Folding): Promise<void> {
  const { ledger, store, signal, until = Infinity, yielding, committed } = folding;
  const after = store.checkpoint();
  if (after >= until) return;
  let rows = store.begin();
  let done = after;
  let events = 0;
  for await (const batch of ledger.follow({ after, signal })) {
    if (yielding === true) await turn();
    if (signal.aborted) return;
    const wanted = batch.sequence <= until ? batch.events : batch.events.filter(({ sequence }) => sequence <= until);
    for (const recorded of wanted) project(rows, recorded);
    events += wanted.length;
    const sequence = Math.min(batch.sequence, until);
    if (sequence > done && (batch.caughtUp || sequence === until || events >= COMMIT_EVENTS)) {
      const changed = rows.commit(sequence);
      committed?.({ sequence, events, changed });
      rows = store.begin();
      done = sequence;
      events = 0;
    }
    folding.received?.();
    if (sequence === until) return;
  }
}
