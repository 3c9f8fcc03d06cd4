import type { JsMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { EVENTS_HEADER } from "../../domain/ledger/record.ts";
import { type AggregateRef, type AggregateType, parseLedgerSubject } from "../../schemas/ids.ts";
import { handBack } from "./intake-delivery.ts";
import { ledgerMessages } from "./ledger-durable.ts";

/** One append to the ledger: to which aggregate, the types of its events, its sequence. */
export interface LedgerNews {
  ref: AggregateRef;
  types: string[];
  sequence: number;
}

/** How news are consumed. Processes with the same `durable` share them. */
export interface NewsConsumption {
  durable: string;
  /** Aggregates whose news are wanted. */
  aggregates: readonly AggregateType[];
  /** Types of events that are handed over. */
  types: ReadonlySet<string>;
  signal: AbortSignal;
  /** Called with each batch, one after the other; acknowledged when it resolves, delivered again when it throws. */
  handle(news: LedgerNews[]): Promise<void>;
  /** Told of what went wrong and is tried again, for the log. */
  onTrouble?(error: unknown): void;
}

const RETRY_MS = 1_000;

/** Hands over the news of aggregates at least once, until the signal. The consumer gets headers only. */
export async function consumeLedgerNews(nc: NatsConnection, consumption: NewsConsumption): Promise<void> {
  const { durable, aggregates, signal, onTrouble } = consumption;
  const of = { durable, aggregates, signal, onTrouble, headersOnly: true, from: "beginning" } as const;
  for await (const messages of ledgerMessages(nc, of)) {
    if (signal.aborted) handBack(messages);
    else await handle(messages, consumption);
  }
}

async function handle(messages: JsMsg[], { types, handle: react, onTrouble }: NewsConsumption): Promise<void> {
  const wanted = messages.flatMap((message) => newsOf(message, types) ?? []);
  try {
    for (const message of messages) message.working();
    if (wanted.length > 0) await react(wanted);
    await Promise.all(messages.map((message) => message.ackAck()));
  } catch (error) {
    onTrouble?.(error);
    for (const message of messages) message.nak(RETRY_MS);
  }
}

function newsOf(message: JsMsg, asked: ReadonlySet<string>): LedgerNews | undefined {
  const types = message.headers?.get(EVENTS_HEADER).split(",") ?? [];
  const ref = parseLedgerSubject(message.subject);
  return ref && types.some((type) => asked.has(type)) ? { ref, types, sequence: message.seq } : undefined;
}
