import { SluiceError } from "../../schemas/errors.ts";
import type { DomainEvent, LedgerRecord, RecordedEvent } from "../../schemas/events/index.ts";
import type { AggregateRef } from "../../schemas/ids.ts";
import type { Actor } from "../../schemas/operation.ts";
import { UPCASTERS, newestVersion, upcast } from "./upcast.ts";
import type { Upcasters } from "./upcast.ts";

/** What is said of an append besides its events. */
export interface RecordMeta {
  at: string;
  actor: Actor;
  cause: string;
}

/** Header of a ledger message that names the types of its events, so that a consumer of headers alone can choose. */
export const EVENTS_HEADER = "Sluice-Events";

/** The value of `EVENTS_HEADER`: the types in order, comma between. */
export const eventTypes = (events: readonly { type: string }[]): string => events.map(({ type }) => type).join(",");

/** The text of one ledger message; its fields are in a fixed order, so that the same append has the same bytes. */
export function recordText(events: readonly DomainEvent[], meta: RecordMeta, prev: string, table = UPCASTERS): string {
  const record: LedgerRecord = {
    events: events.map(({ type, data }) => ({ type, v: newestVersion(type, table), data })),
    at: meta.at,
    actor: { kind: meta.actor.kind, name: meta.actor.name },
    cause: meta.cause,
    prev,
  };
  return JSON.stringify(record);
}

/** The record of a message's text, or undefined when it is none. */
export function parseRecord(text: string): LedgerRecord | undefined {
  try {
    const value = JSON.parse(text) as Partial<LedgerRecord> | null;
    const whole =
      Array.isArray(value?.events) &&
      value.events.every((event) => typeof event?.type === "string") &&
      typeof value.prev === "string" &&
      typeof value.at === "string";
    return whole ? (value as LedgerRecord) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The events of one message, upcast to their newest versions. Throws LedgerCorrupt when the text is no record, and
 * Internal when an event was written by a newer Sluice than this one.
 */
export function recordedEvents(
  message: { aggregate: AggregateRef; sequence: number; text: string },
  table: Upcasters = UPCASTERS,
): RecordedEvent[] {
  const { aggregate, sequence, text } = message;
  const record = parseRecord(text);
  if (record === undefined) {
    throw new SluiceError(
      "LedgerCorrupt",
      `Ledger message ${sequence} of ${aggregate.type} ${aggregate.name} is no record`,
      {
        next: "run `sluice ledger verify` and restore the stream from a backup",
      },
    );
  }
  return record.events.map((stored, index) => {
    const newest = upcast(stored, table);
    if (newest === undefined) throw tooNew(aggregate, sequence, stored);
    const event = { type: stored.type, data: newest.data } as DomainEvent;
    return { aggregate, event, sequence, index, at: record.at, actor: record.actor, cause: record.cause };
  });
}

function tooNew(aggregate: AggregateRef, sequence: number, stored: { type: string; v: number }): SluiceError {
  return new SluiceError(
    "Internal",
    `Ledger message ${sequence} of ${aggregate.type} ${aggregate.name} holds ${stored.type} version ${stored.v}, which this version of Sluice does not know`,
    { next: "run the version of Sluice that wrote it, or a newer one" },
  );
}
