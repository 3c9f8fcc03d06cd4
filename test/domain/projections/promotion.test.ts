import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { project, type Rows } from "../../../domain/projections/project.ts";
import type { PipelineEvent } from "../../../schemas/events/index.ts";
import { PipelineView, PromotionView, type StageView } from "../../../schemas/promotion-views.ts";
import { anyHappening, play } from "../promotion/any.ts";
import {
  ada,
  ask,
  bob,
  bring,
  COUNTS,
  minute,
  pipelineOf,
  promoted,
  target,
  TWO,
  verdict,
  world,
} from "../promotion/world.ts";
import { recorded } from "./events.ts";

const pipeline = { type: "pipeline", name: "shop" } as const;

/** The views of a pipeline after its events, as the ledger brings them. */
function fold(events: readonly PipelineEvent[]) {
  const rows = new Map<string, unknown>();
  const table: Rows = {
    get: (view, key) => rows.get(`${view} ${key}`) as never,
    set: (view, key, value) => void rows.set(`${view} ${key}`, Object.freeze(value)),
    remove: (view, key) => void rows.delete(`${view} ${key}`),
  };
  for (const event of recorded(pipeline, JSON.parse(JSON.stringify(events)) as PipelineEvent[])) project(table, event);
  return {
    pipeline: rows.get("pipelines shop") as PipelineView | undefined,
    promotion: (id: string) => rows.get(`promotions shop/${id}`) as PromotionView,
    promotions: [...rows].flatMap(([key, row]) => (key.startsWith("promotions ") ? [row as PromotionView] : [])),
  };
}

const stage = (view: PipelineView | undefined, name: string): StageView =>
  view!.stages.find((each) => each.name === name)!;

describe("what everybody sees of a pipeline", () => {
  test("fits its schema, and says what the aggregate says", () => {
    fc.assert(
      fc.property(fc.array(anyHappening, { minLength: 20, maxLength: 150 }), (happenings) => {
        const { state, events } = play(happenings, () => undefined);
        const views = fold(events);
        expect(PipelineView.parse(views.pipeline)).toStrictEqual(views.pipeline);
        for (const [
          name,
          { current, running, queue, verified, applications, excluded, held, paused, last },
        ] of Object.entries(state.stages)) {
          const seen = stage(views.pipeline, name);
          expect(seen).toMatchObject({ queue, applications });
          expect([seen.current, seen.running, seen.last]).toEqual([current, running, last]);
          expect(seen.verified).toEqual(verified.toReversed().slice(0, 20));
          expect(seen.excluded.map(({ release }) => release)).toEqual(excluded.map(({ release }) => release));
          expect([seen.held?.release, seen.paused?.reason]).toEqual([held?.release, paused?.reason]);
        }
        for (const view of views.promotions) expect(PromotionView.parse(view)).toStrictEqual(view);
        for (const promotion of Object.values(state.promotions)) {
          const seen = views.promotion(promotion.promotion);
          const { phase, result, release, trigger, mode, movedAt, endedAt } = promotion;
          expect(seen).toMatchObject({ phase, release, trigger });
          expect([seen.result, seen.mode, seen.movedAt, seen.endedAt]).toEqual([result, mode, movedAt, endedAt]);
          expect(seen.targets.map(({ state: how }) => how)).toEqual(
            Object.values(promotion.targets).map((each) => each.state),
          );
          expect(seen.approvals.filter(({ voided }) => voided === undefined)).toHaveLength(promotion.approvals.length);
        }
        const open = views.pipeline!.emergencies.filter(({ closed }) => !closed).map(({ record }) => record);
        expect(open.toSorted()).toEqual(Object.keys(state.emergencies).toSorted());
      }),
      { numRuns: 60 },
    );
  });

  test("stages are in the order of the configuration; one that is new has nothing in it", () => {
    const shop = world(pipelineOf({ name: "staging" }));
    promoted(shop, "staging", "r1");
    const spec = pipelineOf({ name: "first" }, { name: "staging" });
    shop.do({ type: "Configure", spec, labels: {}, annotations: {} });
    const { stages } = fold(shop.events).pipeline!;
    expect(stages.map(({ name, current }) => [name, current?.release])).toEqual([
      ["first", undefined],
      ["staging", "r1"],
    ]);
  });

  test("a promotion outlives its pipeline", () => {
    const shop = world();
    const id = promoted(shop, "staging", "r1");
    shop.do({ type: "Remove" });
    const views = fold(shop.events);
    expect(views.pipeline).toBeUndefined();
    expect(views.promotion(id)).toMatchObject({ result: "Succeeded", durationMs: 0 });
  });

  test("emergencies stay, closed ones with what was noted", () => {
    const shop = world(TWO);
    const emergency = { record: "e1", gates: ["upstream"], reason: "outage" };
    ask(shop, "prod", "r1", { more: { emergency } });
    expect(fold(shop.events).pipeline?.emergencies).toMatchObject([{ record: "e1", by: ada }]);
    shop.do({ type: "CloseEmergency", record: "e1", by: bob, note: "done", at: minute(5) });
    const views = fold(shop.events);
    expect(views.pipeline?.emergencies).toMatchObject([{ closed: { by: bob, note: "done", at: minute(5) } }]);
    expect(views.promotion("prod-r1").emergency).toMatchObject({ record: "e1", gates: ["upstream"] });
  });

  test("of closed emergencies the newest 20 stay, of open ones all", () => {
    const declared = (index: number, closed: boolean): PipelineEvent[] => {
      const of = { promotion: "p", stage: "staging", release: "r1" };
      const record = `e${index}`;
      const open = { ...of, record, gates: [], reason: "x", by: ada, at: minute(index) };
      return [
        { type: "EmergencyDeclared", data: open },
        ...(closed
          ? [{ type: "EmergencyClosed" as const, data: { record, by: bob, note: "n", at: minute(index) } }]
          : []),
      ];
    };
    const events = Array.from({ length: 60 }, (_, index) => declared(index, index % 2 === 0)).flat();
    const { emergencies } = fold([...world().events, ...events]).pipeline!;
    expect(emergencies.filter(({ closed }) => closed)).toHaveLength(20);
    expect(emergencies.filter(({ closed }) => !closed)).toHaveLength(30);
  });
});

