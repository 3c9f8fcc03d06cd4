import { setTimeout as sleep } from "node:timers/promises";
import type { Decider } from "../../domain/decider.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { DomainEvent } from "../../schemas/events/index.ts";
import { ledgerSubject } from "../../schemas/ids.ts";
import type { AggregateRef } from "../../schemas/ids.ts";
import { EMPTY_HEAD } from "./ledger.ts";
import type { AppendMeta, Appended, Head, Ledger } from "./ledger.ts";
import { createRecent } from "../cache/recent.ts";

/** An aggregate's state together with the message it was folded up to. */
export interface Loaded<State> {
  state: State;
  head: Head;
}

/** Loads aggregates by folding their events, and runs commands on them. */
export interface AggregateStore {
  load<State, Command, Event extends DomainEvent>(
    decider: Decider<State, Command, Event>,
    name: string,
  ): Promise<Loaded<State>>;
  /** Load, decide, append; when another writer was first, again with what it wrote. Throws LedgerConflict after 10 attempts. */
  execute<State, Command, Event extends DomainEvent>(
    decider: Decider<State, Command, Event>,
    name: string,
    command: Command,
    meta: AppendMeta,
  ): Promise<Loaded<State> & { events: Event[] }>;
}

const ATTEMPTS = 10;
/** Folded states kept in memory. */
const CACHE_ENTRIES = 10_000;

/** Aggregates over a ledger; a folded state is kept and checked against the head before each use. */
export function createAggregateStore(ledger: Ledger, options: { cacheEntries?: number } = {}): AggregateStore {
  const recent = createRecent<Loaded<unknown>>(options.cacheEntries ?? CACHE_ENTRIES);

  const load = async <State, Command, Event extends DomainEvent>(
    decider: Decider<State, Command, Event>,
    name: string,
  ): Promise<Loaded<State>> => {
    const ref: AggregateRef = { type: decider.aggregate, name };
    const key = ledgerSubject(ref);
    const head = await ledger.head(ref);
    const known = (recent.get(key) as Loaded<State> | undefined) ?? { state: decider.initial, head: EMPTY_HEAD };
    // A replica that lags behind may tell of an older head than the one this process wrote.
    if (head.sequence <= known.head.sequence) return known;
    const state = await foldUpTo(ledger, ref, decider, known, head);
    const loaded = { state, head };
    recent.set(key, loaded);
    return loaded;
  };

  const execute: AggregateStore["execute"] = async (decider, name, command, meta) => {
    for (let attempt = 1; ; attempt += 1) {
      const { state, head } = await load(decider, name);
      const events = decider.decide(command, state);
      if (events.length === 0) return { state, head, events };
      try {
        const after = await ledger.append({ type: decider.aggregate, name }, head, events, meta);
        return { ...(await afterAppend(decider, name, { state, head }, events, after)), events };
      } catch (error) {
        if (!isConflict(error) || attempt === ATTEMPTS) throw error;
        await sleep(Math.random() * 5 * attempt);
      }
    }
  };

  /** The state with the events just appended; loaded anew when an earlier attempt had stored them. */
  const afterAppend = async <State, Command, Event extends DomainEvent>(
    decider: Decider<State, Command, Event>,
    name: string,
    before: Loaded<State>,
    events: readonly Event[],
    after: Appended,
  ): Promise<Loaded<State>> => {
    if (after.earlier === true) return load(decider, name);
    const head = { sequence: after.sequence, hash: after.hash };
    const loaded = { state: events.reduce((state, event) => decider.evolve(state, event), before.state), head };
    recent.set(ledgerSubject({ type: decider.aggregate, name }), loaded);
    return loaded;
  };

  return { load, execute };
}

const isConflict = (error: unknown): boolean => error instanceof SluiceError && error.code === "LedgerConflict";

const READS = 5;

/** Folds what lies between a known state and a head; reads again when a replica that lags behind has not got it all. */
async function foldUpTo<State, Command, Event extends DomainEvent>(
  ledger: Ledger,
  ref: AggregateRef,
  decider: Decider<State, Command, Event>,
  known: Loaded<State>,
  head: Head,
): Promise<State> {
  let { state } = known;
  let reached = known.head.sequence;
  for (let attempt = 1; attempt <= READS; attempt += 1) {
    for await (const { event, sequence } of ledger.read(ref, { after: reached })) {
      if (sequence > head.sequence) break;
      state = decider.evolve(state, event as Event);
      reached = sequence;
    }
    if (reached === head.sequence) return state;
    await sleep(20 * attempt);
  }
  throw new SluiceError("Unavailable", `The events of ${ref.type} ${ref.name} cannot all be read yet`, {
    next: "try again; a replica of the ledger is behind",
  });
}
