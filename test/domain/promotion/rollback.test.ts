import { describe, expect, test } from "vitest";
import type { PipelineCommand } from "../../../domain/promotion/command.ts";
import { leaving } from "../../../domain/promotion/rollback.ts";
import { ada, ask, bob, bring, minute, pipelineOf, promoted, target, types, type World, world } from "./world.ts";

const POLICY = { onFailedHealth: true, onFailedVerification: true };
const withPolicy = (more: object = {}) => pipelineOf({ name: "staging", rollback: { ...POLICY, ...more } });

const fail = (promotion: string, code: string): PipelineCommand => ({
  ...{ type: "Fail", promotion, code, message: "bad", left: [], at: minute(20) },
});

/** A stage that verified r1 and is in the middle of r2. */
function broken(spec = withPolicy()): { shop: World; id: string } {
  const shop = world(spec);
  promoted(shop, "staging", "r1");
  ask(shop, "staging", "r2");
  return { shop, id: bring(shop, "staging", "synced", minute(10)) };
}

describe("a promotion that fails", () => {
  test("goes back to nothing that somebody excluded", () => {
    const shop = world(withPolicy());
    promoted(shop, "staging", "r1");
    promoted(shop, "staging", "r2", minute(1));
    shop.do({ type: "ExcludeRelease", stage: "staging", release: "r2", by: bob, at: minute(2) });
    ask(shop, "staging", "r3", { at: minute(3) });
    const events = shop.do(fail(bring(shop, "staging", "synced", minute(10)), "SyncFailed"));
    expect(events.at(-1)).toMatchObject({ type: "PromotionRequested", data: { release: "r1" } });
  });

  test("before anything was set to it excludes it as not moved, and what the stage runs not at all", () => {
    const shop = world(withPolicy());
    promoted(shop, "staging", "r1");
    ask(shop, "staging", "r2");
    const moved = shop.do(fail(bring(shop, "staging", "moved", minute(10)), "InvalidInput"));
    expect(moved).toMatchObject([{ type: "PromotionFailed" }, { data: { release: "r2", reason: "MoveFailed" } }]);
    ask(shop, "staging", "r1", { id: "again", at: minute(21) });
    const again = shop.do(fail(bring(shop, "staging", "moved", minute(22)), "ApprovalRejected"));
    expect(types(again)).toEqual(["PromotionFailed"]);
  });

  test("goes back by policy, in the same append: for the health of applications", () => {
    const { shop, id } = broken();
    const events = shop.do(fail(id, "SyncFailed"));
    expect(events).toMatchObject([
      { type: "PromotionFailed", data: { code: "SyncFailed" } },
      { type: "ReleaseExcluded", data: { release: "r2", reason: "SyncFailed", promotion: id } },
      {
        type: "PromotionRequested",
        data: { release: "r1", from: "r2", undoes: id, trigger: { type: "rollback", actor: { kind: "system" } } },
      },
    ]);
    expect(shop.do(fail(id, "SyncFailed"))).toEqual([]);
    expect(bring(shop, "staging", "ended", minute(30))).toBe(shop.state.stages.staging?.current?.promotion);
    expect(shop.state.stages.staging).toMatchObject({
      ...{ current: { release: "r1" }, verified: [{ release: "r1" }] },
      excluded: [{ release: "r2", reason: "SyncFailed" }],
    });
  });

  test.each([
    ["HealthDegraded", POLICY, "HealthLost", true],
    ["VerificationFailed", POLICY, "VerificationFailed", true],
    ["VerificationFailed", { onFailedVerification: false, onFailedHealth: true }, "VerificationFailed", false],
    ["SyncFailed", { onFailedHealth: false, onFailedVerification: true }, "SyncFailed", false],
    ["VerificationError", POLICY, "VerificationFailed", false],
    ["PullRequestClosed", POLICY, "ByHand", false],
  ])("%s under %j excludes the release as %s; goes back: %s", (code, policy, reason, goesBack) => {
    const { shop, id } = broken(pipelineOf({ name: "staging", rollback: policy }));
    const events = shop.do(fail(id, code));
    expect(events).toContainEqual(
      expect.objectContaining({ data: expect.objectContaining({ release: "r2", reason }) }),
    );
    expect(types(events).includes("PromotionRequested")).toBe(goesBack);
  });

  test("that changed nothing yet leaves nothing to go back from", () => {
    const shop = world(withPolicy());
    promoted(shop, "staging", "r1");
    ask(shop, "staging", "r2");
    const id = bring(shop, "staging", "moved");
    expect(types(shop.do(fail(id, "SourceUnavailable")))).toEqual(["PromotionFailed", "ReleaseExcluded"]);
  });

  test("with nothing verified before stays where it is", () => {
    const shop = world(withPolicy());
    ask(shop, "staging", "r1");
    const id = bring(shop, "staging", "synced");
    expect(types(shop.do(fail(id, "SyncFailed")))).toEqual(["PromotionFailed", "ReleaseExcluded"]);
  });

  test("as a rollback is left to people, and excludes nothing: the release was good here", () => {
    const { shop, id } = broken();
    shop.do(fail(id, "SyncFailed"));
    const back = bring(shop, "staging", "synced", minute(30));
    expect(types(shop.do(fail(back, "SyncFailed")))).toEqual(["PromotionFailed"]);
  });
});

