import { DeliverPolicy, jetstream } from "@nats-io/jetstream";
import type { ConsumerMessages } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import type { NatsConnection } from "@nats-io/transport-node";
import { recordedEvents } from "../../domain/ledger/record.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { RecordedEvent } from "../../schemas/events/index.ts";
import { LEDGER_STREAM, parseLedgerSubject } from "../../schemas/ids.ts";
import type { AggregateRef } from "../../schemas/ids.ts";
import type { FollowedBatch } from "./ledger.ts";
import { lastSequence, textOf } from "./ledger-read.ts";
import { received } from "./received.ts";

/** Messages of one batch, and messages asked for in advance. */
const BATCH = 2_000;
const AHEAD = 8_000;
/** Subjects remembered by one follower. */
const MAX_SUBJECTS = 20_000;

/** Every event after a sequence, for ever; see `Ledger.follow`. Throws LedgerCorrupt when a message is missing. */
export async function* follow(
  nc: NatsConnection,
  options: { after: number; signal: AbortSignal },
): AsyncGenerator<FollowedBatch> {
  const { signal } = options;
  const aggregateOf = createAggregates();
  let sequence = options.after;
  if ((await lastSequence(nc)) <= sequence) yield { events: [], sequence, caughtUp: true };
  const batches = received({
    nc,
    signal,
    limit: BATCH,
    open: () => openAfter(nc, sequence),
    // More is on its way for sure, so a full batch is cheaper for whoever folds it.
    expectMore: (message) => message.info.pending > 0,
  });
  for await (const batch of batches) {
    if (signal.aborted) return;
    const events: RecordedEvent[] = [];
    for (const message of batch) {
      const found = message.seq;
      if (found !== sequence + 1) throw missing(sequence + 1, found);
      sequence = found;
      const aggregate = aggregateOf(message.subject);
      // Absent when a newer Sluice wrote it that has more kinds of aggregates: none of ours.
      if (aggregate === undefined) continue;
      events.push(...recordedEvents({ aggregate, sequence, text: textOf(message.data) }));
    }
    yield { events, sequence, caughtUp: batch.at(-1)?.info.pending === 0 };
  }
}

async function openAfter(nc: NatsConnection, sequence: number): Promise<ConsumerMessages> {
  const consumer = await jetstream(nc).consumers.get(LEDGER_STREAM, {
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: sequence + 1,
    inactive_threshold: nanos(30_000),
  });
  return consumer.consume({ max_messages: AHEAD, expires: 30_000, idle_heartbeat: 5_000 });
}

/** Aggregates by subject, parsed once: a whole ledger has few subjects and many messages. */
function createAggregates(): (subject: string) => AggregateRef | undefined {
  const known = new Map<string, AggregateRef | undefined>();
  return (subject) => {
    if (known.has(subject)) return known.get(subject);
    if (known.size >= MAX_SUBJECTS) known.clear();
    const aggregate = parseLedgerSubject(subject);
    known.set(subject, aggregate);
    return aggregate;
  };
}

const missing = (expected: number, found: number): SluiceError =>
  new SluiceError("LedgerCorrupt", `The ledger's messages ${expected} to ${found - 1} are missing`, {
    next: "run `sluice ledger verify`, then restore the stream from a backup or a healthy replica",
  });
