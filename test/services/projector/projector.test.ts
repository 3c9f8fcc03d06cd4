import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { pino } from "pino";
import { Registry } from "prom-client";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createViewStore } from "../../../adapters/views/store.ts";
import type { ViewStore } from "../../../adapters/views/store.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import type { DomainEvent, RecordedEvent } from "../../../schemas/events/index.ts";
import { foldLedger } from "../../../services/projector/fold.ts";
import { startProjector } from "../../../services/projector/projector.ts";
import type { Projector } from "../../../services/projector/projector.ts";
import { rebuild } from "../../../services/projector/rebuild.ts";
import { scratchBeside } from "../../../services/projector/scratch.ts";
import { anyLedger, recorded, spec } from "../../domain/projections/events.ts";
import { fakeLedger } from "./fake-ledger.ts";
import type { FakeLedger } from "./fake-ledger.ts";

let folder: string;
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-projector-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const memory = (): ViewStore => createViewStore({ path: ":memory:" });
const log = pino({ level: "silent" });
const never = new AbortController().signal;

async function start(ledger: FakeLedger, store: ViewStore): Promise<Projector> {
  const projector = await startProjector({ ledger, store, log, metrics: new Registry() });
  onTestFinished(() => projector.stop());
  return projector;
}

/** Creation of `count` applications, one message each. */
function applications(count: number, first = 1): RecordedEvent[] {
  return Array.from({ length: count }, (_, index) => {
    const event: DomainEvent = { type: "ApplicationCreated", data: { spec, labels: {}, annotations: {} } };
    return recorded({ type: "application", name: `a${first + index}` }, [event], first + index);
  }).flat();
}

const dumpAtOnce = async (events: readonly RecordedEvent[]): Promise<Uint8Array> => {
  const store = memory();
  await foldLedger({ ledger: fakeLedger(events, 1_000), store, signal: never, until: events.at(-1)?.sequence ?? 0 });
  const dump = store.dump();
  store.close();
  return dump;
};

describe("folding a ledger", () => {
  test("in one go and with restarts at any point gives the same bytes", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyLedger,
        fc.array(fc.nat({ max: 60 })),
        fc.integer({ min: 1, max: 7 }),
        async (events, stops, size) => {
          const path = join(folder, `restarts-${(files += 1)}.db`);
          const end = events.at(-1)?.sequence ?? 0;
          for (const until of [...stops.filter((stop) => stop < end).sort((a, b) => a - b), end]) {
            // Nothing but the file lives on from one to the next.
            const store = createViewStore({ path });
            await foldLedger({ ledger: fakeLedger(events, size), store, signal: never, until });
            expect(store.checkpoint()).toBe(until);
            store.close();
          }
          const store = createViewStore({ path });
          expect(Buffer.compare(store.dump(), await dumpAtOnce(events))).toBe(0);
          store.close();
        },
      ),
      { numRuns: 40 },
    );
  });

  test("ends at the sequence asked for, in the middle of a batch", async () => {
    const store = memory();
    await foldLedger({ ledger: fakeLedger(applications(10), 4), store, signal: never, until: 6 });
    expect(store.list("applications").map(({ key }) => key)).toEqual(["a1", "a2", "a3", "a4", "a5", "a6"]);
    expect(store.checkpoint()).toBe(6);
  });
});

