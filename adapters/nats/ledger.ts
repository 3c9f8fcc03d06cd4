import type { NatsConnection } from "@nats-io/transport-node";
import { GENESIS } from "../../domain/ledger/chain.ts";
import type { BrokenLink } from "../../domain/ledger/chain.ts";
import type { DomainEvent, RecordedEvent } from "../../schemas/events/index.ts";
import { LEDGER_STREAM, ledgerSubject } from "../../schemas/ids.ts";
import type { AggregateRef } from "../../schemas/ids.ts";
import type { Actor } from "../../schemas/operation.ts";
import { lastOn } from "./direct.ts";
import { append, appendAll } from "./ledger-append.ts";
import { follow } from "./ledger-follow.ts";
import { lastSequence, read, streamInfo, verify } from "./ledger-read.ts";
import { sha256 } from "./sha256.ts";

/** The newest message of an aggregate: its sequence in the stream and the sha256 of its bytes; 0 and 64 zeros when there is none. */
export interface Head {
  sequence: number;
  hash: string;
}

/** The head that an append left; `earlier` when an earlier attempt of the same append had stored it. */
export interface Appended extends Head {
  earlier?: true;
}

/** What is recorded with an append. `messageId` is deterministic: the same append tried again has the same one. */
export interface AppendMeta {
  at: string;
  actor: Actor;
  cause: string;
  messageId: string;
}

/** One append: 1..n events to one aggregate, which must still be at `expected`. */
export interface Append {
  ref: AggregateRef;
  expected: Head;
  events: DomainEvent[];
  meta: AppendMeta;
}

/** Events in the order of the ledger; `sequence` is that of the last message in it, `caughtUp` that nothing newer was known of. */
export interface FollowedBatch {
  events: RecordedEvent[];
  sequence: number;
  caughtUp: boolean;
}

/** The append-only log of every fact: one stream, one subject per aggregate. */
export interface Ledger {
  head(ref: AggregateRef): Promise<Head>;
  /** Events of one aggregate in order, those after message `after` only. */
  read(ref: AggregateRef, options?: { after?: number }): AsyncIterable<RecordedEvent>;
  /** Throws LedgerConflict when the aggregate has moved on; the same message id stored before is success. */
  append(ref: AggregateRef, expected: Head, events: DomainEvent[], meta: AppendMeta): Promise<Appended>;
  /** All or nothing, over at most 1,000 aggregates. Throws LedgerConflict when one of them has moved on. */
  appendAll(appends: Append[]): Promise<Appended[]>;
  /** Every event after message `after`, without a gap, for as long as the signal allows. */
  follow(options: { after: number; signal: AbortSignal }): AsyncIterable<FollowedBatch>;
  /** Sequence of the newest message of all, 0 when there is none. */
  last(): Promise<number>;
  /** Tells this ledger from another one, as when Sluice is pointed at another NATS: views folded from that are of no use. */
  identity(): Promise<string>;
  /** Walks the hash chain of one aggregate, or of all of them and the stream's own sequence. */
  verify(ref?: AggregateRef): Promise<{ checked: number; broken: BrokenLink[] }>;
}

/** The head of an aggregate without events. */
export const EMPTY_HEAD: Head = { sequence: 0, hash: GENESIS };

/** The ledger on a connection; `ensureStreams` must have run. */
export function createLedger(nc: NatsConnection): Ledger {
  return {
    async head(ref) {
      const message = await lastOn(nc, LEDGER_STREAM, ledgerSubject(ref));
      return message === undefined ? EMPTY_HEAD : { sequence: message.sequence, hash: sha256(message.data) };
    },
    read: (ref, options = {}) => read(nc, ref, options.after ?? 0),
    append: (ref, expected, events, meta) => append(nc, { ref, expected, events, meta }),
    appendAll: (appends) => appendAll(nc, appends),
    follow: (options) => follow(nc, options),
    last: () => lastSequence(nc),
    identity: async () => (await streamInfo(nc)).created,
    verify: (ref) => verify(nc, ref),
  };
}
