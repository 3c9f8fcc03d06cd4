import { describe, expect, test } from "vitest";
import type { Command } from "../../../domain/application/command.ts";
import { applicationDecider } from "../../../domain/application/decider.ts";
import { remedyFor } from "../../../domain/drift/remediation.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import { observation } from "../application/examples.ts";
import { at, drifted, synced, told } from "../drift/examples.ts";

const by = { kind: "user", name: "ada" } as const;
const start = (more: object = {}): Command => ({
  ...{ type: "StartBreakGlass", id: "bg-1", at: at(0), until: at(1_800), reason: "incident", people: ["ada"], by },
  then: "PutBack",
  ...more,
});
const on = [...synced(), start()];
const field = (is: string) => ({ fields: [{ path: ".spec.replicas", was: "2", is }] });
const seen = (seconds: number, ...objects: ReturnType<typeof drifted>[]): Command => ({
  type: "ObserveCluster",
  message: observation({ drifted: objects, observedAt: at(seconds) }),
});
const codeOf = (...commands: Command[]): string | undefined => {
  try {
    told(commands);
    return undefined;
  } catch (error) {
    return error instanceof SluiceError ? error.code : String(error);
  }
};
const last = (...commands: Command[]) => told(commands).events.slice(told(commands.slice(0, -1)).events.length);

describe("a break-glass", () => {
  test("starts once; a second one is a conflict until the first is resolved", () => {
    expect(last(...on)).toMatchObject([{ type: "BreakGlassStarted", data: { startedAt: at(0), until: at(1_800) } }]);
    expect(last(...on, start())).toEqual([]);
    expect(codeOf(...on, start({ id: "bg-2" }))).toBe("Conflict");
    const over: Command[] = [
      { type: "EndBreakGlass", at: at(10), by },
      { type: "ResolveBreakGlass", id: "bg-1", how: "Unchanged" },
    ];
    expect(codeOf(...on, over[0]!, start({ id: "bg-2" }))).toBe("Conflict");
    expect(codeOf(...on, ...over, start({ id: "bg-2" }))).toBeUndefined();
  });
  test("lasts up to 24 hours, and into the future", () => {
    expect(codeOf(...synced(), start({ until: at(86_401) }))).toBe("InvalidInput");
    expect(codeOf(...synced(), start({ until: at(0) }))).toBe("InvalidInput");
    expect(codeOf(...on, { type: "ExtendBreakGlass", at: at(60), until: at(90_000), by })).toBe("InvalidInput");
  });
  test("needs a branch to commit to", () => {
    expect(codeOf(...synced(), start({ then: "Commit" }))).toBe("InvalidInput");
    expect(codeOf(...on, { type: "EndBreakGlass", at: at(1), by, then: "Commit" })).toBe("InvalidInput");
  });
  test("ends when its time is over and not before, whoever looks and however often", () => {
    const expire = (seconds: number): Command => ({ type: "ExpireBreakGlass", id: "bg-1", at: at(seconds), by });
    expect(last(...on, expire(1_799))).toEqual([]);
    expect(last(...on, expire(1_800))).toMatchObject([{ type: "BreakGlassEnded", data: { why: "Expired" } }]);
    expect(last(...on, expire(1_800), expire(1_801))).toEqual([]);
    const extended: Command = { type: "ExtendBreakGlass", at: at(60), until: at(3_600), by };
    expect(last(...on, extended, expire(1_800))).toEqual([]);
  });
  test("that was refused stays, until somebody says what shall become of the difference", () => {
    const refused: Command[] = [
      { type: "EndBreakGlass", at: at(10), by },
      { type: "ResolveBreakGlass", id: "bg-1", how: "Refused", message: "no rights" },
    ];
    const { state } = told([...on, ...refused]);
    expect(state.breakGlass).toMatchObject({ ended: true, refused: "no rights" });
    const put: Command = { type: "EndBreakGlass", at: at(20), by, then: "Commit", branch: "fix" };
    expect(told([...on, ...refused, put]).state.breakGlass).toMatchObject({ then: "Commit", branch: "fix" });
    expect(told([...on, ...refused, put]).state.breakGlass).not.toHaveProperty("refused");
  });
  test("is gone with its application", () => {
    const remove: Command = { type: "DeleteApplication", cascade: false };
    expect(told([...on, remove]).state.breakGlass).toBeUndefined();
  });
});

