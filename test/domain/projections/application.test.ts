import { describe, expect, test } from "vitest";
import { foldApplication } from "../../../domain/projections/application.ts";
import { foldOperation, operationEvent } from "../../../domain/projections/operation.ts";
import type { ApplicationEvent } from "../../../schemas/events/index.ts";
import type { ApplicationView, OperationView } from "../../../schemas/views.ts";
import { counts, ran, recorded, spec } from "./events.ts";

const created: ApplicationEvent = {
  type: "ApplicationCreated",
  data: { spec, labels: { team: "a" }, annotations: {} },
};
const started = (operation: string, more: Partial<typeof counts> = {}): ApplicationEvent => ({
  type: "OperationStarted",
  data: {
    ...ran(operation),
    ...{ cluster: "prod", plan: "plan", counts: { ...counts, ...more }, resources: ["v1/configmaps"] },
    inventory: `before-${operation}`,
  },
});
const succeeded = (operation: string, more: Partial<typeof counts> = {}): ApplicationEvent => ({
  type: "SyncSucceeded",
  data: {
    ...ran(operation),
    ...{ counts: { ...counts, ...more }, inventory: `after-${operation}`, report: "report", health: "Healthy" },
    ...{ refused: [], durationMs: 5 },
  },
});
const failed = (operation: string, code: string, planned: boolean): ApplicationEvent => ({
  type: "SyncFailed",
  data: { ...ran(operation), code, message: "no", failures: [], durationMs: 5, ...(planned && { counts }) },
});
const drifted: ApplicationEvent = {
  type: "DriftDetected",
  data: { inventory: "i", objects: [{ object: "/ConfigMap/shop/a", uid: null, change: "deleted", managers: [] }] },
};

/** Given these events, the view. */
function view(...events: ApplicationEvent[]): ApplicationView | undefined {
  const operations = new Map<string, OperationView>();
  let folded: ApplicationView | undefined;
  for (const one of recorded({ type: "application", name: "shop" }, events)) {
    const event = operationEvent(one.event);
    const operation = event && foldOperation(operations.get(event.data.operation), one, event);
    if (operation) operations.set(operation.id, operation);
    folded = foldApplication(folded, one, operation);
  }
  return folded;
}

describe("an application's view", () => {
  test("begins unknown", () => {
    expect(view(created)).toMatchObject({
      ...{ name: "shop", spec, labels: { team: "a" }, drift: [], resources: [], sequence: 1 },
      ...{ createdAt: "2026-01-01T00:00:01.000Z", updatedAt: "2026-01-01T00:00:01.000Z" },
      ...{ sync: { status: "Unknown" }, health: { status: "Unknown" } },
    });
  });

  test("takes a changed configuration over and keeps what is known of the cluster", () => {
    const updated: ApplicationEvent = {
      type: "ApplicationUpdated",
      data: { spec, labels: {}, annotations: { a: "b" } },
    };
    expect(view(created, started("1"), succeeded("1"), updated)).toMatchObject({
      ...{ labels: {}, annotations: { a: "b" }, updatedAt: "2026-01-01T00:00:04.000Z" },
      ...{ createdAt: "2026-01-01T00:00:01.000Z", sync: { status: "Synced" } },
    });
  });

  test("is gone once deleted, and what comes after does not bring it back", () => {
    const deleted: ApplicationEvent = { type: "ApplicationDeleted", data: { cascade: true } };
    expect(view(created, deleted)).toBeUndefined();
    expect(view(created, deleted, succeeded("1"))).toBeUndefined();
    expect(view(created, started("1"), deleted, created)).toMatchObject({ sync: { status: "Unknown" }, resources: [] });
    expect(view(created, started("1"), deleted, created)?.running).toBeUndefined();
  });
});

