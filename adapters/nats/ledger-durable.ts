import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { ConsumerMessages, JsMsg } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import type { NatsConnection } from "@nats-io/transport-node";
import { type AggregateType, LEDGER_STREAM } from "../../schemas/ids.ts";
import { received } from "./received.ts";

/** A durable consumer of the ledger. Processes with the same name share it. */
export interface LedgerDurable {
  durable: string;
  aggregates: readonly AggregateType[];
  /** Which types of events there are, not what they say: costs next to nothing. */
  headersOnly: boolean;
  /** What it begins with when it is first opened. */
  from: "beginning" | "now";
  signal: AbortSignal;
  /** Told of what went wrong and is tried again, for the log. */
  onTrouble?: ((error: unknown) => void) | undefined;
}

/** Messages asked for at a time. */
const DURABLE_BATCH = 256;
/** What a process had when it was killed waits for another this long. */
const ACK_WAIT_MS = 15_000;

/** Batches of its messages for as long as the signal allows; see `received`. */
export const ledgerMessages = (nc: NatsConnection, of: LedgerDurable): AsyncGenerator<JsMsg[]> => {
  const { signal, onTrouble } = of;
  const open = (): Promise<ConsumerMessages> => openLedgerDurable(nc, of);
  return received({ nc, signal, limit: DURABLE_BATCH, open, ...(onTrouble ? { onTrouble } : {}) });
};

/** Creates the consumer unless it is there, and asks for its messages. */
async function openLedgerDurable(nc: NatsConnection, of: LedgerDurable): Promise<ConsumerMessages> {
  const manager = await jetstreamManager(nc, { checkAPI: false });
  await manager.consumers.add(LEDGER_STREAM, {
    durable_name: of.durable,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: of.from === "now" ? DeliverPolicy.New : DeliverPolicy.All,
    filter_subjects: of.aggregates.map((type) => `sluice.ledger.${type}.*`),
    ...(of.headersOnly && { headers_only: true }),
    ack_wait: nanos(ACK_WAIT_MS),
    max_ack_pending: 2 * DURABLE_BATCH,
    max_deliver: -1,
  });
  const consumer = await jetstream(nc).consumers.get(LEDGER_STREAM, of.durable);
  return consumer.consume({ max_messages: DURABLE_BATCH, expires: 30_000, idle_heartbeat: 5_000 });
}
