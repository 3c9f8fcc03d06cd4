import { describe, expect, test } from "vitest";
import type { PipelineCommand } from "../../../domain/promotion/command.ts";
import type { NextInput } from "../../../domain/promotion/next.ts";
import {
  ask,
  bob,
  bring,
  minute,
  pipelineOf,
  promoted,
  RELEASES,
  sluice,
  TWO,
  type World,
  world,
  target,
  types,
} from "./world.ts";

const P = "staging-r1";
const METRICS = { metrics: [{ name: "m", provider: { health: {} } }] };

/** r1 on its way into staging. */
function on(spec = TWO, until: Parameters<typeof bring>[2] = "started"): World {
  const shop = world(spec);
  ask(shop, "staging", "r1");
  bring(shop, "staging", until);
  return shop;
}

const staging = (shop: World, more: Partial<NextInput> = {}) => shop.next("staging", more);

describe("verifying", () => {
  const spec = pipelineOf({ name: "staging", verification: METRICS });
  const run = `${P}/verification`;
  const started = (): World => {
    const shop = on(spec, "waved");
    expect(staging(shop)).toMatchObject({ do: "startVerification", command: { run } });
    shop.do({ type: "StartVerification", promotion: P, run, at: minute(1) });
    return shop;
  };
  const complete = (phase: "Successful" | "Failed" | "Error" | "Inconclusive"): PipelineCommand => ({
    ...{ type: "CompleteVerification", promotion: P, run, phase, message: "seen", metrics: [], at: minute(2) },
  });

  test("measures until there is a verdict", () => {
    const shop = started();
    expect(staging(shop)).toEqual({ do: "measure", promotion: P, run });
    const looked = [{ do: "measure" as const, promotion: P, run, again: minute(3) }];
    expect(staging(shop, { looked })).toMatchObject({ do: "wait", until: minute(3) });
  });

  test.each([
    ["Successful", { do: "succeed" }],
    ["Failed", { do: "fail", command: { code: "VerificationFailed", message: "it failed: seen" } }],
    ["Error", { do: "fail", command: { code: "VerificationError", message: "it could not be measured: seen" } }],
    ["Inconclusive", { do: "wait", why: `verification ${run} told nothing: a person has to judge it` }],
  ] as const)("%s: %j", (phase, expected) => {
    const shop = started();
    shop.do(complete(phase));
    expect(staging(shop)).toMatchObject(expected);
  });

  test.each([
    ["Successful", { do: "succeed" }],
    ["Failed", { do: "fail", command: { code: "VerificationFailed", message: "bob judged it failed" } }],
  ] as const)("what told nothing waits for a person, who judges it %s", (judgement, expected) => {
    const shop = started();
    const judge = {
      type: "JudgeVerification",
      promotion: P,
      run,
      verdict: judgement,
      by: bob,
      reason: "I looked",
    } as const;
    expect(() => shop.do(judge)).toThrow("is Running: nobody has to judge it");
    shop.do(complete("Inconclusive"));
    shop.do(judge);
    expect(shop.do(judge)).toEqual([]);
    expect(staging(shop)).toMatchObject(expected);
    const other = judgement === "Failed" ? "Successful" : "Failed";
    expect(() => shop.do({ ...judge, verdict: other })).toThrow(`was judged ${judgement} by bob`);
    expect(() => shop.do({ ...judge, run: "none" })).toThrow(expect.objectContaining({ code: "NotFound" }));
  });

  test("health that is lost meanwhile ends it", () => {
    const shop = started();
    const health = [{ application: "staging-a", health: "Missing" as const }];
    const step = staging(shop, { health });
    expect(step).toMatchObject({ do: "loseTarget" });
    if ("command" in step) shop.do(step.command);
    expect(staging(shop, { health })).toMatchObject({ do: "fail", command: { code: "HealthDegraded" } });
  });

  test("something else that was synced by hand meanwhile ends it, the same content does not", () => {
    const shop = started();
    const { promotion, targets } = Object.values(shop.state.promotions).find((one) => one.targets["staging-a"])!;
    const on = (sourceDigest: string) => [
      { application: "staging-a", health: "Healthy" as const, byHand: { operation: "op-9", sourceDigest } },
    ];
    expect(staging(shop, { health: on(targets["staging-a"]!.sourceDigest) })).not.toMatchObject({ do: "loseTarget" });
    const step = staging(shop, { health: on("other") });
    expect(step).toMatchObject({
      do: "loseTarget",
      command: { promotion, reason: "ChangedByHand", message: expect.stringContaining("op-9") as string },
    });
    if ("command" in step) shop.do(step.command);
    expect(staging(shop)).toMatchObject({
      do: "fail",
      command: { message: expect.stringContaining("op-9") as string },
    });
  });

  test("an abort ends it wherever it is", () => {
    const shop = started();
    shop.do({ type: "AbortPromotion", promotion: P, by: bob, at: minute(2) });
    expect(staging(shop)).toEqual({ do: "idle" });
  });
});