describe("an operation in the view", () => {
  test("runs, with what it touches, and out of sync as long as there is something to do", () => {
    expect(view(created, started("1", { create: 1 }))).toMatchObject({
      ...{ running: "1", cluster: "prod", inventory: "before-1", resources: ["v1/configmaps"] },
      sync: { status: "OutOfSync" },
    });
    expect(view(created, started("1"))?.sync.status).toBe("Unknown");
  });

  test("that succeeded is what is deployed", () => {
    const after = view(created, started("1", { create: 1 }), succeeded("1", { create: 1 }));
    expect(after).toMatchObject({
      ...{ inventory: "after-1", drift: [], last: { id: "1", result: "Succeeded" } },
      sync: { status: "Synced", revision: "commit-1", sourceDigest: "source-1", since: "2026-01-01T00:00:03.000Z" },
      deployed: { operation: "1", revision: "commit-1", artifact: "artifact-1", sourceDigest: "source-1" },
      health: { status: "Healthy", since: "2026-01-01T00:00:03.000Z" },
    });
    expect(after && "running" in after).toBe(false);
  });

  test("that refused to prune leaves the application out of sync", () => {
    expect(view(created, succeeded("1", { refused: 1 }))?.sync.status).toBe("OutOfSync");
  });

  test("that failed with a plan leaves it out of sync, without one unknown", () => {
    expect(view(created, failed("1", "ApplyFailed", true))?.sync).toMatchObject({ status: "OutOfSync" });
    expect(view(created, failed("1", "RenderFailed", false))?.sync).toMatchObject({ status: "Unknown" });
    const asked = failed("2", "RevisionNotFound", false) as Extract<ApplicationEvent, { type: "SyncFailed" }>;
    const before = view(created, started("1"), succeeded("1"));
    for (const about of [{ asked: "v1.2.33" }, { apart: true }]) {
      const typo = { ...asked, data: { ...asked.data, ...about } };
      expect(view(created, started("1"), succeeded("1"), typo)).toMatchObject({
        sync: before!.sync,
        last: { id: "2", result: "Failed", code: "RevisionNotFound" },
      });
    }
  });

  test("that failed for good counts as compared, one that may pass does not", () => {
    expect(view(created, failed("1", "RenderFailed", false))?.sync.sourceDigest).toBe("source-1");
    expect(view(created, failed("1", "ClusterUnavailable", false))?.sync.sourceDigest).toBeUndefined();
  });

  test("that applied everything and did not become healthy is in sync, with what was applied beside what is deployed", () => {
    const timedOut: ApplicationEvent = {
      type: "SyncTimedOut",
      data: {
        ...ran("2"),
        limitSeconds: 60,
        waitingFor: [],
        report: "r",
        health: "Progressing",
        applied: true,
        durationMs: 1,
      },
    };
    const after = view(created, succeeded("1"), started("2", { update: 1 }), timedOut);
    expect(after).toMatchObject({
      ...{ sync: { status: "Synced", revision: "commit-2" }, deployed: { operation: "1", revision: "commit-1" } },
      ...{
        applied: { operation: "2", revision: "commit-2", sourceDigest: "source-2" },
        health: { status: "Progressing" },
      },
    });
    const degraded = failed("2", "HealthDegraded", true) as Extract<ApplicationEvent, { type: "SyncFailed" }>;
    const applied = { ...degraded, data: { ...degraded.data, applied: true as const } };
    expect(view(created, succeeded("1"), started("2", { update: 1 }), applied)).toMatchObject({
      ...{
        sync: { status: "Synced", revision: "commit-2" },
        applied: { revision: "commit-2" },
        deployed: { operation: "1" },
      },
    });
    const drift: ApplicationEvent[] = [drifted, { type: "DriftResolved", data: { inventory: "i" } }];
    expect(view(created, succeeded("1"), timedOut, ...drift)?.sync.status, "put back to what was applied").toBe(
      "Synced",
    );
    const mended = view(created, succeeded("1"), timedOut, succeeded("2"));
    expect(mended && "applied" in mended).toBe(false);
  });

  test("that timed out after its apply is in sync, and says what it waited for", () => {
    const waitingFor = [{ object: "apps/Deployment/shop/web", reason: "Progressing" }];
    const timedOut = (report: object): ApplicationEvent => ({
      type: "SyncTimedOut",
      data: { ...ran("1"), limitSeconds: 60, waitingFor, durationMs: 60_000, ...report },
    });
    expect(view(created, started("1", { create: 1 }), timedOut({ report: "r", applied: true }))).toMatchObject({
      ...{ sync: { status: "Synced" }, health: { objects: waitingFor }, last: { result: "TimedOut" } },
    });
    expect(view(created, started("1", { create: 1 }), timedOut({}))?.sync.status).toBe("OutOfSync");
    const early = view(created, started("1", { create: 1 }), timedOut({ report: "of the first wave" }));
    expect(early?.sync.status, "a later wave was never applied").toBe("OutOfSync");
  });

  test("of another id does not end the running one", () => {
    expect(view(created, started("2"), failed("1", "RenderFailed", false))).toMatchObject({
      running: "2",
      last: { id: "1" },
    });
  });

  test("that pruned everything leaves nothing deployed", () => {
    const { data } = succeeded("2") as Extract<ApplicationEvent, { type: "SyncSucceeded" }>;
    const deleted: ApplicationEvent = { type: "SyncSucceeded", data: { ...data, kind: "delete" } };
    const after = view(created, succeeded("1"), deleted);
    expect(after?.deployed).toBeUndefined();
    expect(after?.sync.status).toBe("Unknown");
  });

  test("that only compared says so and deploys nothing", () => {
    const compared: ApplicationEvent = {
      type: "ComparisonRecorded",
      data: {
        ...ran("2"),
        kind: "refresh",
        sync: "OutOfSync",
        health: "Degraded",
        counts,
        plan: "p",
        differing: [],
        durationMs: 1,
      },
    };
    expect(view(created, succeeded("1"), compared)).toMatchObject({
      ...{ sync: { status: "OutOfSync", revision: "commit-2" }, deployed: { operation: "1" } },
      ...{ health: { status: "Degraded" }, last: { id: "2", result: "Compared" } },
    });
  });
});

describe("drift and health in the view", () => {
  test("a status keeps the time since which it holds", () => {
    const same: ApplicationEvent = { type: "HealthChanged", data: { from: "Unknown", to: "Unknown", objects: [] } };
    expect(view(created, same)?.health.since).toBe("2026-01-01T00:00:01.000Z");
    const worse: ApplicationEvent = { type: "HealthChanged", data: { from: "Unknown", to: "Missing", objects: [] } };
    expect(view(created, worse)?.health).toMatchObject({ status: "Missing", since: "2026-01-01T00:00:02.000Z" });
  });

  const resolved: ApplicationEvent = { type: "DriftResolved", data: { inventory: "i" } };

  test("drift is out of sync until it is resolved", () => {
    expect(view(created, succeeded("1"), drifted)).toMatchObject({ sync: { status: "OutOfSync" }, drift: [{}] });
    expect(view(created, succeeded("1"), drifted, resolved)).toMatchObject({ sync: { status: "Synced" }, drift: [] });
  });

  test("resolved drift does not hide that Git has moved on", () => {
    const compared: ApplicationEvent = {
      type: "ComparisonRecorded",
      data: { ...ran("2"), sync: "OutOfSync", health: "Healthy", counts, plan: "p", differing: [], durationMs: 1 },
    };
    expect(view(created, succeeded("1"), compared, drifted, resolved)?.sync.status).toBe("OutOfSync");
  });
});
