import { describe, expect, test } from "vitest";
import { arrive, begin, emptyQueue } from "../../domain/application/queue.ts";
import type { OperationRequest } from "../../schemas/operation.ts";
import { type Desk, givenUp, openDesk, stopped, terminate } from "../../workflows/desk.ts";

const ADA = { kind: "user", name: "ada" } as const;
const request = (operation: string, second: number): OperationRequest => ({
  operation,
  kind: "sync",
  trigger: { type: "push", actor: ADA, cause: "delivery" },
  requestedAt: `2026-01-01T00:00:0${second}Z`,
});
const busy = (...waiting: OperationRequest[]): Desk => ({
  ...openDesk(),
  queue: waiting.reduce(arrive, begin(arrive(emptyQueue, request("a", 1)))),
});

describe("the desk of an operation", () => {
  test("nobody asked: nothing stops, nothing is given up", () => {
    expect(stopped(busy())).toBeUndefined();
    expect(givenUp(busy())).toBeUndefined();
  });
  test("a newer request ends a wait but stops nothing", () => {
    const desk = busy(request("b", 2));
    expect(stopped(desk)).toBeUndefined();
    expect(givenUp(desk, { inventory: "owned" })).toEqual({ result: "Superseded", by: "b", inventory: "owned" });
  });
  test("the first reason to stop stays", () => {
    const desk = busy();
    desk.stop = { why: "timedOut", limitMs: 90_000 };
    terminate(desk, { operation: "a", actor: ADA });
    expect(stopped(desk, { report: "seen" })).toEqual({
      result: "TimedOut",
      limitSeconds: 90,
      waitingFor: [],
      report: "seen",
    });
  });
  test("a terminate outranks a newer request", () => {
    const desk = busy(request("b", 2));
    terminate(desk, { operation: "a", actor: ADA });
    expect(givenUp(desk)).toEqual({ result: "Terminated", by: ADA });
    expect(desk.queue.next?.operation).toBe("b");
  });
  test("a star ends what runs and what waits; an unknown id nothing", () => {
    const desk = busy(request("b", 2));
    terminate(desk, { operation: "x", actor: ADA });
    expect([desk.stop, desk.queue.next?.operation]).toEqual([undefined, "b"]);
    terminate(desk, { operation: "*", actor: ADA });
    expect(desk.stop).toEqual({ why: "terminated", by: ADA });
    expect(desk.queue.next).toBeUndefined();
    expect(desk.queue.dropped).toHaveLength(1);
  });
});
