import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { FOLDS } from "../../domain/projections/project.ts";
import { SluiceError, toSluiceError } from "../../schemas/errors.ts";
import type { ViewName } from "../../schemas/views.ts";
import type { Service } from "../service.ts";
import { foldLedger } from "./fold.ts";
import type { Committed, FoldedStore, FollowedLedger } from "./fold.ts";
import { projectorMetrics } from "./metrics.ts";
import { createWaiters } from "./waiters.ts";

/** Told of every row that was folded, after it is committed. */
export type ChangeListener = (view: ViewName, key: string, sequence: number) => void;

/** The part of a store that the projector writes and watches over. */
export interface ProjectedStore extends FoldedStore {
  origin(): string;
  clear(origin: string): void;
  settle(): void;
}

/** What the projector is made of. */
export interface ProjectorDeps {
  ledger: FollowedLedger;
  store: ProjectedStore;
  log: Logger;
  metrics: Registry;
}

/** The service that keeps the views folded. */
export interface Projector extends Service {
  /** Resolves when the views include the ledger up to a sequence. Rejects with Unavailable when the projector ends before. */
  reached(sequence: number): Promise<void>;
  sequence(): number;
  onChange(listener: ChangeListener): () => void;
  /** Runs the work while nothing is folded: the views stand still at the checkpoint meanwhile. */
  whileHeld<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** Pauses before the ledger is followed again after it could not be. */
const RETRY_MS = 250;
const MAX_RETRY_MS = 30_000;

/** Which ledger the views come from and by which folds; another one means that they are begun anew. */
export const originOf = async (ledger: FollowedLedger): Promise<string> => `${FOLDS} ${await ledger.identity()}`;

/** Follows the ledger from the store's checkpoint. Resolves at once; `notReady` tells until the views have caught up. */
export async function startProjector({ ledger, store, log, metrics }: ProjectorDeps): Promise<Projector> {
  await beginAnewIfForeign({ ledger, store, log });
  const meters = projectorMetrics(metrics);
  const ending = new AbortController();
  const waiters = createWaiters();
  const listeners = new Set<ChangeListener>();
  const goal = await ledger.last();
  let sequence = store.checkpoint();
  let failure: SluiceError | undefined;
  let held: Promise<void> | undefined;
  let session = new AbortController();
  let folding: Promise<void> = Promise.resolve();

  const tell = (view: ViewName, key: string): void => {
    for (const listener of listeners) {
      try {
        listener(view, key, sequence);
      } catch (error) {
        log.error({ err: error, view, key }, "a listener of the views failed");
      }
    }
  };

  const committed = (commit: Committed): void => {
    sequence = commit.sequence;
    meters.sequence.set(sequence);
    meters.events.inc(commit.events);
    meters.commit.observe(commit.events);
    for (const { view, key } of commit.changed) {
      meters.rows.inc({ view });
      tell(view, key);
    }
    waiters.reached(sequence);
    if (sequence >= goal) store.settle();
  };

  let pause = RETRY_MS;
  const received = (): void => {
    failure = undefined;
    pause = RETRY_MS;
  };
  // The session is there as soon as this is called, so that whoever holds the folding can end it.
  const fold = async (): Promise<void> => {
    session = new AbortController();
    const signal = AbortSignal.any([ending.signal, session.signal]);
    try {
      await foldLedger({ ledger, store, signal, received, committed });
    } catch (error) {
      failure = toSluiceError(error);
      log.error({ err: failure }, "the ledger cannot be folded; trying again");
    }
    await sleep(pause, undefined, { signal }).catch(() => undefined);
    pause = Math.min(pause * 2, MAX_RETRY_MS);
  };
  const run = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      while (held !== undefined) await held;
      folding = fold();
      await folding;
    }
  };
  if (sequence >= goal) store.settle();
  const running = run();

  return {
    name: "projector",
    notReady() {
      if (failure !== undefined) return failure.message;
      return sequence < goal ? `the views are folded up to ${sequence} of ${goal}` : undefined;
    },
    async stop() {
      ending.abort();
      await running;
      waiters.fail(new SluiceError("Unavailable", "The projector has ended"));
    },
    reached: (wanted) => (wanted <= sequence ? Promise.resolve() : waiters.wait(wanted)),
    sequence: () => sequence,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async whileHeld(work) {
      while (held !== undefined) await held;
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      try {
        // What was folded and not committed is dropped with the session, and folded again on what the work left.
        session.abort();
        await folding;
        return await work();
      } finally {
        held = undefined;
        resolve();
      }
    },
  };
}

async function beginAnewIfForeign({
  ledger,
  store,
  log,
}: Pick<ProjectorDeps, "ledger" | "store" | "log">): Promise<void> {
  const origin = await originOf(ledger);
  const checkpoint = store.checkpoint();
  if (store.origin() === origin && checkpoint <= (await ledger.last())) return;
  if (checkpoint > 0)
    log.info({ checkpoint }, "the views come from another ledger or older folds; they are built anew");
  store.clear(origin);
}
