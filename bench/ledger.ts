import { DeliverPolicy, jetstream } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNats } from "../adapters/embedded/index.ts";
import { connectNats } from "../adapters/nats/connection.ts";
import { createLedger, EMPTY_HEAD, type Head, type Ledger } from "../adapters/nats/ledger.ts";
import { ensureStreams } from "../adapters/nats/streams.ts";
import { ensureTools } from "../adapters/toolchain/index.ts";
import { createViewStore } from "../adapters/views/store.ts";
import { recordText } from "../domain/ledger/record.ts";
import { LEDGER_STREAM } from "../schemas/ids.ts";
import { foldLedger } from "../services/projector/fold.ts";
import { originOf } from "../services/projector/projector.ts";
import { nameOf } from "./applications.ts";
import type { BenchContext, Benchmark, Figure } from "./benchmark.ts";
import { created, eventsOf, META } from "./ledger-events.ts";

const APPENDS = 2_000;
const IN_FLIGHT = 64;
/** Applications that the replayed ledger is about, and how many the server takes in one atomic batch. */
const AGGREGATES = 1_000;

/** Appending and replaying, against a bare JetStream client on the same server in the same minute. */
export const ledger: Benchmark = {
  name: "ledger",
  summary: "ledger appends and rebuilt views, against a bare JetStream client (100,000 events; 1,000,000 with --large)",
  async run(context) {
    const { "nats-server": binary } = await ensureTools(["nats-server"]);
    const dataDir = await mkdtemp(join(tmpdir(), "sluice-bench-ledger-"));
    const server = await startNats({ dataDir, binary });
    const { user, pass } = server.connection;
    const nc = await connectNats({ url: server.url, user, pass, name: "bench" });
    try {
      await ensureStreams(nc);
      const appended = await appending(nc, context);
      const sizes = context.large ? [100_000, 1_000_000] : [100_000];
      const replayed: Figure[] = [];
      for (const size of sizes) replayed.push(...(await replaying(nc, size, { ...context, dataDir })));
      return [...appended, ...replayed];
    } finally {
      await nc.close();
      await server.stop({ graceMs: 0 });
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    }
  },
};

async function appending(nc: NatsConnection, { progress }: BenchContext): Promise<Figure[]> {
  const ledgerOf = createLedger(nc);
  const heads = new Map<string, Head>();
  // The same bytes to the same stream by the bare client, so that only what the ledger adds is the difference.
  const bare = async (index: number): Promise<void> => {
    const subject = `sluice.ledger.application.bare-${index % IN_FLIGHT}`;
    await nc.request(subject, recordText(eventsOf(index), META, EMPTY_HEAD.hash));
  };
  const ours = async (index: number): Promise<void> => {
    const name = `ours-${index % IN_FLIGHT}`;
    const head = heads.get(name) ?? EMPTY_HEAD;
    const meta = { ...META, messageId: `m-${index}` };
    heads.set(name, await ledgerOf.append({ type: "application", name }, head, eventsOf(index), meta));
  };
  const rates: Record<string, number> = {};
  for (const [name, append, lanes] of [
    ["bare, one at a time", bare, 1],
    ["ledger, one at a time", ours, 1],
    ["bare, 64 in flight", bare, IN_FLIGHT],
    ["ledger, 64 in flight", ours, IN_FLIGHT],
  ] as const) {
    progress(`${APPENDS} appends: ${name}`);
    rates[name] = await rate(append, lanes);
  }
  const ratio = (how: string): number => (rates[`ledger, ${how}`] ?? 0) / (rates[`bare, ${how}`] ?? 1);
  return [
    ...Object.entries(rates).map(([what, value]) => ({ what: `append: ${what}`, value, unit: "1/s" })),
    { what: "append: ledger to bare, one at a time", value: ratio("one at a time"), unit: "x" },
    { what: "append: ledger to bare, 64 in flight", value: ratio("64 in flight"), unit: "x" },
  ];
}

let appends = 0;

async function rate(append: (index: number) => Promise<void>, lanes: number): Promise<number> {
  const began = performance.now();
  const from = appends;
  appends += APPENDS;
  // Each lane keeps to its own aggregate, as the workflows of different applications do.
  const lane = async (first: number): Promise<void> => {
    for (let index = first; index < APPENDS; index += lanes) await append(from + index);
  };
  await Promise.all(Array.from({ length: lanes }, (_, first) => lane(first)));
  return APPENDS / ((performance.now() - began) / 1_000);
}

async function replaying(
  nc: NatsConnection,
  size: number,
  context: BenchContext & { dataDir: string },
): Promise<Figure[]> {
  const ledgerOf = createLedger(nc);
  await fill(ledgerOf, size, context.progress);
  const events = await ledgerOf.last();
  context.progress(`${events} messages: a bare consumer`);
  const bare = await consumeBare(nc, events);
  context.progress(`${events} messages: all views folded from the first`);
  const store = createViewStore({ path: join(context.dataDir, `views-${size}.db`) });
  const began = performance.now();
  store.clear(await originOf(ledgerOf));
  await foldLedger({ ledger: ledgerOf, store, signal: new AbortController().signal, until: events });
  store.settle();
  const seconds = (performance.now() - began) / 1_000;
  store.close();
  const budget = size === 1_000_000 ? { budget: "15 s" } : {};
  const of = `${size.toLocaleString("en")} messages`;
  return [
    { what: `${of}: bare consumer`, value: events / bare, unit: "1/s" },
    { what: `${of}: views rebuilt`, value: seconds, unit: "s", ...budget },
    { what: `${of}: views rebuilt, rate`, value: events / seconds, unit: "1/s" },
    { what: `${of}: rebuilt to bare`, value: bare / seconds, unit: "x" },
  ];
}

/** Appends until the ledger has so many messages: the applications' creation, then one sync of each after the other. */
async function fill(ledgerOf: Ledger, size: number, progress: (text: string) => void): Promise<void> {
  const heads = new Map<string, Head>();
  let told = 0;
  for (let last = await ledgerOf.last(); last < size; last = await ledgerOf.last()) {
    const names = Array.from(
      { length: Math.min(AGGREGATES, size - last) },
      (_, index) => `of-${size}-${nameOf(index)}`,
    );
    const appended = await ledgerOf.appendAll(
      names.map((name, index) => {
        const expected = heads.get(name);
        const meta = { ...META, messageId: `${last}-${index}` };
        const events = expected === undefined ? [created(index)] : eventsOf(last + index);
        return { ref: { type: "application", name }, expected: expected ?? EMPTY_HEAD, events, meta };
      }),
    );
    names.forEach((name, index) => heads.set(name, appended[index] ?? EMPTY_HEAD));
    if (Date.now() - told > 10_000) progress(`${last} of ${size} messages are written`);
    if (Date.now() - told > 10_000) told = Date.now();
  }
}

/** Seconds that the plain client takes to be given every message. */
async function consumeBare(nc: NatsConnection, until: number): Promise<number> {
  const began = performance.now();
  const consumer = await jetstream(nc).consumers.get(LEDGER_STREAM, { deliver_policy: DeliverPolicy.All });
  const messages = await consumer.consume({ max_messages: 8_000 });
  for await (const message of messages) if (message.seq >= until) break;
  messages.stop();
  return (performance.now() - began) / 1_000;
}
