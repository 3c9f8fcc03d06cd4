import { DeliverPolicy, jetstream } from "@nats-io/jetstream";
import type { JsMsg } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import type { NatsConnection } from "@nats-io/transport-node";
import { recordedEvents } from "../../domain/ledger/record.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { RecordedEvent } from "../../schemas/events/index.ts";
import { LEDGER_STREAM, parseLedgerSubject } from "../../schemas/ids.ts";
import type { FollowedBatch } from "./ledger.ts";
import { lastSequence, textOf } from "./ledger-read.ts";
import { received } from "./received.ts";

/** Messages of one batch, and messages asked for in advance. */
const BATCH = 2_000;
const AHEAD = 8_000;

/** Every event after a sequence, for ever; see `Ledger.follow`. Throws LedgerCorrupt when a message is missing. */
export async function* follow(
  nc: NatsConnection,
  options: { after: number; signal: AbortSignal },
): AsyncGenerator<FollowedBatch> {
  const { signal } = options;
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
    const events = batch.flatMap((message, index) => eventsAt(message, sequence + 1 + index));
    sequence += batch.length;
    yield { events, sequence, caughtUp: batch.at(-1)?.info.pending === 0 };
  }
}

async function openAfter(nc: NatsConnection, sequence: number) {
  const consumer = await jetstream(nc).consumers.get(LEDGER_STREAM, {
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: sequence + 1,
    inactive_threshold: nanos(30_000),
  });
  return consumer.consume({ max_messages: AHEAD, expires: 30_000, idle_heartbeat: 5_000 });
}

function eventsAt(message: JsMsg, expected: number): RecordedEvent[] {
  const sequence = message.seq;
  if (sequence !== expected) throw missing(expected, sequence);
  const aggregate = parseLedgerSubject(message.subject);
  // Written by a newer Sluice that has more kinds of aggregates: none of ours.
  if (aggregate === undefined) return [];
  return recordedEvents({ aggregate, sequence, text: textOf(message.data) });
}

const missing = (expected: number, found: number): SluiceError =>
  new SluiceError("LedgerCorrupt", `The ledger's messages ${expected} to ${found - 1} are missing`, {
    next: "run `sluice ledger verify`, then restore the stream from a backup or a healthy replica",
  });