describe("health that is lost after a promotion", () => {
  const lost = (at: string): PipelineCommand => ({ type: "LoseHealth", stage: "staging", message: "gone", at });

  function verified(spec = withPolicy({ within: "30m" })): World {
    const shop = world(spec);
    promoted(shop, "staging", "r1");
    promoted(shop, "staging", "r2", minute(10));
    return shop;
  }

  test("takes the verification away and goes back, once", () => {
    const shop = verified();
    expect(shop.do(lost(minute(40)))).toMatchObject([
      { type: "ReleaseUnverified", data: { release: "r2", reason: "gone" } },
      { type: "ReleaseExcluded", data: { release: "r2", reason: "HealthLost" } },
      { type: "PromotionRequested", data: { release: "r1" } },
    ]);
    expect(shop.do(lost(minute(40)))).toEqual([]);
  });

  test("does not lead back any more when the time of the policy is over", () => {
    const late = new Date(Date.parse(minute(40)) + 1).toISOString();
    expect(types(verified().do(lost(late)))).toEqual(["ReleaseUnverified"]);
  });

  test("comes back, and the release is verified from then on: it soaks anew", () => {
    const shop = verified(pipelineOf({ name: "staging" }));
    const regain: PipelineCommand = { type: "RegainHealth", stage: "staging", at: minute(50) };
    expect(shop.do(regain)).toEqual([]);
    shop.do(lost(minute(20)));
    expect(shop.do(regain)).toMatchObject([{ type: "ReleaseVerified", data: { release: "r2", at: minute(50) } }]);
    expect(shop.do(regain)).toEqual([]);
    expect(shop.state.stages.staging?.verified.at(-1)).toMatchObject({ release: "r2", at: minute(50) });
  });

  test("does not come back for what the policy excluded", () => {
    const shop = verified();
    shop.do(lost(minute(20)));
    expect(shop.do({ type: "RegainHealth", stage: "staging", at: minute(21) })).toEqual([]);
  });

  test("without a policy takes the verification away, so that no stage behind takes the release", () => {
    const shop = verified(pipelineOf({ name: "staging" }));
    expect(types(shop.do(lost(minute(20))))).toEqual(["ReleaseUnverified"]);
    expect(shop.state.stages.staging?.verified).toMatchObject([{ release: "r1" }]);
    expect(shop.state.stages.staging?.current?.verifiedAt).toBeUndefined();
  });

  test("what waits at its gates makes way; what is queued stays behind the rollback", () => {
    const shop = verified(pipelineOf({ name: "staging", rollback: POLICY, onNewer: "queue" }));
    ask(shop, "staging", "r3");
    const waiting = bring(shop, "staging", "rendered", minute(11));
    ask(shop, "staging", "r4");
    shop.do(lost(minute(12)));
    expect(shop.promotion(waiting).result).toBe("Superseded");
    const back = bring(shop, "staging", "started", minute(12));
    expect(shop.promotion(back)).toMatchObject({ release: "r1", trigger: { type: "rollback" } });
    expect(shop.state.stages.staging?.queue).toEqual(["staging-r4"]);
  });

  test("says nothing of a stage that a promotion changes, which looks for itself", () => {
    const shop = verified();
    ask(shop, "staging", "r3");
    bring(shop, "staging", "moved", minute(11));
    expect(shop.do(lost(minute(12)))).toEqual([]);
  });

  test("of what a rollback brought is left to people", () => {
    const shop = verified();
    shop.do(lost(minute(11)));
    bring(shop, "staging", "ended", minute(12));
    expect(types(shop.do(lost(minute(13))))).toEqual(["ReleaseUnverified"]);
  });
});