describe("what everybody sees of a promotion", () => {
  const P = "staging-r1";

  test("gates in the order of the stage, each with its newest word; one that left the policy is gone", () => {
    const shop = world();
    ask(shop, "staging", "r1");
    bring(shop, "staging", "rendered");
    const say = (...verdicts: ReturnType<typeof verdict>[]) =>
      shop.do({ type: "RecordVerdicts", promotion: P, verdicts, at: minute(1) });
    say(verdict("a", { state: "wait" }), verdict("b", { state: "wait" }));
    say(verdict("a"), verdict("b", { state: "wait" }));
    expect(
      fold(shop.events)
        .promotion(P)
        .gates.map(({ gate, state }) => [gate, state]),
    ).toEqual([
      ["a", "pass"],
      ["b", "wait"],
    ]);
    say(verdict("b"));
    expect(
      fold(shop.events)
        .promotion(P)
        .gates.map(({ gate }) => gate),
    ).toEqual(["b"]);
  });

  test("approvals stay when they are void, and say why; a rejection with its reason", () => {
    const shop = world();
    ask(shop, "staging", "r1");
    bring(shop, "staging", "rendered");
    const waits = verdict("people", { type: "approval", state: "wait" });
    const asking = () => shop.do({ type: "RecordVerdicts", promotion: P, verdicts: [waits], at: minute(1) });
    asking();
    const decision = { promotion: P, gate: "people", via: "cli", at: minute(2) } as const;
    shop.do({ type: "GiveApproval", ...decision, binding: { release: "r1", diff: "d1" }, by: ada, groups: ["sre"] });
    shop.do({ type: "RecordDifference", promotion: P, digest: "d2", blob: "b2", counts: COUNTS });
    asking();
    shop.do({ type: "RejectApproval", ...decision, binding: { release: "r1", diff: "d2" }, by: bob, reason: "no" });
    expect(fold(shop.events).promotion(P)).toMatchObject({
      approvals: [{ by: ada, voided: "DifferenceChanged" }],
      rejected: { by: bob, reason: "no" },
      ...{ result: "Failed", code: "ApprovalRejected", difference: { digest: "d2" } },
    });
  });

  test("waves, targets and what an abort left", () => {
    const shop = world();
    ask(shop, "staging", "r1");
    bring(shop, "staging", "moved");
    shop.do({ type: "StartWave", promotion: P, wave: 0, targets: [target("x"), target("y")], at: minute(1) });
    shop.do({ type: "RecordTargetFailure", promotion: P, application: "y", reason: "SyncFailed", message: "no" });
    shop.do({ type: "RecordPromoted", promotion: P, ...target("x"), sequence: 5, at: minute(2) });
    shop.do({ type: "CompleteWave", promotion: P, wave: 0, unhealthy: ["y"], at: minute(3) });
    shop.do({ type: "AbortPromotion", promotion: P, by: bob, reason: "enough", at: minute(4) });
    expect(fold(shop.events).promotion(P)).toMatchObject({
      waves: [{ wave: 0, startedAt: minute(1), completedAt: minute(3), unhealthy: ["y"] }],
      targets: [
        { application: "x", state: "Promoted" },
        { application: "y", state: "Failed", message: "no" },
      ],
      ...{ result: "Aborted", abortedBy: bob, message: "enough", endedAt: minute(4) },
      left: [
        { application: "x", state: "Promoted" },
        { application: "y", state: "Failed" },
      ],
    });
  });

  test("the newest 100 measurements of a verification, its verdict and who judged it", () => {
    const shop = world(
      pipelineOf({ name: "staging", verification: { metrics: [{ name: "m", provider: { health: {} } }] } }),
    );
    ask(shop, "staging", "r1");
    bring(shop, "staging", "waved");
    const run = { promotion: P, run: "v" };
    shop.do({ type: "StartVerification", ...run, at: minute(1) });
    const measurements = Array.from({ length: 120 }, (_, index) => ({
      ...{ metric: "m", number: index + 1, phase: "Inconclusive" as const, at: minute(index) },
    }));
    shop.do({ type: "RecordMeasurements", ...run, measurements });
    expect(shop.do({ type: "RecordMeasurements", ...run, measurements })).toEqual([]);
    expect(shop.promotion(P).verifications[0]?.metrics).toMatchObject([{ taken: 120, inconclusive: 120 }]);
    shop.do({ type: "CompleteVerification", ...run, phase: "Inconclusive", metrics: [], at: minute(130) });
    shop.do({ type: "JudgeVerification", ...run, verdict: "Successful", by: bob, reason: "fine" });
    const [seen] = fold(shop.events).promotion(P).verifications;
    expect(seen).toMatchObject({ phase: "Inconclusive", judged: { verdict: "Successful", by: bob, reason: "fine" } });
    expect(seen?.measurements.map(({ number }) => number)).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 21),
    );
  });

  test("a pause while it lasts, and a pull request with what became of it", () => {
    const shop = world();
    ask(shop, "staging", "r1");
    bring(shop, "staging", "passed");
    shop.do({ type: "PausePromotion", promotion: P, by: bob, reason: "lunch", at: minute(1) });
    expect(fold(shop.events).promotion(P).paused).toEqual({ by: bob, reason: "lunch", at: minute(1) });
    shop.do({ type: "ResumePromotion", promotion: P, by: bob, at: minute(2) });
    shop.do({ type: "BeginMove", promotion: P, mode: "pullRequest", at: minute(3) });
    const pullRequest = { provider: "github", repoURL: "u", number: 7, url: "w", branch: "b", head: "h" };
    shop.do({ type: "RecordPullRequest", promotion: P, ...pullRequest });
    expect(fold(shop.events).promotion(P)).toMatchObject({
      pullRequest: { number: 7, state: "Open" },
      phase: "Moving",
    });
    expect(fold(shop.events).promotion(P).paused).toBeUndefined();
    shop.do({ type: "RecordMerge", promotion: P, number: 7, commit: "m", at: minute(4) });
    expect(fold(shop.events).promotion(P).pullRequest?.state).toBe("Merged");
  });
});
