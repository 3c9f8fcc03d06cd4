import { describe, expect, test } from "vitest";
import { ask, bob, bring, minute, pipelineOf, promoted, sluice, TWO, types, world } from "./world.ts";

const automatic = { trigger: { type: "automatic", actor: sluice, cause: "r" } } as const;

describe("a promotion that is asked for", () => {
  test("stands in the queue of its stage, knows what runs there, and is asked for once", () => {
    const shop = world();
    promoted(shop, "staging", "r1");
    expect(ask(shop, "staging", "r2")).toMatchObject([
      { type: "PromotionRequested", data: { promotion: "staging-r2", release: "r2", from: "r1" } },
    ]);
    expect(shop.state.stages.staging).toMatchObject({ queue: ["staging-r2"] });
    expect(ask(shop, "staging", "r2")).toEqual([]);
  });

  test("an id that was there before is not taken again, however long ago it ended", () => {
    const shop = world();
    ask(shop, "staging", "r1");
    for (let index = 0; index < 40; index += 1) ask(shop, "staging", `x${index}`);
    expect(shop.state.promotions["staging-r1"]).toBeUndefined();
    expect(ask(shop, "staging", "r1")).toEqual([]);
  });

  test("is refused in a stage that is not there", () => {
    expect(() => ask(world(), "nowhere", "r1")).toThrow("the pipeline has no stage nowhere");
    expect(() => ask(world(), "nowhere", "r1")).toThrow(expect.objectContaining({ code: "NotFound" }));
  });

  test("by hand, twice for the same release, is a conflict; by policy it is nothing", () => {
    const shop = world();
    ask(shop, "staging", "r1");
    expect(() => ask(shop, "staging", "r1", { id: "other" })).toThrow(expect.objectContaining({ code: "Conflict" }));
    expect(ask(shop, "staging", "r1", { id: "other", more: automatic })).toEqual([]);
  });

  test.each([
    ["held", { type: "HoldStage", stage: "staging", by: bob }],
    ["paused", { type: "PauseStage", stage: "staging", by: bob, reason: "x" }],
    ["kept from that release", { type: "ExcludeRelease", stage: "staging", release: "r2", by: bob, at: minute(1) }],
  ] as const)("by policy is nothing in a stage that is %s", (_, command) => {
    const shop = world();
    promoted(shop, "staging", "r1");
    shop.do(command);
    expect(ask(shop, "staging", "r2", { more: automatic })).toEqual([]);
  });

  test.each(["started", "passed", "moved"] as const)(
    "by policy is nothing while what a person asked for is %s, and takes nothing of it away",
    (until) => {
      const shop = world();
      ask(shop, "staging", "r1");
      expect(ask(shop, "staging", "r2", { more: automatic })).toEqual([]);
      const id = bring(shop, "staging", until);
      expect(ask(shop, "staging", "r2", { more: automatic })).toEqual([]);
      expect(shop.promotion(id)).not.toHaveProperty("result");
    },
  );

  test("by hand brings an excluded release back, and says so", () => {
    const shop = world();
    shop.do({ type: "ExcludeRelease", stage: "staging", release: "r1", by: bob, at: minute(0) });
    expect(types(ask(shop, "staging", "r1"))).toEqual(["ReleaseReadmitted", "PromotionRequested"]);
    expect(shop.state.stages.staging?.excluded).toEqual([]);
  });

  test("by hand of something older holds the stage once it is there; what is brought after it moves the hold along", () => {
    const shop = world();
    promoted(shop, "staging", "r2");
    expect(types(ask(shop, "staging", "r1", { more: { hold: true } }))).not.toContain("StageHeld");
    bring(shop, "staging", "waved");
    expect(shop.state.stages.staging?.held).toBeUndefined();
    shop.do({ type: "Succeed", promotion: "staging-r1", at: minute(1) });
    expect(shop.state.stages.staging?.held).toEqual({ release: "r1", by: { kind: "user", name: "ada" } });
    ask(shop, "staging", "r3", { by: bob });
    expect(shop.state.stages.staging?.held?.release).toBe("r1");
    bring(shop, "staging", "ended");
    expect(shop.state.stages.staging?.held).toEqual({ release: "r3", by: bob });
    promoted(shop, "staging", "r3");
    expect(types(shop.events).filter((type) => type === "StageHeld")).toHaveLength(2);
  });

  test.each(["AbortPromotion", "Fail"] as const)("by hand of something older that ends by %s holds nothing", (end) => {
    const shop = world();
    promoted(shop, "staging", "r2");
    ask(shop, "staging", "r1", { more: { hold: true } });
    const promotion = bring(shop, "staging", "synced");
    const at = minute(1);
    if (end === "Fail") shop.do({ type: end, promotion, code: "SyncFailed", message: "no", left: [], at });
    else shop.do({ type: end, promotion, by: bob, at });
    expect(types(shop.events)).not.toContain("StageHeld");
  });
});

