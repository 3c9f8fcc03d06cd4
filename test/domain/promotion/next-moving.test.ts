import { describe, expect, test } from "vitest";
import type { PipelineCommand } from "../../../domain/promotion/command.ts";
import type { NextInput } from "../../../domain/promotion/next.ts";
import { ask, bob, bring, looks, minute, pipelineOf, target, TWO, type World, world } from "./world.ts";

const P = "staging-r1";
const PAUSE: PipelineCommand = { type: "PausePromotion", promotion: P, by: bob, at: minute(1) };

/** r1 on its way into staging. */
function on(spec = TWO, until: Parameters<typeof bring>[2] = "started"): World {
  const shop = world(spec);
  ask(shop, "staging", "r1");
  bring(shop, "staging", until);
  return shop;
}

const staging = (shop: World, more: Partial<NextInput> = {}) => shop.next("staging", more);

describe("moving", () => {
  const byGit = (mode: string, more: object = {}) =>
    pipelineOf({
      name: "staging",
      ...more,
      promotion: { mode, commit: { repoURL: "u", edits: [{ copy: { git: "web", from: "a", to: "b" } }] } },
    });
  const commit = (result: "pushed" | "unchanged" = "pushed"): PipelineCommand => ({
    ...{ type: "RecordCommit", promotion: P, repoURL: "u", branch: "main", commit: "c1", result },
  });
  const opened: PipelineCommand = {
    ...{ type: "RecordPullRequest", promotion: P, provider: "github", repoURL: "u", number: 7 },
    ...{ url: "https://pr/7", branch: "b", head: "c1" },
  };
  const moves = (mode: "commit" | "pullRequest", more: object = {}): World => {
    const shop = on(byGit(mode, more), "passed");
    shop.do({ type: "BeginMove", promotion: P, mode, at: minute(0) });
    return shop;
  };

  test("pin: the first wave begins at once", () => {
    expect(staging(on(TWO, "moved"))).toEqual({ do: "startWave", promotion: P, wave: 0 });
  });

  test("commit: commits, then the first wave begins", () => {
    const shop = moves("commit");
    expect(staging(shop)).toEqual({ do: "move", promotion: P });
    shop.do(commit());
    expect(staging(shop)).toEqual({ do: "startWave", promotion: P, wave: 0 });
  });

  test("pullRequest: opened, followed until it is merged, and then the first wave begins", () => {
    const shop = moves("pullRequest");
    shop.do(commit());
    expect(staging(shop)).toEqual({ do: "move", promotion: P });
    shop.do(opened);
    expect(staging(shop)).toEqual({ do: "followPullRequest", promotion: P });
    expect(staging(shop, { looked: looks(P, "followPullRequest") })).toEqual({
      ...{ do: "wait", why: "waits for https://pr/7", promotion: P, until: minute(1) },
    });
    shop.do({ type: "RecordMerge", promotion: P, number: 7, commit: "m", at: minute(5) });
    expect(staging(shop)).toEqual({ do: "startWave", promotion: P, wave: 0 });
  });

  test("pullRequest: with nothing to change there is nothing to merge", () => {
    const shop = moves("pullRequest");
    shop.do(commit("unchanged"));
    expect(staging(shop)).toEqual({ do: "startWave", promotion: P, wave: 0 });
  });

  test("pullRequest: closed by somebody, the promotion fails", () => {
    const shop = moves("pullRequest");
    shop.do(opened);
    shop.do({ type: "RecordPullRequestClosed", promotion: P, number: 7, reason: "Closed", at: minute(1) });
    expect(staging(shop)).toMatchObject({ do: "fail", command: { code: "PullRequestClosed" } });
  });

  test("pullRequest: people take their time; the stage's limit counts from the merge", () => {
    const shop = moves("pullRequest", { timeout: "1h" });
    shop.do(opened);
    const late = { now: minute(1_000), looked: looks(P, "followPullRequest", "observe") };
    expect(staging(shop, late)).toMatchObject({ do: "wait" });
    shop.do({ type: "RecordMerge", promotion: P, number: 7, commit: "m", at: minute(1_000) });
    shop.do({ type: "StartWave", promotion: P, wave: 0, targets: [target("x")], at: minute(1_000) });
    expect(staging(shop, late)).toMatchObject({ do: "wait", until: minute(1_001) });
    expect(staging(shop, { ...late, now: minute(1_060) })).toMatchObject({ do: "fail", command: { code: "Timeout" } });
  });

  test.each([
    ["AbortPromotion", "Aborted"],
    ["RequestPromotion", "Superseded"],
  ] as const)("what %s leaves open is closed first of all", (type, reason) => {
    const shop = moves("pullRequest");
    shop.do(opened);
    if (type === "AbortPromotion") shop.do({ type, promotion: P, by: bob, at: minute(1) });
    else ask(shop, "staging", "r2");
    const close = { do: "closePullRequest", promotion: P, reason };
    expect(staging(shop)).toEqual(close);
    shop.do({ type: "RecordPullRequestClosed", promotion: P, number: 7, reason, at: minute(2) });
    expect(staging(shop)).not.toEqual(close);
  });

  test("what was opened after its promotion ended is closed too; what somebody merged meanwhile is not", () => {
    const shop = moves("pullRequest");
    shop.do({ type: "AbortPromotion", promotion: P, by: bob, at: minute(1) });
    shop.do(opened);
    expect(staging(shop)).toMatchObject({ do: "closePullRequest" });
    shop.do({ type: "RecordMerge", promotion: P, number: 7, commit: "m", at: minute(2) });
    expect(staging(shop)).toEqual({ do: "idle" });
  });

  test("paused before it was committed, it waits", () => {
    const shop = moves("commit");
    shop.do(PAUSE);
    expect(staging(shop)).toMatchObject({ do: "wait", why: "bob paused the promotion" });
  });

  test("a commit that never comes is given up at the limit", () => {
    const shop = moves("commit", { timeout: "10m" });
    expect(staging(shop, { now: minute(9) })).toMatchObject({ do: "move" });
    expect(staging(shop, { now: minute(10) })).toMatchObject({ do: "fail", command: { code: "Timeout" } });
  });
});