describe("after a promotion", () => {
  const spec = pipelineOf({ name: "staging", rollback: { onFailedHealth: true, within: "10m" } });
  const degraded = (since?: string) => [
    { application: "staging-a", health: "Degraded" as const, ...(since !== undefined && { since }) },
  ];
  const twice = (): World => {
    const shop = world(spec);
    promoted(shop, "staging", "r1");
    promoted(shop, "staging", "r2", minute(10));
    return shop;
  };

  test("lost health is said, and then the policy's rollback has its turn", () => {
    const shop = twice();
    const step = staging(shop, { now: minute(15), health: degraded(minute(14)) });
    expect(step).toEqual({
      do: "loseHealth",
      command: { type: "LoseHealth", stage: "staging", message: "staging-a is Degraded", at: minute(14) },
    });
    if ("command" in step) shop.do(step.command);
    expect(staging(shop, { now: minute(15), health: degraded(minute(14)) })).toMatchObject({ do: "start" });
  });

  test("what counts is when health turned, whenever somebody looks", () => {
    expect(staging(twice(), { now: minute(500), health: degraded(minute(19)) })).toMatchObject({ do: "loseHealth" });
    const late = staging(twice(), { now: minute(500), health: degraded(minute(21)) });
    expect(late).toMatchObject({ do: "loseHealth", command: { at: minute(21) } });
    expect(staging(twice(), { now: minute(15), health: degraded(minute(9)) })).toEqual({ do: "idle" });
    expect(staging(twice(), { now: minute(12), health: degraded() })).toMatchObject({ command: { at: minute(12) } });
  });

  test("health that is back is said once all of them are healthy", () => {
    const shop = twice();
    const bad = staging(shop, { now: minute(30), health: degraded(minute(25)) });
    if ("command" in bad) shop.do(bad.command);
    const progressing = [{ application: "staging-a", health: "Progressing" as const }];
    expect(staging(shop, { now: minute(31), health: progressing })).toEqual({ do: "idle" });
    const healthy = [{ application: "staging-a", health: "Healthy" as const }];
    const good = staging(shop, { now: minute(32), health: healthy });
    expect(good).toMatchObject({ do: "regainHealth", command: { at: minute(32) } });
    if ("command" in good) shop.do(good.command);
    expect(staging(shop, { now: minute(33), health: healthy })).toEqual({ do: "idle" });
  });

  test("what a later promotion, which failed, made of an application is not held against the release before it", () => {
    const shop = twice();
    ask(shop, "staging", "r3", { at: minute(12) });
    bring(shop, "staging", "synced", minute(12));
    shop.do({ type: "Fail", promotion: "staging-r3", code: "SyncFailed", message: "no", left: [], at: minute(13) });
    expect(staging(shop, { now: minute(14), health: degraded(minute(13)) })).not.toMatchObject({ do: "loseHealth" });
    const lost = shop.do({ type: "LoseHealth", stage: "staging", message: "x", at: minute(13) });
    expect(lost).toEqual([]);
  });

  test("what somebody synced over it by hand takes the verification away until it is back, and says nothing against it", () => {
    const shop = twice();
    const { sourceDigest } = target("staging-a");
    const on = (digest: string) => [
      { application: "staging-a", health: "Healthy" as const, byHand: { operation: "op-9", sourceDigest: digest } },
    ];
    expect(staging(shop, { now: minute(12), health: on(sourceDigest) })).toEqual({ do: "idle" });
    const step = staging(shop, { now: minute(12), health: on("other") });
    expect(step).toMatchObject({ do: "loseHealth", command: { message: expect.stringContaining("op-9") as string } });
    expect("command" in step && types(shop.do(step.command))).toEqual(["ReleaseUnverified"]);
    expect(staging(shop, { now: minute(13), health: on("other") })).toEqual({ do: "idle" });
    expect(staging(shop, { now: minute(14), health: on(sourceDigest) })).toMatchObject({ do: "regainHealth" });
  });

  test("applications that it did not promote, and health on its way, say nothing", () => {
    const others = [{ application: "other", health: "Degraded" as const }];
    expect(staging(twice(), { now: minute(12), health: others })).toEqual({ do: "idle" });
    const progressing = [{ application: "staging-a", health: "Progressing" as const }];
    expect(staging(twice(), { now: minute(12), health: progressing })).toEqual({ do: "idle" });
  });
});

describe("a rollback", () => {
  test("goes in one wave with all applications, and no stop of the line holds it", () => {
    const waves = [{ pause: "1h" }, {}];
    const spec = pipelineOf({ name: "staging", waves, rollback: { onFailedHealth: true } });
    const shop = world(spec);
    promoted(shop, "staging", "r1");
    promoted(shop, "staging", "r2", minute(1));
    shop.do({ type: "LoseHealth", stage: "staging", message: "x", at: minute(2) });
    const id = bring(shop, "staging", "moved", minute(3));
    expect(staging(shop, { line: { stopped: true } })).toEqual({ do: "startWave", promotion: id, wave: 0 });
    bring(shop, "staging", "waved", minute(3));
    expect(staging(shop)).toMatchObject({ do: "succeed" });
  });
});

describe("a newer release", () => {
  test("takes the place of one that the policy brought and that waits, before that is looked at any more", () => {
    const shop = world(pipelineOf({ name: "staging", automatic: "newest" }));
    ask(shop, "staging", "r1", { more: { trigger: { type: "automatic", actor: sluice, cause: "r1" } } });
    bring(shop, "staging", "passed");
    expect(staging(shop, { releases: RELEASES.slice(3) })).toMatchObject({ do: "request", command: { release: "r2" } });
  });
});