describe("a rollback by hand", () => {
  const back = (shop: World, release: string, more: object = {}) =>
    ask(shop, "staging", release, {
      id: "back",
      at: minute(30),
      by: bob,
      more: { trigger: { type: "rollback", actor: bob, cause: "x" }, ...more },
    });

  test("excludes what it leaves, takes its verification away, and holds the stage", () => {
    const shop = world(withPolicy());
    promoted(shop, "staging", "r1");
    const bad = promoted(shop, "staging", "r2");
    expect(back(shop, "r1")).toMatchObject([
      { type: "ReleaseUnverified", data: { release: "r2", promotion: bad } },
      { type: "ReleaseExcluded", data: { release: "r2", reason: "RolledBack", by: bob } },
      { type: "PromotionRequested", data: { promotion: "back", from: "r2" } },
      { type: "StageHeld", data: { release: "r1" } },
    ]);
  });

  test("holds nothing when it is told not to", () => {
    const shop = world(withPolicy());
    promoted(shop, "staging", "r1");
    promoted(shop, "staging", "r2");
    back(shop, "r1", { hold: false });
    expect(shop.state.stages.staging?.held).toBeUndefined();
  });

  test("ends what moves, and says what that left", () => {
    const { shop, id } = broken();
    expect(types(back(shop, "r1"))).toEqual([
      ...["PromotionAborted", "ReleaseExcluded", "PromotionRequested", "StageHeld"],
    ]);
    expect(shop.events.find(({ type }) => type === "PromotionAborted")).toMatchObject({
      data: { promotion: id, left: [{ application: "staging-a", release: "r2", state: "Syncing" }] },
    });
    expect(bring(shop, "staging", "ended", minute(31))).toBe("back");
  });

  test("is only to what was verified in the stage", () => {
    const { shop } = broken();
    expect(() => back(shop, "r9")).toThrow("release r9 was not verified in stage staging");
    expect(() => back(shop, "r9")).toThrow(expect.objectContaining({ code: "Conflict" }));
  });

  test("has its turn before everything that waits, and needs no stage before", () => {
    const shop = world(pipelineOf({ name: "staging" }, { name: "prod", onNewer: "queue" }));
    for (const release of ["r1", "r2"]) {
      promoted(shop, "staging", release);
      promoted(shop, "prod", release);
    }
    shop.do({ type: "LoseHealth", stage: "staging", message: "x", at: minute(1) });
    ask(shop, "prod", "r3");
    const trigger = { type: "rollback", actor: ada, cause: "x" } as const;
    ask(shop, "prod", "r1", { id: "back", more: { trigger } });
    expect(bring(shop, "prod", "moved")).toBe("back");
    expect(shop.promotion("back").phase).toBe("Moving");
  });
});

