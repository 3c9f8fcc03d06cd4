import type { ConsumerMessages, JsMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { setTimeout as sleep } from "node:timers/promises";

/** What is received, and when a batch is handed on. */
export interface Reception {
  nc: NatsConnection;
  signal: AbortSignal;
  /** Opens the consumer; called again after the connection, the server or the consumer went away. */
  open(): Promise<ConsumerMessages>;
  /** Most messages of one batch. */
  limit: number;
  /** Whether to wait for more although nothing more is here yet: when the server said that more is on its way. */
  expectMore?(last: JsMsg): boolean;
  /** Told of each failed opening, for the log. */
  onTrouble?(error: unknown): void;
}

/** Pauses between two attempts to open the consumer. */
const MIN_PAUSE_MS = 50;
const MAX_PAUSE_MS = 2_000;

/**
 * Batches of messages for as long as the signal allows. The client's own recovery waits up to the whole expiry of a pull after a
 * server restart, so the consumer is opened anew at once instead; nothing that was yielded is taken back. What was already here when
 * the signal came is still yielded, so that it can be handed back.
 */
export async function* received(reception: Reception): AsyncGenerator<JsMsg[]> {
  const { signal, open, onTrouble } = reception;
  let pause = MIN_PAUSE_MS;
  while (!signal.aborted) {
    try {
      const messages = await open();
      pause = MIN_PAUSE_MS;
      yield* session(reception, messages);
    } catch (error) {
      if (!signal.aborted) onTrouble?.(error);
    }
    await sleep(pause, undefined, { signal }).catch(() => undefined);
    pause = Math.min(pause * 2, MAX_PAUSE_MS);
  }
}

async function* session(reception: Reception, messages: ConsumerMessages): AsyncGenerator<JsMsg[]> {
  const { signal, limit } = reception;
  const close = (): void => void messages.close();
  signal.addEventListener("abort", close, { once: true });
  const unwatch = closeOnTrouble(reception.nc, messages);
  if (signal.aborted) close();
  let batch: JsMsg[] = [];
  try {
    for await (const message of messages) {
      batch.push(message);
      // Not getPending(): it counts the client's own entries in the queue too, and then a last message would wait for the next one.
      const here = messages.getReceived() > messages.getProcessed();
      const more = here || reception.expectMore?.(message) === true;
      if (batch.length < limit && more) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  } finally {
    signal.removeEventListener("abort", close);
    unwatch();
    close();
  }
}

const TROUBLE: readonly string[] = [
  "heartbeats_missed",
  "consumer_not_found",
  "consumer_deleted",
  "stream_not_found",
  "no_responders",
];

function closeOnTrouble(nc: NatsConnection, messages: ConsumerMessages): () => void {
  // Typed as a bare iterable, but it is a queue that must be stopped, or it stays registered with the connection.
  const connection = nc.status() as ReturnType<NatsConnection["status"]> & { stop(): void };
  void closeWhen(connection, messages, (type) => type === "reconnect");
  void closeWhen(messages.status(), messages, (type) => TROUBLE.includes(type));
  return () => connection.stop();
}

async function closeWhen(
  states: AsyncIterable<{ type: string }>,
  messages: ConsumerMessages,
  bad: (type: string) => boolean,
): Promise<void> {
  for await (const { type } of states) {
    if (bad(type)) return void messages.close();
  }
}
