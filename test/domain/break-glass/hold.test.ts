import { expect, test } from "vitest";
import { breakGlassHold } from "../../../domain/break-glass/hold.ts";
import type { BreakGlass } from "../../../domain/break-glass/state.ts";
import type { OperationKind, Trigger } from "../../../schemas/operation.ts";
import { at } from "../drift/examples.ts";

const ada = { kind: "user", name: "ada" } as const;
const breakGlass = (more: Partial<BreakGlass> = {}): { breakGlass: BreakGlass } => ({
  breakGlass: {
    ...{ id: "b", startedAt: at(0), until: at(60), reason: "incident", people: ["bob"], by: ada, then: "PutBack" },
    ...{ ended: false, changed: [], managers: [] },
    ...more,
  },
});
const request = (
  type: Trigger["type"],
  actor: Trigger["actor"] = { kind: "system", name: "sluice" },
  kind: OperationKind = "sync",
) => ({
  kind,
  trigger: { type, actor, cause: "x" },
});
const user = (name: string) => ({ kind: "user", name }) as const;
const held = (asked: ReturnType<typeof request>, of = breakGlass(), now = at(1)) =>
  breakGlassHold(of, asked, Date.parse(now))?.reason;

test.each(["push", "poll", "configuration", "drift"] as const)("a sync by %s waits", (type) => {
  expect(held(request(type))).toBe("BreakGlass");
});

test("those it names, and who started it, may sync by hand; others wait", () => {
  expect(held(request("manual", user("bob")))).toBeUndefined();
  expect(held(request("manual", user("ada")))).toBeUndefined();
  expect(held(request("manual", user("eve")))).toBe("BreakGlass");
  expect(held(request("manual", user("eve")), breakGlass({ people: [] }))).toBeUndefined();
  expect(held(request("rollback", user("bob"), "rollback"))).toBeUndefined();
});

test("a configuration applied by one it names does not wipe what was changed by hand", () => {
  expect(held(request("configuration", user("bob")))).toBe("BreakGlass");
});

test("a comparison and a dry run go on, and what puts the difference back", () => {
  const dry = { ...request("manual", user("eve")), options: { dryRun: true } };
  expect(breakGlassHold(breakGlass(), dry, Date.parse(at(1)))).toBeUndefined();
  expect(held(request("push", undefined, "refresh"))).toBeUndefined();
  expect(held(request("breakGlass"))).toBeUndefined();
});

test("it is looked at again just after the end, and by signal only while the end is seen to", () => {
  expect(breakGlassHold(breakGlass(), request("push"), Date.parse(at(1)))?.until).toBe(at(61));
  expect(breakGlassHold(breakGlass(), request("push"), Date.parse(at(61)))).not.toHaveProperty("until");
  expect(breakGlassHold(breakGlass({ ended: true }), request("push"), Date.parse(at(1)))).not.toHaveProperty("until");
});

test("nothing waits without one", () => expect(breakGlassHold({}, request("push"), 0)).toBeUndefined());
