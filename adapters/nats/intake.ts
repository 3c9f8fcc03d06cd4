import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { ConsumerMessages } from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import type { NatsConnection } from "@nats-io/transport-node";
import { INTAKE_STREAM, intakeSubject } from "../../schemas/ids.ts";
import type { IntakeMessage } from "../../schemas/messages.ts";
import { unavailable } from "./failure.ts";
import { deliver, handBack } from "./intake-delivery.ts";
import type { Delivered } from "./intake-delivery.ts";
import { publish } from "./publish.ts";
import { received } from "./received.ts";

export type { Delivered } from "./intake-delivery.ts";

/** How the intake is consumed. Processes with the same `durable` share the messages. */
export interface Consumption {
  durable: string;
  signal: AbortSignal;
  /** Most messages handed over at once. */
  batch: number;
  /**
   * Takes a batch over. It may return before the messages are handled: each is acknowledged by itself, and at most `maxInFlight`
   * are out at a time. When it throws, what was not acknowledged comes again later.
   */
  handle(batch: Delivered[]): Promise<void>;
  /** Subjects wanted; all by default. */
  subjects?: string[];
  /** Unacknowledged messages at a time; 1,024 by default. */
  maxInFlight?: number;
  /** Without a sign of life for so long, a message is delivered to another; 60 s by default. */
  ackWaitMs?: number;
  /** Deliveries before a message goes to the dead letters; 50 by default. */
  maxDeliveries?: number;
  /** Told of what went wrong and is tried again, for the log. */
  onTrouble?(error: unknown): void;
}

/** The queue between the outside and the dispatcher. */
export interface Intake {
  /** Resolves once the message is on disk. Throws Unavailable when that cannot be said. */
  publish(message: IntakeMessage, messageId: string): Promise<{ sequence: number; duplicate: boolean }>;
  /** Hands messages over until the signal; then waits for the running `handle` and hands back the rest. */
  consume(consumption: Consumption): Promise<void>;
}

/** The intake on a connection; `ensureStreams` must have run. */
export function createIntake(nc: NatsConnection): Intake {
  return {
    async publish(message, messageId) {
      const outcome = await publish(nc, {
        subject: subjectOf(message),
        data: JSON.stringify(message),
        headers: { "Nats-Msg-Id": messageId, "Nats-Expected-Stream": INTAKE_STREAM },
      });
      if ("stored" in outcome) return outcome.stored;
      throw unavailable(`store the ${message.type}`, outcome.refused);
    },
    consume: (consumption) => consume(nc, consumption),
  };
}

function subjectOf(message: IntakeMessage): string {
  switch (message.type) {
    case "git.push":
      return intakeSubject.push(message.repository);
    case "pullrequest.changed":
      return intakeSubject.pullRequest(message.repository);
    case "registry.push":
      return intakeSubject.registry(message.repository);
    case "application.command":
      return intakeSubject.command(message.application);
    case "cluster.changed":
      return intakeSubject.cluster(message.cluster, message.application);
  }
}

async function consume(nc: NatsConnection, consumption: Consumption): Promise<void> {
  const { signal, batch: limit, handle, onTrouble = () => undefined } = consumption;
  const open = (): Promise<ConsumerMessages> => openDurable(nc, consumption);
  for await (const messages of received({ nc, signal, limit, open, onTrouble })) {
    if (signal.aborted) {
      handBack(messages);
      continue;
    }
    const delivered: Delivered[] = [];
    for (const message of messages) {
      const one = await deliver(nc, message, consumption.maxDeliveries ?? 50).catch(onTrouble);
      if (one !== undefined) delivered.push(one);
    }
    if (delivered.length > 0) await handle(delivered).catch(onTrouble);
  }
}

async function openDurable(nc: NatsConnection, consumption: Consumption): Promise<ConsumerMessages> {
  const { durable, batch } = consumption;
  const manager = await jetstreamManager(nc, { checkAPI: false });
  await manager.consumers.add(INTAKE_STREAM, {
    durable_name: durable,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: nanos(consumption.ackWaitMs ?? 60_000),
    max_ack_pending: consumption.maxInFlight ?? 1_024,
    max_deliver: -1,
    ...(consumption.subjects === undefined ? {} : { filter_subjects: consumption.subjects }),
  });
  const consumer = await jetstream(nc).consumers.get(INTAKE_STREAM, durable);
  // What is fetched in advance counts as in flight, so no more than a batch beyond the one that is handled.
  return consumer.consume({ max_messages: Math.max(2, batch), expires: 30_000, idle_heartbeat: 5_000 });
}
