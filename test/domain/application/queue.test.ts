import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  arrive,
  begin,
  concernsRunning,
  emptyQueue,
  follow,
  superseder,
  terminateWaiting,
} from "../../../domain/application/queue.ts";
import type { OperationKind, OperationRequest } from "../../../schemas/operation.ts";
import { trigger } from "./examples.ts";

const ADA = { kind: "user", name: "ada" } as const;
const request = (operation: string, second = 0, kind: OperationKind = "sync"): OperationRequest => ({
  operation,
  kind,
  trigger,
  requestedAt: new Date(1_767_225_600_000 + second * 1_000).toISOString(),
});
const queueOf = (...requests: OperationRequest[]) => requests.reduce(arrive, emptyQueue);
const runningWith = (running: OperationRequest, ...rest: OperationRequest[]) =>
  rest.reduce(arrive, begin(queueOf(running)));

describe("what the ledger wants after an end", () => {
  const back = request("back", 5, "rollback");

  test("comes next, also before a comparison that waits", () => {
    expect(follow(emptyQueue, back).next).toEqual(back);
    const { next, dropped } = follow(queueOf(request("look", 9, "refresh")), back);
    expect(next).toEqual(back);
    expect(dropped).toMatchObject([{ request: { operation: "look" }, outcome: { by: "back" } }]);
  });

  test.each(["sync", "rollback", "delete"] as const)("makes way for a %s that was asked for since", (kind) => {
    const { next, dropped } = follow(queueOf(request("newer", 1, kind)), back);
    expect(next?.operation).toBe("newer");
    expect(dropped).toMatchObject([{ request: { operation: "back" }, outcome: { result: "Superseded", by: "newer" } }]);
  });

  test("that is there already is not there twice", () => {
    expect(follow(follow(emptyQueue, back), back)).toEqual(follow(emptyQueue, back));
  });
});

describe("what asks for the very same as what runs", () => {
  const commit = "a".repeat(40);
  const sync = (operation: string, second: number, more: Partial<OperationRequest> = {}): OperationRequest => ({
    ...request(operation, second),
    revision: commit,
    ...more,
  });
  const over = (running: OperationRequest, next: OperationRequest) => superseder(runningWith(running, next));

  test("waits for it: the same commit, or the same earlier operation, with the same options", () => {
    expect(over(sync("a", 1), sync("b", 2))).toBeUndefined();
    const options = { force: true, syncOptions: ["Replace=true"] };
    const reordered = { syncOptions: ["Replace=true"], force: true };
    expect(over(sync("a", 1, { options }), sync("b", 2, { options: reordered }))).toBeUndefined();
    const back = (operation: string, second: number, target: string) => ({
      ...request(operation, second, "rollback"),
      target,
    });
    expect(over(back("a", 1, "sync-1"), back("b", 2, "sync-1"))).toBeUndefined();
    expect(over(back("a", 1, "sync-1"), back("b", 2, "sync-2"))).toBe("b");
  });
  test.each<[string, Partial<OperationRequest>]>([
    ["another commit", { revision: "b".repeat(40) }],
    ["another option", { options: { force: true } }],
    ["another word on pruning", { prune: true }],
  ])("takes its place with %s", (_, more) => expect(over(sync("a", 1), sync("b", 2, more))).toBe("b"));
  test("takes its place where a branch may have moved on since", () => {
    expect(over(request("a", 1), request("b", 2))).toBe("b");
    expect(over(sync("a", 1, { revision: "main" }), sync("b", 2, { revision: "main" }))).toBe("b");
  });
  test("comes after it", () => {
    const { next, dropped } = runningWith(sync("a", 1), sync("b", 2));
    expect([next?.operation, dropped]).toEqual(["b", []]);
  });
});

describe("the queue of an application", () => {
  test("keeps the newest; the older one ends superseded by it", () => {
    const { next, dropped } = queueOf(request("a", 1), request("b", 2));
    expect(next?.operation).toBe("b");
    expect(dropped).toMatchObject([{ request: { operation: "a" }, outcome: { result: "Superseded", by: "b" } }]);
  });
  test("keeps the one asked for later even when it arrives first", () => {
    const { next, dropped } = queueOf(request("b", 2), request("a", 1));
    expect(next?.operation).toBe("b");
    expect(dropped).toMatchObject([{ request: { operation: "a" }, outcome: { by: "b" } }]);
  });
  test.each([
    ["a newer refresh does not take the place of a sync", "sync", "refresh", "first"],
    ["a newer sync does not take the place of a delete", "delete", "sync", "first"],
    ["a newer sync takes the place of a refresh", "refresh", "sync", "second"],
    ["a newer delete takes the place of a sync", "sync", "delete", "second"],
  ] as const)("%s", (_, first, second, winner) => {
    expect(queueOf(request("first", 1, first), request("second", 2, second)).next?.operation).toBe(winner);
  });
  test("ignores a request whose operation runs, waits or was dropped just now", () => {
    const queue = runningWith(request("a", 1), request("b", 2), request("c", 3));
    for (const id of ["a", "b", "c"]) expect(arrive(queue, request(id, 9))).toBe(queue);
  });
  test("a wait is given up for a newer, as strong request only", () => {
    expect(superseder(runningWith(request("a", 5), request("b", 6)))).toBe("b");
    expect(superseder(runningWith(request("a", 5), request("b", 4)))).toBeUndefined();
    expect(superseder(runningWith(request("a", 5), request("b", 6, "refresh")))).toBeUndefined();
    expect(superseder(runningWith(request("a", 5)))).toBeUndefined();
  });
  test("an operator ends what waits by its id or with a star, and nothing else", () => {
    const queue = runningWith(request("a", 1), request("b", 2));
    expect(terminateWaiting(queue, "a", ADA)).toBe(queue);
    for (const id of ["b", "*"]) {
      const after = terminateWaiting(queue, id, ADA);
      expect(after.next).toBeUndefined();
      expect(after.dropped).toMatchObject([
        { request: { operation: "b" }, outcome: { result: "Terminated", by: ADA } },
      ]);
    }
    expect([concernsRunning(queue, "a"), concernsRunning(queue, "*"), concernsRunning(queue, "b")]).toEqual([
      true,
      true,
      false,
    ]);
  });
  test("loses none: each arrived operation runs, waits or is dropped, exactly once", () => {
    const kinds = fc.constantFrom<OperationKind>("sync", "refresh", "delete");
    const arrivals = fc.array(fc.tuple(fc.nat(8), fc.nat(20), kinds), { maxLength: 30 });
    fc.assert(
      fc.property(arrivals, fc.nat(30), (requests, beginAfter) => {
        let queue = emptyQueue;
        const arrived = new Set<string>();
        requests.forEach(([id, second, kind], index) => {
          if (index === beginAfter) queue = begin(queue);
          arrived.add(`op-${id}`);
          queue = arrive(queue, request(`op-${id}`, second, kind));
        });
        const { running, next, dropped } = queue;
        const kept = [running, next, ...dropped.map((each) => each.request)].flatMap((each) => each?.operation ?? []);
        expect(kept.toSorted()).toEqual([...arrived].toSorted());
      }),
    );
  });
});
