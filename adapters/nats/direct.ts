import { createInbox, headers } from "@nats-io/transport-node";
import type { Msg, NatsConnection } from "@nats-io/transport-node";
import { isUnknown, unavailable } from "./failure.ts";
import type { ApiError } from "./failure.ts";
import { setTimeout as sleep } from "node:timers/promises";

/** A message as it lies in a stream. */
export interface StoredMessage {
  subject: string;
  sequence: number;
  data: Uint8Array;
  header(name: string): string;
}

const TIMEOUT_MS = 5_000;
const ATTEMPTS = 3;

/** The newest message on a subject, or undefined. Any replica may answer, so it can be a moment behind. */
export function lastOn(nc: NatsConnection, stream: string, subject: string): Promise<StoredMessage | undefined> {
  return patiently(`read ${subject}`, async () => {
    const answer = await nc.request(`$JS.API.DIRECT.GET.${stream}.${subject}`, "", { timeout: TIMEOUT_MS });
    if (answer.headers?.code === 404) return undefined;
    refuseStatus(answer);
    return storedMessage(answer);
  });
}

/** Where a batch begins and how much of it is wanted. */
export interface BatchRequest {
  stream: string;
  /** First sequence that may be in it. */
  from: number;
  /** Subject, wildcards allowed. */
  subject: string;
  limit: number;
  /** Stop after about so many bytes. */
  maxBytes?: number;
}

/** Up to `limit` messages in the order of the stream, from any replica; fewer do not mean that there are no more. */
export function batchOf(nc: NatsConnection, request: BatchRequest): Promise<StoredMessage[]> {
  const { stream, from, subject, limit, maxBytes } = request;
  const query = { seq: from, next_by_subj: subject, batch: limit, ...(maxBytes ? { max_bytes: maxBytes } : {}) };
  return patiently(`read ${subject}`, () => collect(nc, `$JS.API.DIRECT.GET.${stream}`, JSON.stringify(query)));
}

function collect(nc: NatsConnection, subject: string, query: string): Promise<StoredMessage[]> {
  return new Promise((resolve, reject) => {
    const inbox = createInbox();
    const found: StoredMessage[] = [];
    const end = (finish: () => void): void => {
      clearTimeout(timer);
      subscription.unsubscribe();
      finish();
    };
    const timer = setTimeout(() => end(() => reject(new SilentError())), TIMEOUT_MS);
    const subscription = nc.subscribe(inbox, {
      callback: (error, message) => {
        if (error !== null) return end(() => reject(error));
        timer.refresh();
        const code = message.headers?.code ?? 0;
        if (code === 204 || code === 404) return end(() => resolve(found));
        if (code !== 0) return end(() => reject(statusError(message)));
        found.push(storedMessage(message));
      },
    });
    nc.publish(subject, query, { reply: inbox });
  });
}

class SilentError extends Error {
  constructor() {
    super("no answer");
    this.name = "SilentError";
  }
}

/** One message by sequence, or the next on a subject from a sequence on, as the stream's leader has it: never behind. */
export function fromLeader(
  nc: NatsConnection,
  stream: string,
  query: { seq: number; next_by_subj?: string },
): Promise<StoredMessage | undefined> {
  return patiently(`read message ${query.seq} of ${stream}`, async () => {
    const answer = await nc.request(`$JS.API.STREAM.MSG.GET.${stream}`, JSON.stringify(query), { timeout: TIMEOUT_MS });
    const { message, error } = answer.json<LeaderAnswer>();
    if (error?.code === 404) return undefined;
    if (message === undefined) throw unavailable(`read message ${query.seq} of ${stream}`, error);
    const fields = Buffer.from(message.hdrs ?? "", "base64").toString();
    return {
      subject: message.subject,
      sequence: message.seq,
      data: Buffer.from(message.data ?? "", "base64"),
      header: (name) => new RegExp(`^${name}: *(.*?)\r?$`, "im").exec(fields)?.[1] ?? "",
    };
  });
}

interface LeaderAnswer {
  message?: { subject: string; seq: number; data?: string; hdrs?: string };
  error?: ApiError;
}

async function patiently<Result>(doing: string, read: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await read();
    } catch (thrown) {
      const passing = thrown instanceof SilentError || isUnknown(thrown);
      if (!passing || attempt === ATTEMPTS) throw unavailable(doing, thrown);
      await sleep(attempt * 200);
    }
  }
}

const NO_HEADERS = headers();

function storedMessage(message: Msg): StoredMessage {
  const fields = message.headers ?? NO_HEADERS;
  return {
    subject: fields.get("Nats-Subject"),
    sequence: Number(fields.get("Nats-Sequence")),
    data: message.data,
    header: (name) => fields.get(name),
  };
}

function refuseStatus(message: Msg): void {
  if ((message.headers?.code ?? 0) !== 0) throw statusError(message);
}

const statusError = (message: Msg): Error =>
  new Error(`${message.headers?.code ?? 0} ${message.headers?.description ?? ""}`.trim());
