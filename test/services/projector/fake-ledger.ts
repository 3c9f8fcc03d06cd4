import type { RecordedEvent } from "../../../schemas/events/index.ts";
import type { FollowedLedger } from "../../../services/projector/fold.ts";

/** A ledger in memory that can grow, be cut into batches of a size, and fail. */
export interface FakeLedger extends FollowedLedger {
  grow(events: readonly RecordedEvent[]): void;
  /** The next following throws it. */
  failNext(error: Error): void;
  follows: number;
  name: string;
}

/** Events by sequence; `batch` is the most messages of one batch. */
export function fakeLedger(initial: readonly RecordedEvent[], batch = 3): FakeLedger {
  const events = [...initial];
  const wake = new Set<() => void>();
  const last = (): number => events.at(-1)?.sequence ?? 0;
  let failure: Error | undefined;
  const ledger: FakeLedger = {
    follows: 0,
    name: "one",
    grow(more) {
      events.push(...more);
      for (const go of wake) go();
      wake.clear();
    },
    failNext(error) {
      failure = error;
      for (const go of wake) go();
      wake.clear();
    },
    last: async () => last(),
    identity: async () => ledger.name,
    async *follow({ after, signal }) {
      ledger.follows += 1;
      let sequence = after;
      if (last() <= sequence) yield { events: [], sequence, caughtUp: true };
      while (!signal.aborted) {
        if (failure !== undefined) {
          const error = failure;
          failure = undefined;
          throw error;
        }
        if (last() > sequence) {
          const end = Math.min(last(), sequence + batch);
          const wanted = events.filter((event) => event.sequence > sequence && event.sequence <= end);
          sequence = end;
          yield { events: wanted, sequence, caughtUp: sequence === last() };
          continue;
        }
        await new Promise<void>((resolve) => {
          wake.add(resolve);
          signal.addEventListener("abort", () => resolve(), { once: true });
        });
      }
    },
  };
  return ledger;
}
