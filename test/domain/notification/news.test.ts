import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { notificationDecider } from "../../../domain/notification/decider.ts";
import { matches } from "../../../domain/notification/match.ts";
import { deliveryId, filledIn, messageFor } from "../../../domain/notification/message.ts";
import { newsOf } from "../../../domain/notification/news.ts";
import { pauseAfter } from "../../../domain/notification/pause.ts";
import type { NewsReads } from "../../../domain/notification/told.ts";
import { NOTIFICATION_TRIGGERS } from "../../../schemas/kinds/notification.ts";
import type { DomainEvent } from "../../../schemas/events/index.ts";
import { anyLedger, counts, ran, recorded, spec } from "../projections/events.ts";

const VIEWS: Partial<Record<string, unknown>> = {
  "applications shop": { name: "shop", spec, cluster: "prod" },
  "pipelines shop": { spec: { project: "retail", releaseSource: "shop" } },
  "releases shop/r1": { alias: "brave-otter" },
  "promotions shop/p1": {
    trigger: { type: "manual" },
    difference: { counts: { applications: 2, created: 1, changed: 3, deleted: 0, unchanged: 9 } },
  },
  "promotions shop/back": { trigger: { type: "rollback" } },
};
const reads: NewsReads = {
  get: (view, key) => VIEWS[`${view} ${key}`] as never,
  pipelinesOf: (source) => (source === "shop" ? ["checkout"] : []),
};

const told = (type: "application" | "pipeline" | "system" | "releasesource", event: DomainEvent) =>
  newsOf(recorded({ type, name: "shop" }, [event], 7)[0]!, reads);
const of = (promotion = "p1") => ({ promotion, stage: "prod", release: "r1" });
const ada = { kind: "user", name: "ada" } as const;

