import fc from "fast-check";
import * as promotion from "../../../schemas/promotion-views.ts";
import { describe, expect, test } from "vitest";
import { project, rank } from "../../../domain/projections/project.ts";
import type { Rows } from "../../../domain/projections/project.ts";
import { EVENTS } from "../../../schemas/events/index.ts";
import type { DomainEvent, RecordedEvent, RepositoryEvent } from "../../../schemas/events/index.ts";
import * as views from "../../../schemas/views.ts";
import { anyEvent, anyLedger, counts, ran, recorded, spec } from "./events.ts";

type Table = Map<string, Map<string, unknown>>;

function fold(events: readonly RecordedEvent[]): Table {
  const table: Table = new Map(views.VIEW_NAMES.map((view) => [view, new Map()]));
  const rows: Rows = {
    get: (view, key) => table.get(view)?.get(key) as never,
    set: (view, key, value) => void table.get(view)?.set(key, Object.freeze(value)),
    remove: (view, key) => void table.get(view)?.delete(key),
  };
  for (const event of events) project(rows, event);
  return table;
}

const SCHEMAS = {
  applications: views.ApplicationView,
  operations: views.OperationView,
  projects: views.ProjectView,
  clusters: views.ClusterView,
  repositories: views.RepositoryView,
  resourceCustomizations: views.ResourceCustomizationView,
  pipelines: promotion.PipelineView,
  promotions: promotion.PromotionView,
  deployments: promotion.DeploymentView,
  releases: promotion.ReleaseView,
  releaseSources: promotion.ReleaseSourceView,
  gatePolicies: promotion.GatePolicyView,
  analysisTemplates: promotion.AnalysisTemplateView,
  notifications: promotion.NotificationView,
  accounts: promotion.AccountView,
  deliveries: views.DeliveryView,
};

describe("projections", () => {
  test("the generator makes every event, as its schema has it", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(anyEvent, ({ aggregate, event }) => {
        const schema = (EVENTS[aggregate.type] as Record<string, { parse(data: unknown): unknown }>)[event.type];
        expect(schema?.parse(event.data)).toEqual(event.data);
        seen.add(event.type);
      }),
      { numRuns: 2_000 },
    );
    expect(seen.size).toBe(Object.values(EVENTS).flatMap((events) => Object.keys(events)).length);
  });

  test("whatever the ledger holds, every row fits its view's schema, and no member is present and undefined", () => {
    fc.assert(
      fc.property(anyLedger, (events) => {
        for (const [view, rows] of fold(events)) {
          for (const [key, row] of rows) {
            expect(SCHEMAS[view as views.ViewName].parse(row), `${view} ${key}`).toEqual(row);
            expect(JSON.parse(JSON.stringify(row))).toStrictEqual(row);
          }
        }
      }),
    );
  });

  test("no row is changed in place: what a reader holds stays as it was", () => {
    // The rows above are frozen; in strict mode a write to one throws.
    fc.assert(fc.property(anyLedger, (events) => void fold(events)));
  });

  test("events of an aggregate type that has no view are passed over", () => {
    const event: DomainEvent = { type: "SystemInitialised", data: { version: "1", installation: "i" } };
    expect(
      [...fold(recorded({ type: "system", name: "sluice" }, [event])).values()].every((rows) => rows.size === 0),
    ).toBe(true);
  });
});

