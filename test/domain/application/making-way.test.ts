import { describe, expect, test } from "vitest";
import {
  arrive,
  emptyQueue,
  inTurn,
  makesWay,
  makeWay,
  nextTurn,
  type Queue,
  superseder,
  takesPlaceOf,
  terminateWaiting,
} from "../../../domain/application/queue.ts";
import type { OperationRequest } from "../../../schemas/operation.ts";

let asked = 0;
const request = (operation: string, more: Partial<OperationRequest> = {}): OperationRequest => ({
  operation,
  kind: "sync",
  trigger: { type: "push", actor: { kind: "webhook", name: "git" }, cause: "c" },
  requestedAt: new Date(++asked * 1_000).toISOString(),
  ...more,
});
const some = (operation: string) => request(operation, { options: { resources: [{ kind: "ConfigMap" }] } });
const dry = (operation: string) => request(operation, { options: { dryRun: true } });
const held = (running = request("whole")): Queue => ({ ...emptyQueue, running });

describe("a request that does less", () => {
  test.each([
    ["a dry run", dry],
    ["a sync of selected objects", some],
    ["a comparison", (operation: string) => request(operation, { kind: "refresh" })],
  ])("%s takes the place of no whole sync, and a whole one takes its place", (_, make) => {
    const before = request("whole");
    const less = make("less");
    expect(takesPlaceOf(less, before)).toBe(false);
    expect(takesPlaceOf(before, less)).toBe(true);
    expect(superseder(arrive(held(before), less))).toBeUndefined();
  });

  test("has a held operation make way for it, which then goes on", () => {
    const queue = arrive(held(), dry("less"));
    expect(makesWay(queue)).toBe(true);
    const waiting = makeWay(queue);
    expect([waiting.next?.operation, waiting.after?.operation, waiting.running]).toEqual(["less", "whole", undefined]);
    const turned = inTurn(nextTurn(waiting)!);
    // What made way takes nobody's place meanwhile, and does not make way for it again.
    expect(superseder(turned)).toBeUndefined();
    expect(makesWay(turned)).toBe(false);
  });

  test("is superseded as it runs by what comes anew, together with what made way for it", () => {
    const turned = inTurn({ request: some("less"), then: request("whole") });
    const queue = arrive(turned, request("newer"));
    expect(superseder(queue)).toBe("newer");
    expect(queue.dropped).toMatchObject([{ request: { operation: "whole" }, outcome: { by: "newer" } }]);
  });
});

describe("what comes while something runs that was made way for", () => {
  const turned = () => inTurn({ request: dry("first"), then: request("whole") });

  test("has its turn before what made way, the newest of it", () => {
    const queue = arrive(arrive(turned(), dry("second")), dry("third"));
    expect(queue.dropped.map(({ request: { operation } }) => operation)).toEqual(["second"]);
    const turn = nextTurn(queue)!;
    expect([turn.request.operation, turn.then?.operation]).toEqual(["third", "whole"]);
    expect(arrive(queue, turn.request)).toEqual(queue);
    const by = { kind: "user", name: "ada" } as const;
    expect(terminateWaiting(queue, "third", by).aside).toBeUndefined();
  });

  test("and afterwards finds the held one running again, so that it does not lose against it", () => {
    const turn = nextTurn(turned())!;
    expect(turn).toMatchObject({ request: { operation: "whole" }, resumed: true });
    const queue = arrive(inTurn(turn), dry("late"));
    expect(makesWay(queue)).toBe(true);
    expect(queue.dropped).toEqual([]);
  });

  test("goes on with what made way when the other was ended before its turn", () => {
    const by = { kind: "user", name: "ada" } as const;
    const queue = terminateWaiting(makeWay(arrive(held(), dry("less"))), "less", by);
    expect(nextTurn(queue)).toMatchObject({ request: { operation: "whole" }, resumed: true });
  });
});

describe("a held operation", () => {
  test("makes way for nothing as strong, but is superseded by it when it is newer", () => {
    const older = request("older");
    const queue = arrive(held(), older);
    expect(makesWay(queue)).toBe(false);
    expect(makesWay(arrive(held(), request("newer")))).toBe(false);
    expect(superseder(arrive(held(), request("newest")))).toBe("newest");
    expect(superseder(arrive(held(), request("gone", { kind: "delete" })))).toBe("gone");
  });

  test("that makes way is overtaken by what takes its place at that very moment", () => {
    const waiting = makeWay(arrive(held(), dry("less")));
    const queue = arrive(waiting, request("newer"));
    expect(queue.after).toBeUndefined();
    expect(queue.dropped.map(({ request: { operation } }) => operation).toSorted()).toEqual(["less", "whole"]);
  });

  test("that makes way is known, and can be ended", () => {
    const whole = request("whole");
    const waiting = makeWay(arrive(held(whole), dry("less")));
    expect(arrive(waiting, whole)).toEqual(waiting);
    const by = { kind: "user", name: "ada" } as const;
    expect(terminateWaiting(waiting, "whole", by)).toMatchObject({
      next: { operation: "less" },
      dropped: [{ request: { operation: "whole" }, outcome: { result: "Terminated", by } }],
    });
    const none = terminateWaiting(waiting, "*", by);
    expect([none.next, none.after, none.dropped.length]).toEqual([undefined, undefined, 2]);
    expect(terminateWaiting(waiting, "less", by).after?.operation).toBe("whole");
  });
});