describe("what a rollback leaves", () => {
  const left = (shop: World) => leaving(shop.state, "staging");

  test("is what the stage runs where nothing went wrong since", () => {
    const shop = world();
    expect(left(shop)).toBeUndefined();
    const promotion = promoted(shop, "staging", "r1");
    ask(shop, "staging", "r2");
    bring(shop, "staging", "passed");
    expect(left(shop)).toMatchObject({ release: "r1", promotion });
  });

  test.each([
    ["moves", undefined],
    ["failed half way", { type: "Fail", code: "SyncFailed", message: "bad", left: [], at: minute(20) }],
    ["was aborted half way", { type: "AbortPromotion", by: bob, at: minute(20) }],
  ] as const)("is the release that %s, also when others failed at the door since", (_, end) => {
    const { shop, id } = broken(pipelineOf({ name: "staging" }));
    if (end) shop.do({ ...end, promotion: id } as PipelineCommand);
    if (end) {
      ask(shop, "staging", "r3");
      shop.do({ type: "AbortPromotion", promotion: "staging-r3", by: bob, at: minute(21) });
    }
    expect(left(shop)).toMatchObject({ release: "r2", promotion: id });
    const trigger = { type: "rollback", actor: bob, cause: "x" } as const;
    ask(shop, "staging", "r1", { id: "back", at: minute(30), more: { trigger } });
    expect(shop.state.stages.staging).toMatchObject({ verified: [{ release: "r1" }], held: { release: "r1" } });
    expect(shop.state.stages.staging?.excluded.some(({ release }) => release === "r1")).toBe(false);
    bring(shop, "staging", "ended", minute(31));
    expect(left(shop)).toMatchObject({ release: "r1", promotion: "back" });
  });

  test("is what a rollback was to undo that failed itself", () => {
    const { shop, id } = broken();
    shop.do(fail(id, "SyncFailed"));
    const back = bring(shop, "staging", "synced", minute(30));
    shop.do(fail(back, "SyncFailed"));
    expect(left(shop)).toMatchObject({ release: "r2", promotion: id });
  });
});

describe("an abort", () => {
  const abort = (promotion: string): PipelineCommand => ({ type: "AbortPromotion", promotion, by: bob, at: minute(5) });

  test("leaves a defined state and says which: what it touched, and what runs as before", () => {
    const shop = world();
    promoted(shop, "staging", "r1");
    ask(shop, "staging", "r2");
    const id = bring(shop, "staging", "moved");
    shop.do({ type: "StartWave", promotion: id, wave: 0, targets: [target("x"), target("y")], at: minute(1) });
    shop.do({ type: "RecordPromoted", promotion: id, ...target("x"), sequence: 5, at: minute(2) });
    expect(shop.do(abort(id))).toMatchObject([
      {
        type: "PromotionAborted",
        data: {
          left: [
            { application: "x", release: "r2", state: "Promoted" },
            { application: "y", release: "r2", state: "Syncing" },
            { application: "staging-a", release: "r1", state: "Untouched" },
          ],
        },
      },
      { type: "ReleaseExcluded", data: { release: "r2", reason: "ByHand" } },
    ]);
    expect(shop.do(abort(id))).toEqual([]);
    expect(shop.state.stages.staging).toMatchObject({ current: { release: "r1" }, last: { result: "Aborted" } });
  });

  test.each(["started", "rendered", "passed", "moved", "synced", "waved"] as const)("works when it is %s", (until) => {
    const shop = world();
    ask(shop, "staging", "r1");
    const id = bring(shop, "staging", until);
    shop.do(abort(id));
    expect(shop.promotion(id)).toMatchObject({ phase: "Ended", result: "Aborted" });
    expect(shop.state.stages.staging?.running).toBeUndefined();
  });

  test("works in the queue, and not on what ended or never was", () => {
    const shop = world();
    ask(shop, "staging", "r1");
    shop.do(abort("staging-r1"));
    expect(shop.state.stages.staging?.queue).toEqual([]);
    const done = promoted(shop, "staging", "r2");
    expect(() => shop.do(abort(done))).toThrow(`promotion ${done} has ended: Succeeded`);
    expect(() => shop.do(abort("none"))).toThrow(expect.objectContaining({ code: "NotFound" }));
  });
});
