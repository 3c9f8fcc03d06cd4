import { describe, expect, test } from "vitest";
import type { PipelineCommand } from "../../../domain/promotion/command.ts";
import { promotionId } from "../../../domain/promotion/id.ts";
import { inTheMaking, wavesOf } from "../../../domain/promotion/waves.ts";
import { PROMOTION_ID } from "../../../schemas/ids.ts";
import { ask, bob, bring, minute, pipelineOf, promoted, target, type World, world } from "./world.ts";

const P = "staging-r1";
const spec = pipelineOf({ name: "staging", waves: [{ maxParallel: 2 }, { maxParallel: 3, pause: "5m" }] });
const stage = spec.stages[0]!;

function started(...names: string[]): World {
  const shop = world(spec);
  ask(shop, "staging", "r1");
  bring(shop, "staging", "moved");
  const targets = names.map((name) => target(name));
  shop.do({ type: "StartWave", promotion: P, wave: 0, targets, at: minute(1) });
  return shop;
}
const promote = (name: string, more: object = {}): PipelineCommand => ({
  ...{ type: "RecordPromoted", promotion: P, ...target(name), sequence: 5, at: minute(2), ...more },
});

describe("a wave", () => {
  test("has as many in the making as it may, by name, and the next when one is done", () => {
    const shop = started("c", "a", "b");
    const making = () => inTheMaking(stage, shop.promotion(P)).map(({ application }) => application);
    expect(making()).toEqual(["a", "b"]);
    shop.do(promote("a"));
    expect(making()).toEqual(["b", "c"]);
  });

  test("counts only what is exactly what was asked for", () => {
    const shop = started("a");
    expect(shop.do(promote("a", { sourceDigest: "other" }))).toEqual([]);
    expect(shop.do(promote("stranger"))).toEqual([]);
    expect(shop.do(promote("a"))).toHaveLength(1);
    expect(shop.do(promote("a"))).toEqual([]);
  });

  test("may see an application become healthy that failed before it was over", () => {
    const shop = started("a");
    const failure = { type: "RecordTargetFailure", promotion: P, application: "a", reason: "x", message: "m" } as const;
    shop.do(failure);
    expect(shop.do(failure)).toEqual([]);
    shop.do(promote("a"));
    expect(shop.promotion(P).targets.a).toEqual({ ...target("a"), state: "Promoted" });
  });

  test("is neither skipped nor completed early, and an application has one place", () => {
    const shop = started("a");
    const start = (wave: number): PipelineCommand => ({
      ...{ type: "StartWave", promotion: P, wave, targets: [target("a"), target("b")], at: minute(3) },
    });
    const complete: PipelineCommand = { type: "CompleteWave", promotion: P, wave: 0, unhealthy: [], at: minute(3) };
    expect(shop.do(start(1))).toEqual([]);
    expect(shop.do(complete)).toEqual([]);
    shop.do(promote("a"));
    shop.do(complete);
    expect(shop.do(start(2))).toEqual([]);
    expect(shop.do(start(1))).toMatchObject([{ data: { targets: [{ application: "b", wave: 1 }] } }]);
  });

  test("of a rollback has all applications, and no pause", () => {
    const trigger = { type: "rollback", actor: bob, cause: "x" } as const;
    expect(wavesOf(stage, { trigger })).toEqual([{ maxParallel: 3, maxUnhealthy: 0 }]);
    expect(wavesOf(stage, { trigger: { ...trigger, type: "manual" } })).toHaveLength(2);
  });
});

describe("what operators say of a stage", () => {
  test("held, it is held at what it runs, once; one that runs nothing can't be", () => {
    const shop = world();
    const hold = { type: "HoldStage", stage: "staging", by: bob, reason: "exam" } as const;
    expect(() => shop.do(hold)).toThrow("stage staging runs no release yet");
    promoted(shop, "staging", "r1");
    expect(shop.do(hold)).toMatchObject([{ type: "StageHeld", data: { release: "r1", reason: "exam" } }]);
    expect(shop.do(hold)).toEqual([]);
    const release = { type: "ReleaseStage", stage: "staging", by: bob } as const;
    expect(shop.do(release)).toHaveLength(1);
    expect(shop.do(release)).toEqual([]);
  });

  test("paused and excluded, said once each; a stage that is not there is not found", () => {
    const shop = world();
    const pause = { type: "PauseStage", stage: "staging", by: bob, reason: "x" } as const;
    expect(shop.do(pause)).toHaveLength(1);
    expect(shop.do(pause)).toEqual([]);
    expect(shop.do({ ...pause, reason: "y" })).toHaveLength(1);
    const exclude = { type: "ExcludeRelease", stage: "staging", release: "r1", by: bob, at: minute(1) } as const;
    expect(shop.do(exclude)).toHaveLength(1);
    expect(shop.do(exclude)).toEqual([]);
    expect(() => shop.do({ ...pause, stage: "nowhere" })).toThrow(expect.objectContaining({ code: "NotFound" }));
  });

  test("excluding a release ends what the policy had on its way there", () => {
    const shop = world();
    const trigger = { type: "automatic", actor: bob, cause: "r1" } as const;
    ask(shop, "staging", "r1", { more: { trigger } });
    const exclude = { type: "ExcludeRelease", stage: "staging", release: "r1", by: bob, at: minute(1) } as const;
    expect(shop.do(exclude).map(({ type }) => type)).toEqual(["ReleaseExcluded", "PromotionAborted"]);
  });
});

describe("an id", () => {
  const identity = { pipeline: "shop", incarnation: 1, stage: "prod", release: "1f2e3d4c", cause: "x" };

  test("names stage and release, is a DNS label however long they are, and the same for the same", () => {
    expect(promotionId(identity)).toMatch(/^prod-1f2e3d4-[0-9a-f]{10}$/);
    expect(promotionId(identity)).toBe(promotionId({ ...identity }));
    const long = promotionId({ ...identity, stage: `${"a".repeat(39)}-${"b".repeat(23)}` });
    expect(long).toMatch(PROMOTION_ID);
    expect(long.length).toBeLessThanOrEqual(63);
  });

  test.each(["pipeline", "stage", "release", "cause", "incarnation"] as const)(
    "is another one for another %s",
    (what) => {
      const other = { ...identity, [what]: what === "incarnation" ? 2 : "other" };
      expect(promotionId(other)).not.toBe(promotionId(identity));
    },
  );
});
