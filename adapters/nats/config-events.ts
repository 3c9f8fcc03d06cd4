import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { ConsumerMessages, JsMsg } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import type { NatsConnection } from "@nats-io/transport-node";
import { EVENTS_HEADER } from "../../domain/ledger/record.ts";
import { LEDGER_STREAM, parseLedgerSubject } from "../../schemas/ids.ts";
import { handBack } from "./intake-delivery.ts";
import { received } from "./received.ts";

/** The events of an application that change what it shall be; a pin is followed by the sync of its promotion. */
export const CONFIGURATION_EVENTS = [
  "ApplicationCreated",
  "ApplicationUpdated",
  "ApplicationDeleted",
  "RevisionUnpinned",
] as const;
export type ConfigurationEvent = (typeof CONFIGURATION_EVENTS)[number];

/** An application's configuration changed: which one, how, and the ledger sequence of it. */
export interface ConfigurationChange {
  application: string;
  types: string[];
  sequence: number;
}

/** How configuration changes are consumed. Processes with the same `durable` share them. */
export interface ConfigurationConsumption {
  durable: string;
  /** Types of the events that are handed over; those that change the configuration by default. */
  types?: readonly string[];
  signal: AbortSignal;
  /** Called for each change, one after the other; acknowledged when it resolves, delivered again when it throws. */
  handle(change: ConfigurationChange): Promise<void>;
  /** Told of what went wrong and is tried again, for the log. */
  onTrouble?(error: unknown): void;
}

const BATCH = 256;
const RETRY_MS = 1_000;
/** What a process had when it was killed waits for another this long; what comes twice because of it asks for the same operation. */
const ACK_WAIT_MS = 15_000;

/**
 * Hands over every configuration change of an application at least once, until the signal. The consumer gets headers only, so the
 * rest of an application's events costs next to nothing.
 */
export async function consumeConfigurationEvents(
  nc: NatsConnection,
  consumption: ConfigurationConsumption,
): Promise<void> {
  const { durable, signal, onTrouble } = consumption;
  const open = (): Promise<ConsumerMessages> => openDurable(nc, durable);
  for await (const messages of received({ nc, signal, limit: BATCH, open, ...(onTrouble ? { onTrouble } : {}) })) {
    for (const message of messages) {
      if (signal.aborted) handBack([message]);
      else await handle(message, consumption);
    }
  }
}

async function handle(message: JsMsg, consumption: ConfigurationConsumption): Promise<void> {
  const { handle: react, onTrouble, types = CONFIGURATION_EVENTS } = consumption;
  const change = changeOf(message, types);
  if (change === undefined) return message.ack();
  message.working();
  try {
    await react(change);
    await message.ackAck();
  } catch (error) {
    onTrouble?.(error);
    message.nak(RETRY_MS);
  }
}

function changeOf(message: JsMsg, asked: readonly string[]): ConfigurationChange | undefined {
  const types = message.headers?.get(EVENTS_HEADER).split(",") ?? [];
  const wanted = asked.filter((type) => types.includes(type));
  const application = parseLedgerSubject(message.subject)?.name;
  if (wanted.length === 0 || application === undefined) return undefined;
  return { application, types: wanted, sequence: message.seq };
}

async function openDurable(nc: NatsConnection, durable: string): Promise<ConsumerMessages> {
  const manager = await jetstreamManager(nc, { checkAPI: false });
  await manager.consumers.add(LEDGER_STREAM, {
    durable_name: durable,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    filter_subject: "sluice.ledger.application.*",
    headers_only: true,
    ack_wait: nanos(ACK_WAIT_MS),
    max_ack_pending: 2 * BATCH,
    max_deliver: -1,
  });
  const consumer = await jetstream(nc).consumers.get(LEDGER_STREAM, durable);
  return consumer.consume({ max_messages: BATCH, expires: 30_000, idle_heartbeat: 5_000 });
}
