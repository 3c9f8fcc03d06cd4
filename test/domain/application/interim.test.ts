import { describe, expect, test } from "vitest";
import type { Command } from "../../../domain/application/command.ts";
import { decide } from "../../../domain/application/decide.ts";
import { evolve } from "../../../domain/application/evolve.ts";
import { initialApplication, type ApplicationState } from "../../../domain/application/state.ts";
import type { ApplicationEvent } from "../../../schemas/events/index.ts";
import { configuration, end, start, success, trigger } from "./examples.ts";

const ADA = { kind: "user", name: "ada" } as const;
const retry = (attempt: number, more: object = {}): Command => ({
  ...{ type: "ScheduleRetry", operation: "op-1", kind: "sync", trigger, attempt },
  ...{ at: "2026-01-01T00:00:05Z", code: "ApplyFailed", message: "no", ...more },
});
const ask: Command = { type: "RequestConfirmation", operation: "op-1", objects: [], count: 2 };
const yes: Command = { type: "ConfirmPrune", operation: "op-1", by: ADA };

function given(...commands: Command[]): { state: ApplicationState; events: ApplicationEvent[] } {
  let state = initialApplication;
  let events: ApplicationEvent[] = [];
  for (const command of commands) {
    events = decide(command, state);
    state = events.reduce(evolve, state);
  }
  return { state, events };
}
const created: Command = { type: "CreateApplication", ...configuration() };
const typesOf = ({ events }: { events: ApplicationEvent[] }): string[] => events.map(({ type }) => type);

describe("a retry", () => {
  test("is said once an attempt, and what the failed one left is owned from then on", () => {
    const first = given(created, start("op-1"), retry(2, { inventory: "left" }));
    expect(typesOf(first)).toEqual(["SyncRetryScheduled"]);
    expect(first.state).toMatchObject({ inventory: "left", running: { operation: "op-1", retried: 2 } });
    expect(given(created, start("op-1"), retry(2), retry(2)).events).toEqual([]);
    expect(typesOf(given(created, start("op-1"), retry(2), retry(3)))).toEqual(["SyncRetryScheduled"]);
  });
  test("starts the same operation again, once", () => {
    const again = given(
      created,
      start("op-1"),
      retry(2),
      start("op-1", { attempt: 2, plan: "plan-2", revision: "beef" }),
    );
    expect(typesOf(again)).toEqual(["OperationStarted"]);
    expect(again.state.running).toMatchObject({ operation: "op-1", attempt: 2, plan: "plan-2", revision: "beef" });
    const twice = start("op-1", { attempt: 2 });
    expect(given(created, start("op-1"), retry(2), twice, twice).events).toEqual([]);
    expect(given(created, start("op-1"), retry(2), twice, start("op-1")).events).toEqual([]);
  });
  test("of an operation that does not run any more says nothing", () => {
    expect(given(created, retry(2)).events).toEqual([]);
    expect(given(created, start("op-1"), end("op-1", success()), retry(2)).events).toEqual([]);
  });
  test("leaves nothing of its own in the event that another operation writes of an abandoned one", () => {
    const { events } = given(created, start("op-1"), retry(2), start("op-1", { attempt: 2 }), start("op-2"));
    expect(events.map(({ type }) => type)).toEqual(["SyncSuperseded", "OperationStarted"]);
    expect(Object.keys(events[0]!.data)).not.toContain("attempt");
  });
});

describe("a confirmation", () => {
  test("is asked for and given once each", () => {
    expect(typesOf(given(created, start("op-1"), ask))).toEqual(["PruneConfirmationRequested"]);
    expect(given(created, start("op-1"), ask, ask).events).toEqual([]);
    expect(given(created, start("op-1"), ask, yes).events).toEqual([
      { type: "PruneConfirmed", data: { operation: "op-1", by: ADA } },
    ]);
    expect(given(created, start("op-1"), ask, yes, yes).events).toEqual([]);
  });
  test("is asked for anew by another attempt", () => {
    const commands = [created, start("op-1"), ask, yes, retry(2), start("op-1", { attempt: 2 })];
    expect(typesOf(given(...commands, ask))).toEqual(["PruneConfirmationRequested"]);
  });
  test("of an operation that does not run says nothing", () => {
    expect(given(created, yes).events).toEqual([]);
    expect(given(created, start("op-2"), ask).events).toEqual([]);
  });
});