describe("while a break-glass is on", () => {
  test("drift is not put back, and after its resolution it is", () => {
    const ask = (...commands: Command[]) =>
      remedyFor(told(commands).state, { operation: "x", drifted: [drifted("web")], now: Date.parse(at(5)) });
    expect(ask(...on)).toEqual({ act: "none", why: "BreakGlass" });
    const end: Command = { type: "EndBreakGlass", at: at(4), by };
    expect(ask(...on, end), "the difference is still to be seen to").toEqual({ act: "none", why: "BreakGlass" });
    const resolved: Command = { type: "ResolveBreakGlass", id: "bg-1", how: "Unchanged" };
    expect(ask(...on, end, resolved)).toEqual({ act: "request" });
  });
  test("every change by hand is recorded with its author, each once", () => {
    const authors = [{ manager: "kubectl-edit", operation: "Update" as const }];
    const web = drifted("web", { ...field("5"), authors });
    const events = last(...on, seen(10, web));
    expect(events).toMatchObject([
      { type: "DriftDetected" },
      {
        type: "ManualChangeRecorded",
        data: { id: "bg-1", object: web.object, change: "modified", at: at(10), authors, ...field("5") },
      },
    ]);
    expect(last(...on, seen(10, web), seen(11, web))).toEqual([]);
  });
  test("another value of a field that is drifted already is another change, and so is taking it back", () => {
    const again = last(...on, seen(10, drifted("web", field("5"))), seen(20, drifted("web", field("6"))));
    expect(again.map(({ type }) => type)).toEqual(["DriftDetected", "ManualChangeRecorded"]);
    const back = last(...on, seen(10, drifted("web", field("5"))), seen(20));
    expect(back).toMatchObject([
      { type: "DriftResolved" },
      { type: "ManualChangeRecorded", data: { change: "restored" } },
    ]);
  });
  test("what had drifted before is no change of it", () => {
    const before = seen(-10, drifted("web", field("5")));
    const types = last(...synced(), before, start(), seen(10, drifted("web", field("5")), drifted("api"))).flatMap(
      (event) => (event.type === "ManualChangeRecorded" ? [event.data.object] : []),
    );
    expect(types).toEqual([drifted("api").object]);
  });
  test("outside of it another value of a drifted field is no news", () => {
    expect(last(...synced(), seen(10, drifted("web", field("5"))), seen(20, drifted("web", field("6"))))).toEqual([]);
  });
});

test("drift that is ignored is recorded in a break-glass only", () => {
  const ignoring = synced({ drift: "ignore" });
  expect(last(...ignoring, seen(1, drifted("web")))).toEqual([]);
  expect(last(...ignoring, start(), seen(1, drifted("web"))).map(({ type }) => type)).toContain("ManualChangeRecorded");
});

test("since when it drifted stays what it was first seen as", () => {
  const since = (...commands: Command[]) => told(commands).state.drift.map((entry) => entry.since);
  expect(since(...synced(), seen(10, drifted("web")))).toEqual([at(10)]);
  const more = seen(20, drifted("web"), drifted("api", { since: at(15) }));
  expect(since(...synced(), seen(10, drifted("web")), more)).toEqual([at(15), at(10)]);
});

test("a decision never depends on anything but events and command", () => {
  const { state } = told(on);
  expect(applicationDecider.decide(start({ id: "bg-1" }), structuredClone(state))).toEqual([]);
});