describe("the view of operations", () => {
  const application = { type: "application", name: "shop" } as const;
  const started: DomainEvent = {
    type: "OperationStarted",
    data: { ...ran("1"), cluster: "prod", plan: "plan-1", counts, resources: [], inventory: "before" },
  };
  const noted = [{ object: "o", reason: "r" }];

  test("from the start to the end", () => {
    const succeeded: DomainEvent = {
      type: "SyncSucceeded",
      data: {
        ...ran("1"),
        counts,
        inventory: "after",
        report: "report",
        health: "Healthy",
        refused: noted,
        durationMs: 9,
      },
    };
    const running = fold(recorded(application, [started]))
      .get("operations")
      ?.get("shop/1");
    expect(running).toMatchObject({ result: "Running", startedAt: "2026-01-01T00:00:01.000Z", firstSequence: 1 });
    expect(
      fold(recorded(application, [started, succeeded]))
        .get("operations")
        ?.get("shop/1"),
    ).toMatchObject({
      ...{
        id: "1",
        application: "shop",
        result: "Succeeded",
        plan: "plan-1",
        inventory: "after",
        report: "report",
        noted,
      },
      ...{ durationMs: 9, firstSequence: 1, lastSequence: 2, endedAt: "2026-01-01T00:00:02.000Z" },
    });
  });

  const ends: [DomainEvent, object][] = [
    [
      { type: "SyncFailed", data: { ...ran("1"), code: "RenderFailed", message: "m", failures: noted, durationMs: 1 } },
      { result: "Failed", code: "RenderFailed", message: "m", noted },
    ],
    [
      { type: "SyncSuperseded", data: { ...ran("1"), by: "2", durationMs: 1 } },
      { result: "Superseded", message: "Operation 2 took its place" },
    ],
    [
      { type: "SyncTerminated", data: { ...ran("1"), by: { kind: "user", name: "ada" }, durationMs: 1 } },
      { result: "Terminated", message: "ada ended it" },
    ],
    [
      { type: "SyncTimedOut", data: { ...ran("1"), limitSeconds: 600, waitingFor: noted, durationMs: 1 } },
      { result: "TimedOut", code: "Timeout", noted },
    ],
    [
      {
        type: "ComparisonRecorded",
        data: { ...ran("1"), sync: "OutOfSync", health: "Healthy", counts, plan: "p", differing: noted, durationMs: 1 },
      },
      { result: "Compared", plan: "p", noted },
    ],
    [
      { type: "ComparisonFailed", data: { ...ran("1"), code: "Timeout", message: "m", durationMs: 1 } },
      { result: "Failed", code: "Timeout" },
    ],
  ];
  test.each(ends)("%o ends it without a start, too", (event, expected) => {
    const row = fold(recorded(application, [event]))
      .get("operations")
      ?.get("shop/1");
    expect(row).toMatchObject({ ...expected, firstSequence: 1, lastSequence: 1, durationMs: 1 });
    expect(row).not.toHaveProperty("startedAt");
  });

  test("outlives its application", () => {
    const created: DomainEvent = { type: "ApplicationCreated", data: { spec, labels: {}, annotations: {} } };
    const deleted: DomainEvent = { type: "ApplicationDeleted", data: { cascade: false } };
    const table = fold(recorded(application, [created, started, deleted]));
    expect(table.get("applications")?.size).toBe(0);
    expect(table.get("operations")?.size).toBe(1);
  });
});

describe("the views of repositories and deliveries", () => {
  const repository = { type: "repository", name: "shop" } as const;
  const created: RepositoryEvent = {
    type: "RepositoryCreated",
    data: { spec: { url: "u", match: "exact", pollInterval: "3m" }, labels: {}, annotations: {} },
  };
  const delivery = (intakeSequence: number) => ({
    delivery: `d-${intakeSequence}`,
    intakeSequence,
    ref: "r",
    receivedAt: "t",
  });
  const dispatched = (ref: string, operations: { application: string; operation: string }[] = []): RepositoryEvent => ({
    type: "PushDispatched",
    data: {
      repoURL: "u",
      ref,
      revision: "c",
      source: "webhook",
      deliveries: [delivery(7), delivery(8)],
      considered: 3,
      operations,
    },
  });
  const rejected: RepositoryEvent = {
    type: "PushRejected",
    data: {
      repoURL: "u",
      ref: "r",
      source: "webhook",
      deliveries: [delivery(9)],
      code: "SourceForbidden",
      message: "no",
    },
  };

  test("a storm of deliveries has one outcome, under each of their keys", () => {
    const rows = fold(recorded(repository, [created, dispatched("r", [{ application: "a", operation: "o" }])])).get(
      "deliveries",
    );
    expect([...(rows?.keys() ?? [])]).toEqual(["shop/7", "shop/8"]);
    expect(rows?.get("shop/8")).toMatchObject({
      outcome: "Dispatched",
      revision: "c",
      operations: [{ application: "a" }],
    });
  });

  test("nothing changed, and rejected, are outcomes too", () => {
    const rows = fold(recorded(repository, [created, dispatched("r"), rejected])).get("deliveries");
    expect(rows?.get("shop/7")).toMatchObject({ outcome: "Unchanged" });
    expect(rows?.get("shop/9")).toMatchObject({ outcome: "Rejected", message: "no", operations: [] });
  });

  test("a repository remembers the newest word on each ref, and forgets the oldest of more than 100", () => {
    const refs = (events: RepositoryEvent[]) => {
      const view = fold(recorded(repository, [created, ...events]))
        .get("repositories")
        ?.get("shop");
      return (view as views.RepositoryView).refs;
    };
    expect(refs([dispatched("r"), rejected])["u r"]).toMatchObject({ code: "SourceForbidden" });
    expect(refs([rejected, dispatched("r")])["u r"]).toEqual({ at: "2026-01-01T00:00:03.000Z", revision: "c" });
    const many = refs([
      ...Array.from({ length: 100 }, (_, index) => dispatched(`r${index}`)),
      dispatched("r0"),
      dispatched("new"),
    ]);
    expect(Object.keys(many)).toHaveLength(100);
    expect(many).toHaveProperty(["u r0"]);
    expect(many).not.toHaveProperty(["u r1"]);
  });

  test("rows are ranked by age where there are many", () => {
    expect(rank("deliveries", { intakeSequence: 5 } as views.DeliveryView)).toBe(5);
    expect(rank("operations", { firstSequence: 6 } as views.OperationView)).toBe(6);
    expect(rank("projects", {} as views.ProjectView)).toBe(0);
  });
});
