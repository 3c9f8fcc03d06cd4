import { describe, expect, test } from "vitest";
import type { Command } from "../../../domain/application/command.ts";
import { applicationDecider } from "../../../domain/application/decider.ts";
import { outcomeOf, type SeenEvent, tryOf } from "../../../domain/promotion/target-outcome.ts";
import { configuration, end, observation, start, success } from "../application/examples.ts";

const TARGET = { operation: "promotion-1", sourceDigest: "wanted" };
const WANTED = { revision: "c1", sourceDigest: "wanted", artifact: "artifact-1" };
const OTHER = { revision: "c0", sourceDigest: "other", artifact: "artifact-0" };
const REFUSED = { result: "Failed", code: "ApplyFailed", message: "it is refused", failures: [] } as const;

/** What a target came to after these commands on its application, of which only those `since` are looked at. */
function given(commands: Command[], since = 0) {
  let state = applicationDecider.initial;
  const seen: SeenEvent[] = [];
  for (const [index, command] of commands.entries()) {
    for (const event of applicationDecider.decide(command, state)) {
      state = applicationDecider.evolve(state, event);
      if (index >= since) seen.push({ event, sequence: 100 + index });
    }
  }
  return outcomeOf(TARGET, seen, state);
}

const create: Command = { type: "CreateApplication", ...configuration() };
const synced = (operation: string, facts: typeof WANTED): Command[] => [
  start(operation, facts),
  end(operation, success(), facts),
];

describe("a target", () => {
  test("that nobody asked for is to be asked for", () => {
    expect(given([create])).toEqual({ is: "toBeAsked", operation: "promotion-1" });
  });

  test("whose sync runs is under way", () => {
    expect(given([create, start("promotion-1", WANTED)])).toEqual({ is: "underWay" });
  });

  test("is promoted by the end of its sync, and by no event before", () => {
    expect(given([create, ...synced("promotion-1", WANTED)], 1)).toEqual({
      is: "promoted",
      operation: "promotion-1",
      revision: "c1",
      sourceDigest: "wanted",
      sequence: 102,
    });
  });

  test("is not promoted by a sync that ended before the wave began, although the content is the same", () => {
    expect(given([create, ...synced("earlier", WANTED)], 3)).toEqual({ is: "toBeAsked", operation: "promotion-1" });
  });

  test("is promoted by a later sync of the same content", () => {
    const later = [
      ...[create, start("promotion-1", WANTED), end("promotion-1", { ...REFUSED, failures: [] }, WANTED)],
      ...synced("again", WANTED),
    ];
    expect(given(later, 1)).toMatchObject({ is: "promoted", operation: "again", sequence: 104 });
  });

  test("is not promoted while something else was deployed after it", () => {
    expect(given([create, ...synced("promotion-1", WANTED), ...synced("by-hand", OTHER)], 1)).toMatchObject({
      is: "failed",
      reason: "OtherContent",
    });
  });

  test("whose sync failed has failed, with its code", () => {
    const failed = [create, start("promotion-1", WANTED), end("promotion-1", { ...REFUSED, failures: [] }, WANTED)];
    expect(given(failed, 1)).toMatchObject({ is: "failed", reason: "ApplyFailed", message: "it is refused" });
  });

  test("that lost its health after its sync has failed, and one that is on its way waits", () => {
    const lost = observation({ health: "Degraded", unhealthy: [{ object: "/Pod/x/y", health: "Degraded" }] });
    const turned = observation({ health: "Progressing" });
    const done = [create, ...synced("promotion-1", WANTED)];
    expect(given([...done, { type: "ObserveCluster", message: lost }], 1)).toMatchObject({
      ...{ is: "failed", reason: "HealthLost", health: "Degraded" },
      message: expect.stringContaining("/Pod/x/y") as string,
    });
    expect(given([...done, { type: "ObserveCluster", message: turned }], 1)).toEqual({ is: "underWay" });
    const back = observation({ health: "Healthy" });
    const healed = [turned, back].map((message): Command => ({ type: "ObserveCluster", message }));
    expect(given([...done, ...healed], 1)).toMatchObject({ is: "promoted", sequence: 104 });
  });

  test("whose place something else takes is waited for, and then asked for again", () => {
    const superseded = end("promotion-1", { result: "Superseded", by: "by-hand" }, WANTED);
    expect(given([create, superseded], 1)).toEqual({ is: "underWay" });
    expect(given([create, superseded, ...synced("by-hand", OTHER)], 1)).toEqual({
      is: "toBeAsked",
      operation: tryOf("promotion-1", 2),
    });
    expect(given([create, superseded, ...synced("by-hand", WANTED)], 1)).toMatchObject({ is: "promoted" });
  });

  test("is not asked for for ever", () => {
    const again = Array.from({ length: 5 }, (_, index): Command[] => {
      const by = `by-hand-${index}`;
      return [end(tryOf("promotion-1", index + 1), { result: "Superseded", by }, WANTED), ...synced(by, OTHER)];
    });
    expect(given([create, ...again.flat()], 1)).toMatchObject({ is: "failed", reason: "Superseded" });
  });

  test("whose application is deleted has failed", () => {
    expect(given([create, { type: "DeleteApplication", cascade: false }])).toMatchObject({
      is: "failed",
      reason: "NotFound",
    });
  });

  test("whose sync was ended by somebody, or ran out of time, has failed", () => {
    const by = { kind: "user", name: "ada" } as const;
    expect(given([create, end("promotion-1", { result: "Terminated", by }, WANTED)], 1)).toMatchObject({
      reason: "Terminated",
    });
    const late = {
      result: "TimedOut",
      limitSeconds: 60,
      waitingFor: [{ object: "/Pod/x/y", reason: "Late" }],
    } as const;
    const timedOut = end("promotion-1", { ...late, waitingFor: [...late.waitingFor] }, WANTED);
    expect(given([create, start("promotion-1", WANTED), timedOut], 1)).toMatchObject({ reason: "Timeout" });
  });
});
