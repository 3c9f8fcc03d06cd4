import { parseRecord } from "./record.ts";

/** The hash before the first message of a subject. */
export const GENESIS = "0".repeat(64);

/** A place where the chain does not hold, with what was found there. */
export interface BrokenLink {
  subject: string;
  sequence: number;
  message: string;
}

/** One raw message of the ledger, as the chain sees it. `types` is its `Sluice-Events` header. */
export interface ChainedMessage {
  subject: string;
  sequence: number;
  text: string;
  types: string;
  /** sha256 (hex) of the raw message. */
  hash: string;
}

/** Walks messages in the order of the stream and notes every link that does not hold. */
export interface ChainWalk {
  step(message: ChainedMessage): void;
  /** Messages walked so far. */
  readonly checked: number;
  readonly broken: readonly BrokenLink[];
}

/** A walk over whole subjects from their first message; `contiguous` also wants every sequence of the stream. */
export function chainWalk(options: { contiguous: boolean }): ChainWalk {
  const heads = new Map<string, string>();
  const broken: BrokenLink[] = [];
  let checked = 0;
  let before = 0;
  return {
    broken,
    get checked() {
      return checked;
    },
    step(message) {
      const faults = faultsOf(message, heads.get(message.subject) ?? GENESIS);
      if (options.contiguous && message.sequence !== before + 1) faults.unshift(gap(before, message.sequence));
      for (const fault of faults) broken.push({ subject: message.subject, sequence: message.sequence, message: fault });
      heads.set(message.subject, message.hash);
      before = message.sequence;
      checked += 1;
    },
  };
}

const gap = (before: number, sequence: number): string =>
  sequence > before
    ? `the messages ${before + 1} to ${sequence - 1} are missing`
    : `message ${sequence} came after message ${before}`;

function faultsOf(message: ChainedMessage, head: string): string[] {
  const record = parseRecord(message.text);
  if (record === undefined) return ["the message is no ledger record"];
  const faults: string[] = [];
  if (record.prev !== head) {
    faults.push(`it follows ${short(record.prev)}, but the message before it on its subject is ${short(head)}`);
  }
  const types = record.events.map(({ type }) => type).join(",");
  if (types !== message.types) faults.push("its header does not name its events");
  return faults;
}

const short = (hash: string): string => (hash === GENESIS ? "nothing" : hash.slice(0, 12));