describe("the projector", () => {
  test("catches up, says until when it has not, and follows", async () => {
    const ledger = fakeLedger(applications(7));
    const store = memory();
    const projector = await start(ledger, store);
    expect(projector.notReady()).toBe("the views are folded up to 0 of 7");
    await projector.reached(7);
    expect(projector.notReady()).toBeUndefined();
    const later = projector.reached(8);
    ledger.grow(applications(1, 8));
    await later;
    expect(store.get("applications", "a8")?.name).toBe("a8");
    expect(projector.sequence()).toBe(8);
  });

  test("tells of each row after it can be read, and a listener that throws harms nobody", async () => {
    const ledger = fakeLedger([]);
    const store = memory();
    const projector = await start(ledger, store);
    const told: unknown[] = [];
    projector.onChange(() => {
      throw new Error("listener");
    });
    const off = projector.onChange((view, key, sequence) =>
      told.push([view, key, sequence, store.get(view, key) !== undefined]),
    );
    ledger.grow(applications(1));
    await projector.reached(1);
    off();
    ledger.grow(applications(1, 2));
    await projector.reached(2);
    expect(told).toEqual([["applications", "a1", 1, true]]);
  });

  test("goes on where it ended", async () => {
    const store = memory();
    const first = fakeLedger(applications(3));
    const projector = await start(first, store);
    await projector.reached(3);
    await projector.stop();
    const next = fakeLedger(applications(5));
    const seen: number[] = [];
    const again = await start(next, store);
    again.onChange((_view, _key, sequence) => seen.push(sequence));
    await again.reached(5);
    expect(Math.min(...seen)).toBeGreaterThan(3);
  });

  test("begins anew when the ledger is another one, or shorter than its checkpoint", async () => {
    const store = memory();
    const projector = await start(fakeLedger(applications(5)), store);
    await projector.reached(5);
    await projector.stop();

    const shorter = fakeLedger(applications(2));
    const second = await start(shorter, store);
    await second.reached(2);
    expect(store.count("applications")).toBe(2);
    await second.stop();

    const other = fakeLedger(
      applications(3, 1).map((event) => ({ ...event, aggregate: { ...event.aggregate, name: "z" } })),
    );
    other.name = "two";
    await (await start(other, store)).reached(3);
    expect(store.list("applications").map(({ key }) => key)).toEqual(["z"]);
  });

  test("says what is wrong when the ledger fails, and goes on by itself", async () => {
    const ledger = fakeLedger(applications(1));
    const projector = await start(ledger, memory());
    await projector.reached(1);
    ledger.failNext(new SluiceError("LedgerCorrupt", "message 2 is missing"));
    await expect.poll(() => projector.notReady()).toBe("message 2 is missing");
    ledger.grow(applications(1, 2));
    await projector.reached(2);
    expect(projector.notReady()).toBeUndefined();
  });

  test("tries a store that takes nothing less and less often, and goes on when it does", async () => {
    const store = memory();
    const begin = store.begin.bind(store);
    let attempts = 0;
    let full = true;
    store.begin = () => {
      const batch = begin();
      const commit = (sequence: number) => {
        attempts += 1;
        if (full) throw new Error("database or disk is full");
        return batch.commit(sequence);
      };
      return { ...batch, commit };
    };
    const projector = await start(fakeLedger(applications(1)), store);
    await expect.poll(() => attempts, { timeout: 5_000 }).toBeGreaterThanOrEqual(3);
    const began = performance.now();
    await expect.poll(() => attempts, { timeout: 10_000 }).toBeGreaterThanOrEqual(4);
    // 250 ms, 500 ms, and the third pause is a second.
    expect(performance.now() - began).toBeGreaterThan(700);
    expect(projector.notReady()).toContain("disk is full");
    full = false;
    await projector.reached(1);
  });

  test("is held by one at a time, and stands still meanwhile, even while it waits to try again", async () => {
    const ledger = fakeLedger(applications(1));
    const store = memory();
    const projector = await start(ledger, store);
    ledger.failNext(new Error("down"));
    const order: string[] = [];
    const hold = (name: string): Promise<void> =>
      projector.whileHeld(async () => {
        const before = projector.sequence();
        ledger.grow(applications(1, (await ledger.last()) + 1));
        await new Promise((resolve) => setTimeout(resolve, 20));
        order.push(name);
        expect(projector.sequence()).toBe(before);
      });
    await Promise.all([hold("a"), hold("b"), hold("c")]);
    expect(order).toEqual(["a", "b", "c"]);
    await projector.reached(4);
  });

  test("ends those who wait when it is stopped", async () => {
    const projector = await start(fakeLedger([]), memory());
    const waiting = expect(projector.reached(9)).rejects.toMatchObject({ code: "Unavailable" });
    await projector.stop();
    await waiting;
    await expect(projector.reached(9)).rejects.toMatchObject({ code: "Unavailable" });
  });
});

describe("a rebuild", () => {
  const opened = async (events: readonly RecordedEvent[]) => {
    const ledger = fakeLedger(events);
    const store = createViewStore({ path: join(folder, `rebuild-${(files += 1)}.db`) });
    const projector = await start(ledger, store);
    await projector.reached(events.at(-1)?.sequence ?? 0);
    return {
      ledger,
      store,
      projector,
      run: () => rebuild({ ledger, store, projector, scratch: () => scratchBeside(store) }),
    };
  };

  test("gives the same bytes, for any ledger", async () => {
    await fc.assert(
      fc.asyncProperty(anyLedger, async (events) => {
        const { store, projector, run } = await opened(events);
        expect(await run()).toMatchObject({
          identical: true,
          events: events.length,
          sequence: events.at(-1)?.sequence,
        });
        await projector.stop();
        store.close();
      }),
      { numRuns: 20 },
    );
  });

  test("finds a row that is not what the ledger says, and puts it right", async () => {
    const { store, projector, ledger, run } = await opened(applications(3));
    await projector.whileHeld(async () => {
      const batch = store.begin();
      batch.remove("applications", "a2");
      batch.commit(3);
    });
    expect(await run()).toMatchObject({ identical: false, sequence: 3 });
    expect(store.count("applications")).toBe(3);
    ledger.grow(applications(1, 4));
    await projector.reached(4);
    expect(store.count("applications")).toBe(4);
  });

  test("while events come in neither loses nor doubles one", async () => {
    const { store, projector, ledger, run } = await opened(applications(50));
    const result = run();
    for (let first = 51; first <= 80; first += 1) {
      ledger.grow(applications(1, first));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await result).identical).toBe(true);
    await projector.reached(80);
    expect(Buffer.compare(store.dump(), await dumpAtOnce(applications(80)))).toBe(0);
  });
});
