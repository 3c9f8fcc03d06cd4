import type { NatsConnection } from "@nats-io/transport-node";
import type { ZodType } from "zod";
import { EVENTS_HEADER, eventTypes, recordText } from "../../domain/ledger/record.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { EVENTS } from "../../schemas/events/index.ts";
import type { DomainEvent } from "../../schemas/events/index.ts";
import { DNS_LABEL, LEDGER_STREAM, ledgerSubject } from "../../schemas/ids.ts";
import type { AggregateRef } from "../../schemas/ids.ts";
import { fromLeader } from "./direct.ts";
import { API_CODES, isWrongSequence, unavailable } from "./failure.ts";
import type { ApiError } from "./failure.ts";
import type { Append, Appended, Head } from "./ledger.ts";
import { MAX_ATOMIC, publish, publishAll } from "./publish.ts";
import type { Publication } from "./publish.ts";
import { sha256 } from "./sha256.ts";

/** What `Publication` lacks to know the message again. */
interface Prepared extends Publication {
  data: string;
  messageId: string;
  expected: Head;
  ref: AggregateRef;
}

/** Appends to one aggregate; see `Ledger.append`. */
export async function append(nc: NatsConnection, wanted: Append): Promise<Appended> {
  if (wanted.events.length === 0) return wanted.expected;
  const message = prepare(wanted);
  const outcome = await publish(nc, message);
  if ("refused" in outcome) return (await ownHead(nc, message)) ?? refuse(message, outcome.refused);
  const { sequence, duplicate } = outcome.stored;
  return duplicate ? headOfDuplicate(nc, message, sequence) : { sequence, hash: sha256(message.data) };
}

/** Appends to several aggregates at once; see `Ledger.appendAll`. */
export async function appendAll(nc: NatsConnection, wanted: readonly Append[]): Promise<Appended[]> {
  const news = wanted.filter(({ events }) => events.length > 0);
  if (news.length <= 1) return Promise.all(wanted.map((one) => append(nc, one)));
  const messages = news.map((one) => prepare(one));
  refuseRepeats(messages);
  const outcome = await publishAll(nc, messages);
  const heads =
    "refused" in outcome ? await ownHeads(nc, messages, outcome.refused) : headsUpTo(messages, outcome.stored.sequence);
  const bySubject = new Map(messages.map(({ subject }, index) => [subject, heads[index]]));
  return wanted.map(({ ref, expected }) => bySubject.get(ledgerSubject(ref)) ?? expected);
}

/** A batch is stored without a gap, so its sequences follow from the last one. */
const headsUpTo = (messages: readonly Prepared[], last: number): Head[] =>
  messages.map(({ data }, index) => ({ sequence: last - messages.length + 1 + index, hash: sha256(data) }));

function prepare({ ref, expected, events, meta }: Append): Prepared {
  if (!DNS_LABEL.test(ref.name)) {
    throw new SluiceError("InvalidInput", `"${ref.name}" cannot be the name of a ${ref.type}: it is no DNS label`);
  }
  const data = recordText(validated(ref, events), meta, expected.hash);
  // Scoped by the aggregate: one cause may append to several of them.
  const messageId = `${ref.type}/${ref.name}/${meta.messageId}`;
  return {
    subject: ledgerSubject(ref),
    data,
    messageId,
    expected,
    ref,
    headers: {
      "Nats-Msg-Id": messageId,
      "Nats-Expected-Stream": LEDGER_STREAM,
      "Nats-Expected-Last-Subject-Sequence": String(expected.sequence),
      [EVENTS_HEADER]: eventTypes(events),
    },
  };
}

/** The events as their schemas return them: fields that no schema names are not recorded. Throws Internal when one does not fit. */
function validated(ref: AggregateRef, events: readonly DomainEvent[]): DomainEvent[] {
  return events.map((event) => {
    const schemas: Record<string, ZodType> = EVENTS[ref.type];
    const schema = Object.hasOwn(schemas, event.type) ? schemas[event.type] : undefined;
    if (schema === undefined) throw new SluiceError("Internal", `A ${ref.type} has no event ${event.type}`);
    const parsed = schema.safeParse(event.data);
    if (parsed.success) return { type: event.type, data: parsed.data } as unknown as DomainEvent;
    const problems = parsed.error.issues.map((issue) => ({ path: issue.path.join("."), message: issue.message }));
    throw new SluiceError("Internal", `${event.type} of ${ref.type} ${ref.name} does not fit its schema`, { problems });
  });
}

function refuseRepeats(messages: readonly Prepared[]): void {
  if (messages.length > MAX_ATOMIC) {
    throw new SluiceError(
      "InvalidInput",
      `${messages.length} objects cannot be changed at once; the limit is ${MAX_ATOMIC}`,
      {
        next: `apply them in parts of at most ${MAX_ATOMIC}`,
      },
    );
  }
  const subjects = new Set(messages.map(({ subject }) => subject));
  if (subjects.size !== messages.length) throw new SluiceError("Internal", "An atomic append names an aggregate twice");
}

/** The head that an earlier attempt of the very same append left, found right after the head it expected. */
async function ownHead(nc: NatsConnection, message: Prepared): Promise<Appended | undefined> {
  const query = { seq: message.expected.sequence + 1, next_by_subj: message.subject };
  const next = await fromLeader(nc, LEDGER_STREAM, query);
  if (next?.header("Nats-Msg-Id") !== message.messageId) return undefined;
  return { sequence: next.sequence, hash: sha256(next.data), earlier: true };
}

async function ownHeads(nc: NatsConnection, messages: readonly Prepared[], error: ApiError): Promise<Appended[]> {
  const heads = await Promise.all(messages.map((message) => ownHead(nc, message)));
  if (heads.every((head) => head !== undefined)) return heads;
  if (isWrongSequence(error)) return refuse(await firstMoved(nc, messages), error);
  return refuse(messages[heads.indexOf(undefined)] as Prepared, error);
}

/** The aggregate to name in the conflict: the first one with a message after the expected head. */
async function firstMoved(nc: NatsConnection, messages: readonly Prepared[]): Promise<Prepared> {
  for (const message of messages) {
    const query = { seq: message.expected.sequence + 1, next_by_subj: message.subject };
    if ((await fromLeader(nc, LEDGER_STREAM, query)) !== undefined) return message;
  }
  return messages[0] as Prepared;
}

async function headOfDuplicate(nc: NatsConnection, message: Prepared, sequence: number): Promise<Appended> {
  const stored = await fromLeader(nc, LEDGER_STREAM, { seq: sequence });
  if (stored === undefined || stored.subject !== message.subject) {
    throw new SluiceError("LedgerCorrupt", `Message ${sequence} of the ledger is not the one the server took it for`, {
      next: "run `sluice ledger verify`",
    });
  }
  return { sequence, hash: sha256(stored.data), earlier: true };
}

function refuse(message: Prepared, error: ApiError): never {
  const name = `${message.ref.type} ${message.ref.name}`;
  if (isWrongSequence(error) || error.err_code === API_CODES.duplicateInBatch) {
    throw new SluiceError("LedgerConflict", `Another writer appended to ${name} first`, {
      next: "load it again and decide again",
    });
  }
  throw unavailable(`record an event of ${name}`, error);
}