describe("news", () => {
  test("of a gate that asks names the release, the stage and what changes", () => {
    const binding = { release: "r1", diff: "d" };
    const [news] = told("pipeline", {
      type: "ApprovalRequested",
      data: { ...of(), gate: "operators", binding, required: 2, at: "t" },
    });
    expect(news).toMatchObject({
      trigger: "waiting-for-approval",
      subject: "shop/prod/p1",
      project: "retail",
      sequence: 7,
      facts: { alias: "brave-otter", gate: "operators", required: "2" },
    });
    expect(news!.facts["message"]).toBe(
      "brave-otter in shop/prod waits for 2 at gate operators (1 created, 3 changed, 0 deleted in 2 applications)",
    );
  });

  test("a promotion that goes back is rolled back, any other is promoted", () => {
    const succeeded = (promotion: string) =>
      told("pipeline", { type: "PromotionSucceeded", data: { ...of(promotion), at: "t", durationMs: 1 } });
    expect(succeeded("p1")).toMatchObject([{ trigger: "promotion-succeeded", severity: "info" }]);
    expect(succeeded("back")).toMatchObject([{ trigger: "rolled-back", severity: "warning" }]);
  });

  test("of health is told when it is lost and when it is back, as one incident", () => {
    const turned = (from: "Healthy" | "Degraded" | "Progressing", to: "Healthy" | "Degraded" | "Progressing") =>
      told("application", { type: "HealthChanged", data: { from, to, objects: [] } });
    const [lost] = turned("Healthy", "Degraded");
    const [back] = turned("Degraded", "Healthy");
    expect(lost).toMatchObject({ severity: "error", key: "health/shop" });
    expect(back).toMatchObject({ resolves: true, key: lost!.key });
    expect(turned("Healthy", "Progressing")).toEqual([]);
  });

  test("of a failed sync, and of one that succeeds after it, belong together", () => {
    const [failed] = told("application", {
      type: "SyncFailed",
      data: { ...ran("o1"), code: "ApplyFailed", message: "no such field", failures: [], durationMs: 1 },
    });
    const [well] = told("application", {
      type: "SyncSucceeded",
      data: {
        ...{ ...ran("o2"), counts, inventory: "i", report: "r", health: "Healthy", refused: [], durationMs: 1 },
      },
    });
    expect(failed).toMatchObject({
      trigger: "sync-failed",
      facts: { message: "the sync of shop failed: no such field" },
    });
    expect(well).toMatchObject({ trigger: "sync-succeeded", resolves: true, key: failed!.key });
  });

  test("of the line", () => {
    expect(told("system", { type: "LineStopped", data: { reason: "incident", by: ada, at: "t" } })).toMatchObject([
      { trigger: "line-stopped", facts: { message: "the line was stopped by ada: incident" } },
    ]);
  });

  test("can be told of any ledger, each with a message, ids that are apart, and only of known triggers", () => {
    fc.assert(
      fc.property(anyLedger, (events) => {
        const all = events.flatMap((event) => newsOf(event, reads));
        const ids = all.map((news) => deliveryId("n", news));
        expect(new Set(ids).size).toBe(ids.length);
        for (const news of all) {
          expect(NOTIFICATION_TRIGGERS).toContain(news.trigger);
          expect(messageFor("n", news, {}).body).not.toContain("{message}");
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe("who is told", () => {
  const [news] = told("pipeline", { type: "PromotionAborted", data: { ...of(), by: ada, left: [], at: "t" } });
  const base = { triggers: ["promotion-aborted" as const], suspended: false };

  test("whoever asked for the trigger, within what is selected", () => {
    expect(matches(base, news!)).toBe(true);
    expect(matches({ ...base, pipelines: ["sh*"], stages: ["prod"], projects: ["retail"] }, news!)).toBe(true);
    expect(matches({ ...base, triggers: ["rolled-back"] }, news!)).toBe(false);
    expect(matches({ ...base, pipelines: ["other"] }, news!)).toBe(false);
    expect(matches({ ...base, applications: ["*"] }, news!)).toBe(false);
    expect(matches({ ...base, suspended: true }, news!)).toBe(false);
  });

  test("a release is told by the pipelines that take it, a stop of the line by everybody", () => {
    const content = { commits: [], images: [], charts: [] };
    const by = { kind: "system", name: "sluice" } as const;
    const data = { release: "r9", alias: "new", content, commits: [], origin: "webhook", by, at: "t" } as const;
    const [release] = told("releasesource", { type: "ReleaseCreated", data: { ...data, commits: [] } });
    const triggers = ["release-created" as const, "line-stopped" as const];
    expect(matches({ ...base, triggers, pipelines: ["checkout"] }, release!)).toBe(true);
    expect(matches({ ...base, triggers, pipelines: ["other"] }, release!)).toBe(false);
    const [stop] = told("system", { type: "LineStopped", data: { reason: "incident", by: ada, at: "t" } });
    expect(matches({ ...base, triggers, pipelines: ["other"], applications: ["x"] }, stop!)).toBe(true);
  });
});

describe("the text", () => {
  test("has facts in place of their names, and leaves other braces alone", () => {
    expect(filledIn("{alias}: {nothing} {{alias}} {constructor}", { alias: "otter" })).toBe(
      "otter: {nothing} {otter} {constructor}",
    );
  });

  test("what a fact says is not filled in again", () => {
    expect(filledIn("{a}", { a: "{b}", b: "secret" })).toBe("{b}");
  });

  test("is cut where services cut it", () => {
    const [news] = told("system", { type: "LineStopped", data: { reason: "x".repeat(9_000), by: ada, at: "t" } });
    expect(messageFor("n", news!, { template: { title: "{message}" } })).toMatchObject({
      title: expect.stringMatching(/^.{200}$/),
      body: expect.stringMatching(/^.{2000}$/),
    });
  });
});

describe("a delivery", () => {
  const ended = { delivery: "d1", trigger: "test", sequence: 1, subject: "s", attempts: 1, at: "t" };

  test("is recorded once, whatever is said of it later", () => {
    const first = notificationDecider.decide({ type: "RecordDelivered", ...ended }, notificationDecider.initial);
    const state = first.reduce(notificationDecider.evolve, notificationDecider.initial);
    expect(first).toMatchObject([{ type: "NotificationDelivered" }]);
    expect(notificationDecider.decide({ type: "RecordDelivered", ...ended }, state)).toEqual([]);
    const failed = { type: "RecordFailed", ...ended, code: "Unavailable", message: "x" } as const;
    expect(notificationDecider.decide(failed, state)).toEqual([]);
  });

  test("is tried again for about a day, at least as late as the service asks", () => {
    let total = 0;
    let attempt = 1;
    for (; ; attempt += 1) {
      const pause = pauseAfter(attempt);
      if (pause === undefined) break;
      total += pause;
    }
    expect(attempt).toBe(100);
    expect(total / 3_600_000).toBeGreaterThan(20);
    expect(total / 3_600_000).toBeLessThan(26);
    expect(pauseAfter(1, 60_000)).toBe(60_000);
  });
});