describe("several releases in flight", () => {
  const queueing = pipelineOf({ name: "staging", onNewer: "queue" });

  test("supersede: a newer one takes the place of what waits", () => {
    const shop = world();
    ask(shop, "staging", "r1");
    bring(shop, "staging", "passed");
    const events = ask(shop, "staging", "r2", { at: minute(2) });
    expect(events).toMatchObject([
      { type: "PromotionSuperseded", data: { promotion: "staging-r1", by: "staging-r2", at: minute(2) } },
      { type: "PromotionRequested" },
    ]);
    expect(shop.state.stages.staging).toMatchObject({ queue: ["staging-r2"], last: { result: "Superseded" } });
    expect(shop.state.stages.staging?.running).toBeUndefined();
  });

  test("supersede: what moves is not disturbed; the newest waits behind it, alone", () => {
    const shop = world();
    ask(shop, "staging", "r1");
    bring(shop, "staging", "moved");
    ask(shop, "staging", "r2");
    ask(shop, "staging", "r3");
    expect(shop.state.stages.staging).toMatchObject({ running: "staging-r1", queue: ["staging-r3"] });
  });

  test("supersede: a pull request that nobody merged yet makes way, and one that is merged does not", () => {
    const pullRequest = { provider: "github", repoURL: "u", number: 7, url: "w", branch: "b", head: "h" };
    for (const merged of [false, true]) {
      const shop = world();
      ask(shop, "staging", "r1");
      const id = bring(shop, "staging", "passed");
      shop.do({ type: "BeginMove", promotion: id, mode: "pullRequest", at: minute(0) });
      shop.do({ type: "RecordPullRequest", promotion: id, ...pullRequest });
      if (merged) shop.do({ type: "RecordMerge", promotion: id, number: 7, commit: "m", at: minute(1) });
      ask(shop, "staging", "r2");
      expect(shop.promotion(id).result).toBe(merged ? undefined : "Superseded");
    }
  });

  test("queue: each has its turn, the oldest first", () => {
    const shop = world(queueing);
    for (const release of ["r1", "r2", "r3"]) ask(shop, "staging", release);
    expect(bring(shop, "staging", "ended")).toBe("staging-r1");
    expect(bring(shop, "staging", "ended")).toBe("staging-r2");
    expect(shop.state.stages.staging?.queue).toEqual(["staging-r3"]);
  });

  test("a stage works on one at a time", () => {
    const shop = world(queueing);
    ask(shop, "staging", "r1");
    ask(shop, "staging", "r2");
    bring(shop, "staging", "started");
    expect(shop.do({ type: "StartNext", stage: "staging", at: minute(0) })).toEqual([]);
  });
});

describe("an emergency", () => {
  const emergency = { emergency: { record: "e1", gates: ["approval"], reason: "outage" } };

  test("takes the place of what waits whatever the policy, and its record stays open until somebody closes it", () => {
    const shop = world(pipelineOf({ name: "staging", onNewer: "queue" }));
    ask(shop, "staging", "r1");
    bring(shop, "staging", "passed");
    expect(types(ask(shop, "staging", "r1", { id: "now", more: emergency }))).toEqual([
      ...["PromotionSuperseded", "PromotionRequested", "EmergencyDeclared"],
    ]);
    expect(shop.promotion("now").skipped).toEqual({ record: "e1", gates: ["approval"] });
    expect(shop.state.emergencies.e1).toMatchObject({ promotion: "now", reason: "outage" });
    bring(shop, "staging", "ended");
    expect(shop.state.emergencies).toHaveProperty("e1");
    const close = { type: "CloseEmergency", record: "e1", by: bob, note: "followed up", at: minute(9) } as const;
    expect(types(shop.do(close))).toEqual(["EmergencyClosed"]);
    expect(() => shop.do(close)).toThrow(expect.objectContaining({ code: "NotFound" }));
  });

  test("has its turn before what stands in the queue, and is not superseded by what is none", () => {
    const shop = world(pipelineOf({ name: "staging" }));
    ask(shop, "staging", "r1");
    bring(shop, "staging", "moved");
    ask(shop, "staging", "r2", { id: "now", more: emergency });
    ask(shop, "staging", "r3");
    expect(shop.state.stages.staging?.queue).toEqual(["now", "staging-r3"]);
    const moved = shop.state.stages.staging!.running!;
    shop.do({ type: "AbortPromotion", promotion: moved, by: bob, at: minute(1) });
    expect(bring(shop, "staging", "started")).toBe("now");
  });
});

describe("the configuration", () => {
  test("keeps a stage that a promotion is under way in", () => {
    const shop = world();
    ask(shop, "prod", "r1");
    const without = { ...TWO, stages: TWO.stages.slice(0, 1) };
    const configure = { type: "Configure", spec: without, labels: {}, annotations: {} } as const;
    expect(() => shop.do(configure)).toThrow("promotion prod-r1 is under way in stage prod");
    expect(() => shop.do({ type: "Remove" })).toThrow(expect.objectContaining({ code: "Conflict" }));
    shop.do({ type: "AbortPromotion", promotion: "prod-r1", by: bob, at: minute(0) });
    expect(types(shop.do(configure))).toEqual(["PipelineUpdated"]);
  });

  test("a pipeline of the same name begins anew, and its ids are others", () => {
    const shop = world(pipelineOf({ name: "staging", automatic: "newest" }));
    const releases = [{ release: "r1", at: minute(0) }];
    const first = shop.next("staging", { releases });
    promoted(shop, "staging", "r1");
    shop.do({ type: "Remove" });
    expect(shop.state.stages).toEqual({});
    const spec = pipelineOf({ name: "staging", automatic: "newest" });
    shop.do({ type: "Configure", spec, labels: {}, annotations: {} });
    const second = shop.next("staging", { releases });
    expect([first.do, second.do]).toEqual(["request", "request"]);
    expect("command" in second && "command" in first && second.command).not.toEqual(
      "command" in first ? first.command : undefined,
    );
  });
});