describe("syncing", () => {
  const waves = [{ maxUnhealthy: 1, pause: "10m" }, {}];
  const spec = pipelineOf({ name: "staging", waves, timeout: "1h" });
  const wave = (number: number, ...names: string[]): PipelineCommand => ({
    ...{ type: "StartWave", promotion: P, wave: number, at: minute(0) },
    targets: names.map((name) => target(name, number)),
  });
  const done = (name: string): PipelineCommand => ({
    ...{ type: "RecordPromoted", promotion: P, ...target(name), sequence: 9, at: minute(1) },
  });
  const failed = (name: string, reason = "SyncFailed"): PipelineCommand => ({
    ...{ type: "RecordTargetFailure", promotion: P, application: name, reason, message: "no" },
  });
  const started = (...names: string[]): World => {
    const shop = on(spec, "moved");
    shop.do(wave(0, ...names));
    return shop;
  };
  const observed = looks(P, "observe");

  test("observes what is in the making, waits for it, and completes the wave", () => {
    const shop = started("a", "b");
    expect(staging(shop)).toEqual({ do: "observe", promotion: P });
    expect(staging(shop, { looked: observed })).toMatchObject({
      do: "wait",
      why: "wave 1 waits for a, b",
      until: minute(1),
    });
    expect(staging(shop, { looked: [{ ...observed[0]!, again: minute(50) }] })).toMatchObject({ until: minute(50) });
    expect(staging(shop, { looked: [{ ...observed[0]!, again: minute(90) }] })).toMatchObject({ until: minute(60) });
    shop.do(done("a"));
    shop.do(failed("b"));
    expect(staging(shop)).toMatchObject({ do: "completeWave", command: { wave: 0, unhealthy: ["b"] } });
  });

  test("a wave that selects nothing is completed at once", () => {
    expect(staging(started())).toMatchObject({ do: "completeWave", command: { wave: 0, unhealthy: [] } });
  });

  test("fails as soon as more are unhealthy than the wave allows, with what is left", () => {
    const shop = started("a", "b", "c");
    shop.do(failed("a"));
    shop.do(failed("b"));
    const step = staging(shop);
    expect(step).toMatchObject({ do: "fail", command: { code: "SyncFailed", message: "a: no (and 1 more)" } });
    expect("command" in step && "left" in step.command && step.command.left).toContainEqual({
      application: "c",
      release: "r1",
      state: "Syncing",
    });
    const degraded = started("a", "b");
    degraded.do(failed("a", "HealthDegraded"));
    degraded.do(failed("b", "HealthDegraded"));
    expect(staging(degraded)).toMatchObject({ command: { code: "HealthDegraded" } });
  });

  test("the next wave begins when the one before has stayed healthy for its pause", () => {
    const shop = started("a");
    shop.do(done("a"));
    shop.do({ type: "CompleteWave", promotion: P, wave: 0, unhealthy: [], at: minute(5) });
    expect(staging(shop, { now: minute(6) })).toMatchObject({ do: "wait", until: minute(15) });
    expect(staging(shop, { now: minute(15) })).toEqual({ do: "startWave", promotion: P, wave: 1 });
  });

  test("health that is lost in the pause counts against its wave", () => {
    const shop = started("a", "b");
    shop.do(done("a"));
    shop.do(done("b"));
    shop.do({ type: "CompleteWave", promotion: P, wave: 0, unhealthy: [], at: minute(5) });
    const health = ["a", "b"].map((application) => ({ application, health: "Degraded" as const, since: minute(7) }));
    for (const name of ["a", "b"]) {
      const step = staging(shop, { now: minute(8), health });
      expect(step).toMatchObject({ do: "loseTarget", command: { application: name, reason: "HealthDegraded" } });
      if ("command" in step) shop.do(step.command);
    }
    expect(staging(shop, { now: minute(8), health })).toMatchObject({
      do: "fail",
      command: { code: "HealthDegraded" },
    });
  });

  test("no wave begins while it, its stage or the line is stopped; what is in the making is still looked at", () => {
    const stops: [PipelineCommand | undefined, Partial<NextInput>, string][] = [
      [PAUSE, {}, "bob paused the promotion"],
      [{ type: "PauseStage", stage: "staging", by: bob, reason: "x" }, {}, "bob paused the stage: x"],
      [undefined, { line: { stopped: true } }, "the line is stopped: no further wave begins"],
    ];
    for (const [command, more, why] of stops) {
      const shop = started("a");
      if (command) shop.do(command);
      expect(staging(shop, more)).toMatchObject({ do: "observe" });
      shop.do(done("a"));
      shop.do({ type: "CompleteWave", promotion: P, wave: 0, unhealthy: [], at: minute(1) });
      expect(staging(shop, { now: minute(20), ...more })).toMatchObject({ do: "wait", why });
    }
  });

  test("the limit of the stage is not used up by pauses, nor between waves", () => {
    const shop = started("a");
    const late = (minutes: number) => staging(shop, { now: minute(minutes), looked: observed });
    expect(late(59)).toMatchObject({ do: "wait" });
    expect(late(60)).toMatchObject({ do: "fail", command: { code: "Timeout" } });
    shop.do({ ...PAUSE, at: minute(10) } as PipelineCommand);
    expect(late(100)).toMatchObject({ do: "wait" });
    shop.do({ type: "ResumePromotion", promotion: P, by: bob, at: minute(110) });
    expect(late(159)).toMatchObject({ do: "wait", until: minute(160) });
    shop.do(done("a"));
    shop.do({ type: "CompleteWave", promotion: P, wave: 0, unhealthy: [], at: minute(120) });
    shop.do({ ...wave(1, "b"), at: minute(150) } as PipelineCommand);
    expect(late(189)).toMatchObject({ do: "wait", until: minute(190) });
    expect(late(190)).toMatchObject({ do: "fail", command: { message: "the stage's limit of 1h is over without b" } });
  });

  test("succeeds after the last wave where nothing is to be verified", () => {
    expect(staging(on(TWO, "waved"))).toMatchObject({ do: "succeed", command: { type: "Succeed" } });
  });
});

describe("a verification of the stage that told nothing", () => {
  test("is measured again where a person wants it", () => {
    const verification = { metrics: [{ name: "ready", provider: { health: {} } }] };
    const shop = on(pipelineOf({ name: "staging", verification }), "waved");
    const run = `${P}/verification`;
    shop.do({ type: "StartVerification", promotion: P, run, at: minute(1) });
    shop.do({ type: "CompleteVerification", promotion: P, run, phase: "Inconclusive", metrics: [], at: minute(2) });
    shop.do({ type: "JudgeVerification", promotion: P, run, verdict: "Again", by: bob, reason: "no traffic" });
    const step = staging(shop);
    expect(step).toMatchObject({ do: "startVerification", command: { run: `${run}#2` } });
    if ("command" in step) shop.do(step.command);
    expect(staging(shop)).toEqual({ do: "measure", promotion: P, run: `${run}#2` });
  });
});
