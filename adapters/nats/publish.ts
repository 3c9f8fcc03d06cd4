import { headers, nuid } from "@nats-io/transport-node";
import type { MsgHdrs, NatsConnection } from "@nats-io/transport-node";
import { setTimeout as sleep } from "node:timers/promises";
import { SluiceError } from "../../schemas/errors.ts";
import { API_CODES, isUnknown, unavailable } from "./failure.ts";
import type { ApiError } from "./failure.ts";

/** One message to be stored. */
export interface Publication {
  subject: string;
  data: Uint8Array | string;
  headers: Readonly<Record<string, string>>;
}

/** What the server said: stored at `sequence` (that of the last message of a batch), or refused. */
export type Outcome = { stored: { sequence: number; duplicate: boolean } } | { refused: ApiError };

/** How long to go on before the outcome is left unknown, and how long to wait for one answer. */
export interface Patience {
  totalMs: number;
  attemptMs: number;
}

const PATIENCE: Patience = { totalMs: 10_000, attemptMs: 3_000 };

/** Most messages one atomic batch may hold: the default limit of nats-server (server/stream.go). */
export const MAX_ATOMIC = 1_000;

/**
 * Stores one message. An attempt without an answer is unknown, not failed: the same bytes are sent again, so they must carry a
 * message id or an expected sequence. Throws Unavailable when nothing is known after all, and PayloadTooLarge.
 */
export async function publish(nc: NatsConnection, message: Publication, patience = PATIENCE): Promise<Outcome> {
  refuseTooLarge(nc, message);
  return untilKnown(`store ${message.subject}`, patience, (timeout) =>
    request(nc, message, headersOf(message.headers), timeout),
  );
}

/** Stores all messages or none, as one JetStream atomic batch; unknown attempts are sent again as in `publish`. */
export async function publishAll(
  nc: NatsConnection,
  messages: readonly Publication[],
  patience = PATIENCE,
): Promise<Outcome> {
  const last = messages.at(-1);
  if (last === undefined || messages.length > MAX_ATOMIC) {
    throw new RangeError(`an atomic batch holds 1 to ${MAX_ATOMIC} messages, not ${messages.length}`);
  }
  for (const message of messages) refuseTooLarge(nc, message);
  return untilKnown(`store a batch of ${messages.length}`, patience, (timeout) => {
    const batch = nuid.next();
    messages.slice(0, -1).forEach((message, index) => {
      nc.publish(message.subject, message.data, { headers: batchHeaders(message, batch, index + 1) });
    });
    const commit = batchHeaders(last, batch, messages.length);
    commit.set("Nats-Batch-Commit", "1");
    return request(nc, last, commit, timeout);
  });
}

/** Room for the headers in the server's limit, which counts them too. */
const HEADER_ROOM = 4_096;

/** The server would end the connection over it, and everybody on it would suffer. */
function refuseTooLarge(nc: NatsConnection, { subject, data }: Publication): void {
  const limit = (nc.info?.max_payload ?? 1_048_576) - HEADER_ROOM;
  const size = typeof data === "string" ? Buffer.byteLength(data) : data.byteLength;
  if (size <= limit) return;
  throw new SluiceError("PayloadTooLarge", `A message of ${size} bytes for ${subject} is over the limit of ${limit}`, {
    next: "make it smaller, or raise max_payload of nats-server",
  });
}

function headersOf(fields: Readonly<Record<string, string>>): MsgHdrs {
  const result = headers();
  for (const [name, value] of Object.entries(fields)) result.set(name, value);
  return result;
}

function batchHeaders(message: Publication, batch: string, sequence: number): MsgHdrs {
  const result = headersOf(message.headers);
  result.set("Nats-Batch-Id", batch);
  result.set("Nats-Batch-Sequence", String(sequence));
  return result;
}

async function request(nc: NatsConnection, message: Publication, hdrs: MsgHdrs, timeout: number): Promise<Outcome> {
  const answer = await nc.request(message.subject, message.data, { headers: hdrs, timeout });
  const ack = answer.json<{ seq?: number; duplicate?: boolean; error?: ApiError }>();
  if (ack.error !== undefined) return { refused: ack.error };
  return { stored: { sequence: ack.seq ?? 0, duplicate: ack.duplicate === true } };
}

/** Refusals that say nothing about the message itself: the same request may well pass a moment later. */
const PASSING: readonly number[] = [API_CODES.incompleteBatch, API_CODES.tooManyBatches, API_CODES.duplicateInFlight];

async function untilKnown(
  doing: string,
  patience: Patience,
  attempt: (timeout: number) => Promise<Outcome>,
): Promise<Outcome> {
  const deadline = performance.now() + patience.totalMs;
  let cause: unknown;
  for (let wait = 20; ; wait = Math.min(wait * 2, 500)) {
    const left = deadline - performance.now();
    if (left <= 0) throw unavailable(doing, cause);
    const outcome = await attempt(Math.min(patience.attemptMs, left)).catch((thrown: unknown) => {
      if (!isUnknown(thrown)) throw unavailable(doing, thrown);
      return { unknown: thrown };
    });
    if ("unknown" in outcome) cause = outcome.unknown;
    else if ("refused" in outcome && isPassing(outcome.refused)) cause = outcome.refused;
    else return outcome;
    await sleep(Math.min(wait, Math.max(1, deadline - performance.now())));
  }
}

/** 503 stands for a server that cannot store now: no space, no leader, no quorum. */
const isPassing = (error: ApiError): boolean => error.code === 503 || PASSING.includes(error.err_code);
