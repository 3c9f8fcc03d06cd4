import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mapBounded, within } from "../../../services/dispatcher/bounded.ts";
import { createKeyedQueues } from "../../../services/dispatcher/keyed-queues.ts";
import { operationId } from "../../../services/dispatcher/operation-id.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));
const turns = async (count = 5) => {
  for (let index = 0; index < count; index++) await turn();
};

describe("keyed queues", () => {
  test("give what came together as one round, and what came meanwhile as the next", async () => {
    const rounds: string[][] = [];
    const gates: (() => void)[] = [];
    const queues = createKeyedQueues<string>(async (_key, items) => {
      rounds.push(items);
      await new Promise<void>((resolve) => gates.push(resolve));
    });
    for (const item of ["1", "2", "3"]) queues.push("k", item);
    await turns();
    queues.push("k", "4");
    queues.push("k", "5");
    await turns();
    expect(rounds).toEqual([["1", "2", "3"]]);
    expect([...queues.held()]).toEqual(["1", "2", "3", "4", "5"]);
    expect(queues.depth()).toBe(2);
    gates[0]!();
    await turns();
    expect(rounds[1]).toEqual(["4", "5"]);
  });

  test("one key never waits for another", async () => {
    const done: string[] = [];
    const queues = createKeyedQueues<string>(async (key) => {
      if (key === "hangs") await new Promise(() => undefined);
      done.push(key);
    });
    queues.push("hangs", "x");
    queues.push("goes", "y");
    await turns();
    expect(done).toEqual(["goes"]);
  });

  test("work off every item once, in order for its key, never two rounds of a key at once", async () => {
    const pushes = fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.nat(3)), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(pushes, async (all) => {
        const seen: Record<string, number[]> = {};
        const active = new Set<string>();
        const queues = createKeyedQueues<number>(async (key, items) => {
          expect(active.has(key)).toBe(false);
          active.add(key);
          await turns(items.length % 3);
          (seen[key] ??= []).push(...items);
          active.delete(key);
        });
        for (const [index, [key, pause]] of all.entries()) {
          queues.push(key, index);
          await turns(pause);
        }
        while ([...queues.held()].length > 0) await turn();
        expect(await queues.close()).toEqual([]);
        for (const key of ["a", "b", "c"]) {
          const expected = all.flatMap(([each], index) => (each === key ? [index] : []));
          expect(seen[key] ?? []).toEqual(expected);
        }
      }),
      { numRuns: 30 },
    );
  });

  test("closing waits for the rounds under way and gives back the rest", async () => {
    let release!: () => void;
    const queues = createKeyedQueues<string>(() => new Promise<void>((resolve) => (release = resolve)));
    queues.push("k", "1");
    await turns();
    queues.push("k", "2");
    queues.push("other", "3");
    const closing = queues.close();
    release();
    expect((await closing).toSorted()).toEqual(["2", "3"]);
  });
});

describe("bounded work", () => {
  test("keeps order and limit", async () => {
    let active = 0;
    let most = 0;
    const out = await mapBounded(3, [5, 4, 3, 2, 1], async (item) => {
      most = Math.max(most, ++active);
      await turns(item);
      active--;
      return item * 2;
    });
    expect(out).toEqual([10, 8, 6, 4, 2]);
    expect(most).toBe(3);
  });

  test("throws the first failure once the others have ended", async () => {
    let ended = 0;
    const work = mapBounded(2, [1, 2, 3, 4], async (item) => {
      await turns(item);
      ended++;
      if (item === 1) throw new Error("one");
    });
    await expect(work).rejects.toThrow("one");
    expect(ended).toBe(2);
  });

  test("a limit of time is a retryable error", async () => {
    await expect(within(5, "It", new Promise(() => undefined))).rejects.toMatchObject({
      code: "Timeout",
      retryable: true,
    });
    await expect(within(1_000, "It", Promise.resolve(1))).resolves.toBe(1);
  });
});

test("an operation's id is the same for the same reason only", () => {
  expect(operationId("push", "a", "c1", 7)).toBe(operationId("push", "a", "c1", 7));
  const others = [
    operationId("push", "b", "c1", 7),
    operationId("push", "a", "c2", 7),
    operationId("poll", "a", "c1", 7),
  ];
  expect(new Set([...others, operationId("push", "a", "c1", 7)]).size).toBe(4);
  expect(operationId("push", "a")).toMatch(/^push-[0-9a-f]{24}$/);
});
