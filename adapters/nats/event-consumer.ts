import type { JsMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { recordedEvents } from "../../domain/ledger/record.ts";
import type { RecordedEvent } from "../../schemas/events/index.ts";
import { type AggregateType, parseLedgerSubject } from "../../schemas/ids.ts";
import { handBack } from "./intake-delivery.ts";
import { textOf } from "./ledger-read.ts";
import { ledgerMessages } from "./ledger-durable.ts";

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

const RETRY_MS = 1_000;

/** Hands over every event from the first use of the durable on, at least once, until the signal. */
export async function consumeEvents(nc: NatsConnection, consumption: EventConsumption): Promise<void> {
  const { durable, aggregates, signal, onTrouble } = consumption;
  const of = { durable, aggregates, signal, onTrouble, headersOnly: false, from: "now" } as const;
  for await (const messages of ledgerMessages(nc, of)) {
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
