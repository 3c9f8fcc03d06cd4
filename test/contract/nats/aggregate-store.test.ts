import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAggregateStore } from "../../../adapters/nats/aggregate-store.ts";
import { createLedger, EMPTY_HEAD } from "../../../adapters/nats/ledger.ts";
import type { Ledger } from "../../../adapters/nats/ledger.ts";
import type { Decider } from "../../../domain/decider.ts";
import type { DomainEvent } from "../../../schemas/events/index.ts";
import { all, aMeta, anEvent, connected, someProject } from "./connected.ts";

let server: Awaited<ReturnType<typeof connected>>;
let ledger: Ledger;
beforeAll(async () => {
  server = await connected();
  ledger = createLedger(server.nc);
});
afterAll(() => server?.close());

/** Counts up to a limit: a command names the number that shall be reached. */
const counter: Decider<number, { upTo: number }, DomainEvent> = {
  aggregate: "project",
  initial: 0,
  evolve: (count) => count + 1,
  decide: ({ upTo }, count) => {
    if (upTo < 0) throw new Error("illegal");
    return count < upTo ? [anEvent(`${count}`)] : [];
  },
};

describe("aggregates", () => {
  test("that nobody wrote to are in their initial state", async () => {
    expect(await createAggregateStore(ledger).load(counter, someProject().name)).toEqual({
      state: 0,
      head: EMPTY_HEAD,
    });
  });

  test("are folded from their events, anew or on top of what is known", async () => {
    const { name } = someProject();
    const store = createAggregateStore(ledger);
    for (let number = 1; number <= 3; number += 1) {
      const { state, events } = await store.execute(counter, name, { upTo: number }, aMeta(`${number}`));
      expect([state, events.length]).toEqual([number, 1]);
    }
    const fresh = await createAggregateStore(ledger).load(counter, name);
    expect(fresh).toEqual({ state: 3, head: await ledger.head({ type: "project", name }) });
    expect(await store.load(counter, name)).toEqual(fresh);
  });

  test("see what another process wrote", async () => {
    const { name } = someProject();
    const [mine, other] = [createAggregateStore(ledger), createAggregateStore(ledger)];
    await mine.execute(counter, name, { upTo: 1 }, aMeta("a"));
    await other.execute(counter, name, { upTo: 2 }, aMeta("b"));
    expect((await mine.load(counter, name)).state).toBe(2);
  });

  test("decide again when another was first, so that each of many commands counts once", async () => {
    const { name } = someProject();
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, (_, writer) =>
        createAggregateStore(ledger).execute(counter, name, { upTo: 4 }, aMeta(`w${writer}`)),
      ),
    );
    expect(await all(ledger.read({ type: "project", name }))).toHaveLength(4);
    expect(outcomes.flatMap(({ events }) => events)).toHaveLength(4);
  });

  test("write nothing when there is nothing new to say, or the command is illegal", async () => {
    const { name } = someProject();
    const store = createAggregateStore(ledger);
    expect(await store.execute(counter, name, { upTo: 0 }, aMeta("a"))).toEqual({
      state: 0,
      head: EMPTY_HEAD,
      events: [],
    });
    await expect(store.execute(counter, name, { upTo: -1 }, aMeta("b"))).rejects.toThrow("illegal");
    expect(await ledger.head({ type: "project", name })).toEqual(EMPTY_HEAD);
  });

  test("an append that had been stored before leaves the state that the ledger has", async () => {
    const { name } = someProject();
    const store = createAggregateStore(ledger);
    await store.execute(counter, name, { upTo: 9 }, aMeta("same"));
    const { state } = await store.execute(counter, name, { upTo: 9 }, aMeta("same"));
    expect(state).toBe(1);
    expect((await store.load(counter, name)).state).toBe(1);
  });

  test("that fell out of the cache are folded again", async () => {
    const store = createAggregateStore(ledger, { cacheEntries: 1 });
    const [a, b] = [someProject().name, someProject().name];
    await store.execute(counter, a, { upTo: 1 }, aMeta("a"));
    await store.execute(counter, b, { upTo: 1 }, aMeta("b"));
    expect((await store.execute(counter, a, { upTo: 2 }, aMeta("c"))).state).toBe(2);
  });
});
