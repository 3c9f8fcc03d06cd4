import { describe, expect, test } from "vitest";
import { ask, bob, bring, minute, pipelineOf, promoted, RELEASES, type World, world } from "./world.ts";

const AUTOMATIC = pipelineOf(
  { name: "staging", automatic: "newest" },
  { name: "prod", automatic: "newestVerified", onNewer: "queue" },
);

/** The release that the policy asks for in a stage, if any. */
function wanted(shop: World, stage: string, releases = RELEASES): string | undefined {
  const step = shop.next(stage, { releases });
  return step.do === "request" ? step.command.release : undefined;
}

describe("what the policy asks for", () => {
  test("newest: the newest of the source, whatever the stages before say", () => {
    const spec = pipelineOf({ name: "staging" }, { name: "prod", automatic: "newest" });
    expect(wanted(world(spec), "prod")).toBe("r5");
  });

  test("newestVerified: the newest that the stages before verified, nothing before they did", () => {
    const shop = world(AUTOMATIC);
    expect(wanted(shop, "prod")).toBeUndefined();
    promoted(shop, "staging", "r2");
    promoted(shop, "staging", "r3");
    expect(wanted(shop, "prod")).toBe("r3");
  });

  test("never: nothing", () => {
    expect(wanted(world(), "staging")).toBeUndefined();
  });

  test("is the same request however often it is looked at, and none while it is on its way", () => {
    const shop = world(AUTOMATIC);
    const first = shop.next("staging", { releases: RELEASES });
    expect(shop.next("staging", { releases: RELEASES })).toEqual(first);
    if ("command" in first) shop.do(first.command);
    expect(wanted(shop, "staging")).toBeUndefined();
    bring(shop, "staging", "moved");
    expect(wanted(shop, "staging")).toBeUndefined();
    bring(shop, "staging", "ended");
    expect(wanted(shop, "staging")).toBeUndefined();
  });

  test("never goes back: not behind what runs, nor behind what is on its way", () => {
    const shop = world(AUTOMATIC);
    promoted(shop, "staging", "r4");
    expect(wanted(shop, "staging", RELEASES.slice(1))).toBeUndefined();
    ask(shop, "staging", "r5");
    bring(shop, "staging", "moved");
    expect(wanted(shop, "staging")).toBeUndefined();
  });

  test("waits for what a person asked for, however old that is, and looks again when it ended", () => {
    const shop = world(AUTOMATIC);
    promoted(shop, "staging", "r1");
    ask(shop, "staging", "r3");
    expect(wanted(shop, "staging")).toBeUndefined();
    bring(shop, "staging", "moved");
    expect(wanted(shop, "staging")).toBeUndefined();
    shop.do({ type: "AbortPromotion", promotion: "staging-r3", by: bob, at: minute(1) });
    expect(wanted(shop, "staging")).toBe("r5");
  });

  test("what runs may be older than all that the source still knows", () => {
    const shop = world(AUTOMATIC);
    promoted(shop, "staging", "r0");
    expect(wanted(shop, "staging")).toBe("r5");
  });

  test("is nothing that is excluded: the next newest, as long as that is newer than what runs", () => {
    const shop = world(AUTOMATIC);
    promoted(shop, "staging", "r3");
    shop.do({ type: "ExcludeRelease", stage: "staging", release: "r5", by: bob, at: minute(1) });
    expect(wanted(shop, "staging")).toBe("r4");
    shop.do({ type: "ExcludeRelease", stage: "staging", release: "r4", by: bob, at: minute(1) });
    expect(wanted(shop, "staging")).toBeUndefined();
    shop.do({ type: "ReadmitRelease", stage: "staging", release: "r5", by: bob });
    expect(wanted(shop, "staging")).toBe("r5");
  });

  test.each([
    [
      { type: "HoldStage", stage: "staging", by: bob },
      { type: "ReleaseStage", stage: "staging", by: bob },
    ],
    [
      { type: "PauseStage", stage: "staging", by: bob, reason: "x" },
      { type: "ResumeStage", stage: "staging", by: bob },
    ],
  ] as const)("is nothing between %j and %j", (before, after) => {
    const shop = world(AUTOMATIC);
    promoted(shop, "staging", "r1");
    shop.do(before);
    expect(wanted(shop, "staging")).toBeUndefined();
    shop.do(after);
    expect(wanted(shop, "staging")).toBe("r5");
  });

  test("does not come again by itself after it failed, was aborted or rejected", () => {
    for (const end of ["Fail", "AbortPromotion"] as const) {
      const shop = world(AUTOMATIC);
      const step = shop.next("staging", { releases: RELEASES.slice(0, 1) });
      if ("command" in step) shop.do(step.command);
      const promotion = bring(shop, "staging", "moved");
      const at = minute(1);
      if (end === "Fail") shop.do({ type: end, promotion, code: "SyncFailed", message: "no", left: [], at });
      else shop.do({ type: end, promotion, by: bob, at });
      expect(wanted(shop, "staging", RELEASES.slice(0, 1))).toBeUndefined();
    }
  });

  test("comes again when it was superseded by one that was excluded then", () => {
    const shop = world(AUTOMATIC);
    for (const releases of [RELEASES.slice(1), RELEASES]) {
      const step = shop.next("staging", { releases });
      if ("command" in step) shop.do(step.command);
    }
    shop.do({ type: "ExcludeRelease", stage: "staging", release: "r5", by: bob, at: minute(1) });
    expect(shop.state.stages.staging?.queue).toEqual([]);
    const again = shop.next("staging", { releases: RELEASES });
    expect(again).toMatchObject({ do: "request", command: { release: "r4" } });
    expect("command" in again && shop.do(again.command)).not.toEqual([]);
  });

  test("queue: a newer one stands behind what waits", () => {
    const shop = world(AUTOMATIC);
    promoted(shop, "staging", "r1");
    const first = shop.next("prod", { releases: RELEASES });
    if ("command" in first) shop.do(first.command);
    bring(shop, "prod", "rendered");
    promoted(shop, "staging", "r2");
    const second = shop.next("prod", { releases: RELEASES });
    if ("command" in second) shop.do(second.command);
    expect(shop.state.stages.prod?.queue).toHaveLength(1);
  });

  test("does not step between an emergency or a rollback and its stage", () => {
    const shop = world(AUTOMATIC);
    promoted(shop, "staging", "r1");
    promoted(shop, "staging", "r2");
    const trigger = { type: "rollback", actor: bob, cause: "x" } as const;
    ask(shop, "staging", "r1", { more: { trigger, hold: false } });
    expect(wanted(shop, "staging")).toBeUndefined();
    bring(shop, "staging", "ended");
    expect(wanted(shop, "staging")).toBe("r5");
    ask(shop, "staging", "r3", { more: { emergency: { record: "e", gates: ["soak"], reason: "outage" } } });
    expect(wanted(shop, "staging")).toBeUndefined();
  });

  test("a stage that is held later lets nothing automatic move, and a person's word passes it", () => {
    const shop = world(AUTOMATIC);
    promoted(shop, "staging", "r1");
    promoted(shop, "prod", "r1");
    promoted(shop, "staging", "r2");
    const step = shop.next("prod", { releases: RELEASES });
    if ("command" in step) shop.do(step.command);
    const waiting = bring(shop, "prod", "passed");
    shop.do({ type: "HoldStage", stage: "prod", by: bob });
    expect(shop.do({ type: "BeginMove", promotion: waiting, mode: "pin", at: minute(1) })).toEqual([]);
    ask(shop, "prod", "r1", { id: "by-hand" });
    expect(shop.promotion(waiting).result).toBe("Superseded");
  });

  test("what a stage before excluded since makes way by itself, also for what is queued behind it, and may come back", () => {
    const shop = world(AUTOMATIC);
    for (const release of ["r2", "r3"]) {
      promoted(shop, "staging", release);
      const step = shop.next("prod", { releases: RELEASES });
      if ("command" in step) shop.do(step.command);
      if (release === "r2") bring(shop, "prod", "rendered");
    }
    const waiting = shop.state.stages.prod!.running!;
    shop.do({ type: "ExcludeRelease", stage: "staging", release: "r2", by: bob, at: minute(1) });
    expect(shop.next("prod")).not.toMatchObject({ do: "abort" });
    shop.do({ type: "ReadmitRelease", stage: "staging", release: "r2", by: bob });
    const back = { trigger: { type: "rollback", actor: bob, cause: "x" }, hold: false, undoes: "staging-r2" } as const;
    promoted(shop, "staging", "r2");
    ask(shop, "staging", "r3", { id: "back", more: back });
    const step = shop.next("prod", { releases: RELEASES });
    expect(step).toMatchObject({ do: "abort", promotion: waiting, command: { by: { kind: "system" } } });
    if ("command" in step) shop.do(step.command);
    expect(shop.state.stages.prod).toMatchObject({ excluded: [], last: { result: "Aborted" } });
    expect(shop.next("prod", { releases: RELEASES })).toMatchObject({ do: "start" });
  });

  test("newest: a release that a stage before excluded is not asked for", () => {
    const shop = world(pipelineOf({ name: "staging" }, { name: "prod", automatic: "newest" }));
    shop.do({ type: "ExcludeRelease", stage: "staging", release: "r5", by: bob, at: minute(1) });
    expect(wanted(shop, "prod")).toBe("r4");
  });
});
