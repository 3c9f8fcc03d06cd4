import { describe, expect, test } from "vitest";
import type { PipelineCommand } from "../../../domain/promotion/command.ts";
import type { NextInput } from "../../../domain/promotion/next.ts";
import { ask, bob, bring, looks, minute, pipelineOf, TWO, verdict, type World, world } from "./world.ts";

const P = "staging-r1";
const METRICS = { metrics: [{ name: "m", provider: { health: {} } }] };
const PAUSE: PipelineCommand = { type: "PausePromotion", promotion: P, by: bob, at: minute(1) };

/** r1 on its way into staging. */
function on(spec = TWO, until: Parameters<typeof bring>[2] = "started"): World {
  const shop = world(spec);
  ask(shop, "staging", "r1");
  bring(shop, "staging", until);
  return shop;
}

const staging = (shop: World, more: Partial<NextInput> = {}) => shop.next("staging", more);

describe("a stage without a promotion", () => {
  test("is idle, and so is one that is not there", () => {
    expect(staging(world())).toEqual({ do: "idle" });
    expect(world().next("nowhere")).toEqual({ do: "idle" });
  });

  test("starts the next of its queue", () => {
    const shop = world();
    ask(shop, "staging", "r1");
    expect(staging(shop, { now: minute(3) })).toEqual({
      ...{ do: "start", command: { type: "StartNext", stage: "staging", at: minute(3) } },
    });
  });
});

