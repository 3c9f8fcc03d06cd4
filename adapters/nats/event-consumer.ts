import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { ConsumerMessages, JsMsg } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import type { NatsConnection } from "@nats-io/transport-node";
import { recordedEvents } from "../../domain/ledger/record.ts";
import type { RecordedEvent } from "../../schemas/events/index.ts";
import { type AggregateType, LEDGER_STREAM, parseLedgerSubject } from "../../schemas/ids.ts";
import { handBack } from "./intake-delivery.ts";
import { textOf } from "./ledger-read.ts";
import { received } from "./received.ts";

/** How events of the ledger are consumed. Processes with the same `durable` share them. */
export interface EventConsumption {
  durable: string;
  /** Aggregates whose events are handed over. */
  aggregates: readonly AggregateType[];
  signal: AbortSignal;
  /** Called with the events of one message, one message after the other; acknowledged when it resolves, delivered again when it throws. */
  handle(events: RecordedEvent[]): Promise<void>;
  /** Told of what went wrong and is tried again, for the log. */
  onTrouble?(error: unknown): void;
}

const BATCH = 256;
const RETRY_MS = 1_000;
/** What a process had when it was killed waits for another this long. */
const ACK_WAIT_MS = 15_000;

/** Hands over every event from the first use of the durable on, at least once, until the signal. */
export async function consumeEvents(nc: NatsConnection, consumption: EventConsumption): Promise<void> {
  const { signal, onTrouble } = consumption;
  const open = (): Promise<ConsumerMessages> => openDurable(nc, consumption);
  for await (const messages of received({ nc, signal, limit: BATCH, open, ...(onTrouble ? { onTrouble } : {}) })) {
    for (const message of messages) {
      if (signal.aborted) handBack([message]);
      else await handle(message, consumption);
    }
  }
}

async function handle(message: JsMsg, { handle: react, onTrouble }: EventConsumption): Promise<void> {
  const aggregate = parseLedgerSubject(message.subject);
  if (!aggregate) return message.ack();
  message.working();
  try {
    await react(recordedEvents({ aggregate, sequence: message.seq, text: textOf(message.data) }));
    await message.ackAck();
  } catch (error) {
    onTrouble?.(error);
    message.nak(RETRY_MS);
  }
}

async function openDurable(nc: NatsConnection, { durable, aggregates }: EventConsumption): Promise<ConsumerMessages> {
  const manager = await jetstreamManager(nc, { checkAPI: false });
  await manager.consumers.add(LEDGER_STREAM, {
    durable_name: durable,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.New,
    filter_subjects: aggregates.map((type) => `sluice.ledger.${type}.*`),
    ack_wait: nanos(ACK_WAIT_MS),
    max_ack_pending: 2 * BATCH,
    max_deliver: -1,
  });
  const consumer = await jetstream(nc).consumers.get(LEDGER_STREAM, durable);
  return consumer.consume({ max_messages: BATCH, expires: 30_000, idle_heartbeat: 5_000 });
}
