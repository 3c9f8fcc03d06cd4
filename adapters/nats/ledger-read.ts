import type { NatsConnection } from "@nats-io/transport-node";
import { chainWalk } from "../../domain/ledger/chain.ts";
import type { BrokenLink } from "../../domain/ledger/chain.ts";
import { EVENTS_HEADER, recordedEvents } from "../../domain/ledger/record.ts";
import type { RecordedEvent } from "../../schemas/events/index.ts";
import { LEDGER_STREAM, LEDGER_SUBJECTS, ledgerSubject } from "../../schemas/ids.ts";
import type { AggregateRef } from "../../schemas/ids.ts";
import { batchOf } from "./direct.ts";
import type { StoredMessage } from "./direct.ts";
import { unavailable } from "./failure.ts";
import type { ApiError } from "./failure.ts";
import { sha256 } from "./sha256.ts";

/** Messages of one direct read, and about how many bytes they may have together. */
const BATCH = 512;
const BATCH_BYTES = 4 * 1024 * 1024;

/** Events of one aggregate after a sequence; see `Ledger.read`. */
export async function* read(nc: NatsConnection, aggregate: AggregateRef, after: number): AsyncGenerator<RecordedEvent> {
  for await (const message of messages(nc, ledgerSubject(aggregate), after + 1)) {
    yield* recordedEvents({ aggregate, sequence: message.sequence, text: textOf(message.data) });
  }
}

/** The stream as its leader describes it. */
export async function streamInfo(nc: NatsConnection): Promise<{ created: string; state: { last_seq: number } }> {
  const answer = await nc
    .request(`$JS.API.STREAM.INFO.${LEDGER_STREAM}`, "", { timeout: 5_000 })
    .catch((cause: unknown) => Promise.reject(unavailable("describe the ledger", cause)));
  const info = answer.json<{ created: string; state: { last_seq: number } } | { error: ApiError }>();
  if ("error" in info) throw unavailable("describe the ledger", info.error);
  return info;
}

/** Sequence of the newest message of the stream. */
export const lastSequence = async (nc: NatsConnection): Promise<number> => (await streamInfo(nc)).state.last_seq;

/** Walks hash chains; see `Ledger.verify`. */
export async function verify(
  nc: NatsConnection,
  ref?: AggregateRef,
): Promise<{ checked: number; broken: BrokenLink[] }> {
  const last = await lastSequence(nc);
  const walk = chainWalk({ contiguous: ref === undefined });
  const subject = ref === undefined ? LEDGER_SUBJECTS : ledgerSubject(ref);
  let reached = 0;
  for await (const message of messages(nc, subject, 1)) {
    if (message.sequence > last) break;
    reached = message.sequence;
    walk.step({
      subject: message.subject,
      sequence: message.sequence,
      text: textOf(message.data),
      types: message.header(EVENTS_HEADER),
      hash: sha256(message.data),
    });
  }
  const broken = [...walk.broken];
  if (ref === undefined && reached < last) {
    broken.push({ subject, sequence: reached + 1, message: `the messages ${reached + 1} to ${last} cannot be read` });
  }
  return { checked: walk.checked, broken };
}

async function* messages(nc: NatsConnection, subject: string, first: number): AsyncGenerator<StoredMessage> {
  for (let from = first; ;) {
    const batch = await batchOf(nc, { stream: LEDGER_STREAM, subject, from, limit: BATCH, maxBytes: BATCH_BYTES });
    yield* batch;
    const newest = batch.at(-1);
    if (newest === undefined) return;
    from = newest.sequence + 1;
  }
}

/** The text of a message's bytes. */
export const textOf = (data: Uint8Array): string =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("utf8");