describe("waiting", () => {
  test("renders, then looks at the gates, once each time it is woken", () => {
    const shop = on();
    expect(staging(shop)).toEqual({ do: "render", promotion: P });
    expect(staging(shop, { looked: looks(P, "render") })).toEqual({ do: "evaluate", promotion: P });
    bring(shop, "staging", "rendered");
    expect(staging(shop)).toEqual({ do: "render", promotion: P });
  });

  test("moves once all gates have passed, by the stage's mode", () => {
    const shop = on(TWO, "passed");
    expect(staging(shop, { looked: looks(P, "render", "evaluate") })).toMatchObject({
      ...{ do: "beginMove", command: { type: "BeginMove", mode: "pin", gates: [] } },
    });
  });

  test("waits for the first gate that will speak again, and says what all of them say", () => {
    const shop = on(TWO, "rendered");
    const verdicts = [
      verdict("soak", { state: "wait", message: "soaking", until: minute(60) }),
      verdict("window", { state: "wait", message: "frozen", until: minute(30) }),
      verdict("block", { state: "block", message: "no" }),
    ];
    shop.do({ type: "RecordVerdicts", promotion: P, verdicts, at: minute(0) });
    const wait = staging(shop, { looked: looks(P, "render", "evaluate") });
    expect(wait).toEqual({
      ...{ do: "wait", promotion: P, until: minute(30) },
      why: "soak: soaking; window: frozen; block: no",
    });
    // What was to come in the past would have it look for ever.
    expect(staging(shop, { now: minute(45), looked: looks(P, "render", "evaluate") })).toMatchObject({
      until: minute(60),
    });
  });

  test("does not move before a gate of its policy was looked at", () => {
    const shop = on(TWO, "passed");
    const gates = pipelineOf({ name: "x", gates: [{ name: "late", soak: "1h" }] }).stages[0]!.gates;
    expect(staging(shop, { gates, looked: looks(P, "render", "evaluate") })).toMatchObject({
      ...{ do: "wait", why: "gate late was not looked at yet" },
    });
  });

  test("paused, it does nothing; its stage paused, it only does not move", () => {
    const shop = on(TWO, "passed");
    shop.do(PAUSE);
    expect(staging(shop)).toMatchObject({ do: "wait", why: "bob paused the promotion" });
    shop.do({ type: "ResumePromotion", promotion: P, by: bob, at: minute(2) });
    shop.do({ type: "PauseStage", stage: "staging", by: bob, reason: "exam" });
    expect(staging(shop)).toMatchObject({ do: "render" });
    expect(staging(shop, { looked: looks(P, "render", "evaluate") })).toMatchObject({
      ...{ do: "wait", why: "bob paused the stage: exam" },
    });
  });

  describe("with a gate that measures", () => {
    const spec = pipelineOf({
      name: "staging",
      gates: [
        { name: "measured", verification: METRICS },
        { name: "people", approval: { people: ["ada"] } },
      ],
    });
    const run = `${P}/gate/measured`;
    const looked = looks(P, "render", "evaluate");
    const measured = (more: object = {}) =>
      verdict("measured", { type: "verification", state: "wait", reason: "NotStarted", ...more });
    const people = verdict("people", { type: "approval", state: "wait" });
    const say = (...verdicts: ReturnType<typeof verdict>[]): PipelineCommand => ({
      ...{ type: "RecordVerdicts", promotion: P, verdicts, at: minute(0) },
    });

    test("measures beside the people who are asked, and not before the rest has passed", () => {
      const shop = on(spec, "rendered");
      shop.do(say(measured(), people, verdict("soak", { type: "soak", state: "wait" })));
      expect(staging(shop, { looked })).toMatchObject({ do: "wait" });
      shop.do(say(measured(), people, verdict("soak", { type: "soak" })));
      expect(staging(shop, { looked })).toMatchObject({ do: "startVerification", command: { run, gate: "measured" } });
    });

    test.each(["Failed", "Error"] as const)("%s: a person overrules it, or has it measured again", (phase) => {
      const shop = on(spec, "rendered");
      shop.do(say(measured(), people));
      shop.do({ type: "StartVerification", promotion: P, run, gate: "measured", at: minute(0) });
      shop.do({ type: "CompleteVerification", promotion: P, run, phase, metrics: [], at: minute(1) });
      const second = {
        type: "StartVerification",
        promotion: P,
        run: `${run}#2`,
        gate: "measured",
        at: minute(2),
      } as const;
      expect(shop.do(second)).toEqual([]);
      const judge = { type: "JudgeVerification", promotion: P, run, by: bob, reason: "mended" } as const;
      shop.do({ ...judge, verdict: "Again" });
      expect(staging(shop, { looked })).toMatchObject({ do: "startVerification", command: { run: second.run } });
      expect(shop.do(second)).toMatchObject([{ type: "VerificationStarted" }]);
      expect(staging(shop, { looked })).toEqual({ do: "measure", promotion: P, run: second.run });
      shop.do({ type: "CompleteVerification", promotion: P, run: second.run, phase, metrics: [], at: minute(3) });
      expect(staging(shop, { looked })).toMatchObject({ do: "wait" });
      const overruled = { ...judge, run: second.run, verdict: "Successful" } as const;
      expect(shop.do(overruled)).toMatchObject([{ type: "VerificationJudged", data: { verdict: "Successful" } }]);
    });

    test("measures when it is due, waits between, and looks at the gate again when it is over", () => {
      const shop = on(spec, "rendered");
      shop.do(say(measured(), people));
      shop.do({ type: "StartVerification", promotion: P, run, gate: "measured", at: minute(0) });
      expect(staging(shop, { looked })).toEqual({ do: "measure", promotion: P, run });
      const after = [...looked, { do: "measure" as const, promotion: P, run, again: minute(5) }];
      expect(staging(shop, { looked: after })).toMatchObject({ do: "wait", until: minute(5) });
      expect(staging(shop, { looked: after, now: minute(5) })).toEqual({ do: "measure", promotion: P, run });
      const unknown = [...looked, { do: "measure" as const, promotion: P, run }];
      expect(staging(shop, { looked: unknown })).toMatchObject({ do: "wait", until: "2026-01-05T08:00:10.000Z" });
      shop.do({ type: "CompleteVerification", promotion: P, run, phase: "Successful", metrics: [], at: minute(5) });
      expect(staging(shop, { looked: after, now: minute(5) })).toEqual({ do: "evaluate", promotion: P });
      shop.do(say(measured({ state: "pass", reason: "VerificationSuccessful" }), people));
      const again = [...after, ...looks(P, "evaluate")];
      expect(staging(shop, { looked: again, now: minute(5) })).toMatchObject({ do: "wait" });
    });
  });
});
