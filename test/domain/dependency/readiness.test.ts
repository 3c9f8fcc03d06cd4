import { describe, expect, test } from "vitest";
import { dependencyHold, unready } from "../../../domain/dependency/readiness.ts";
import { ApplicationSpec } from "../../../schemas/kinds/application.ts";
import type { ApplicationView, OperationView } from "../../../schemas/views.ts";

const CONFIGURED = "2026-05-04T12:00:00.000Z";

const operation = (more: Partial<OperationView> = {}): OperationView => ({
  ...{ id: "op-1", application: "db", kind: "sync", result: "Succeeded", noted: [], firstSequence: 2, lastSequence: 3 },
  trigger: { type: "push", actor: { kind: "system", name: "git" }, cause: "c" },
  // Asked for at the very moment that the configuration has.
  ...{ endedAt: "2026-05-04T12:00:10.000Z", durationMs: 10_000 },
  ...more,
});
const db = (more: Partial<ApplicationView> = {}): ApplicationView => ({
  ...{ name: "db", labels: {}, annotations: {}, createdAt: CONFIGURED, updatedAt: CONFIGURED, sequence: 3 },
  spec: ApplicationSpec.parse({ source: { repoURL: "https://git.example/db.git" }, destination: { name: "prod" } }),
  ...{ drift: [], resources: [] },
  sync: { status: "Synced", since: CONFIGURED },
  health: { status: "Healthy", since: CONFIGURED, objects: [] },
  last: operation(),
  ...more,
});
const health = (status: ApplicationView["health"]["status"]) => ({
  health: { status, since: CONFIGURED, objects: [] },
});

describe("an application that others wait for", () => {
  test("is there when it is synced and healthy and nothing is under way", () => {
    expect(unready(db())).toBeUndefined();
    expect(unready(db(health("Suspended")))).toBeUndefined();
  });

  test.each<[string, ApplicationView | undefined, string | undefined]>([
    ["there is no such application", undefined, undefined],
    ["its operation has not ended", db({ running: "op-2" }), undefined],
    [
      "its own operation is held",
      db({ held: { operation: "op-2", reason: "SyncWindowClosed", message: "night", since: CONFIGURED } }),
      undefined,
    ],
    ["it is OutOfSync", db({ sync: { status: "OutOfSync", since: CONFIGURED } }), undefined],
    ["it is Progressing", db(health("Progressing")), undefined],
    ["it is Missing", db(health("Missing")), undefined],
    // What was true before says nothing of what has been asked for since.
    ["a push for it is not carried out yet", db(), "op-2"],
    [
      "its newest configuration is not compared with the cluster yet",
      db({ updatedAt: "2026-05-04T12:00:00.001Z" }),
      undefined,
    ],
    [
      "its newest configuration is not compared with the cluster yet",
      db({ last: operation({ endedAt: "2026-05-04T12:00:09.999Z" }) }),
      undefined,
    ],
  ])("is not while %s", (why, view, asked) => expect(unready(view, asked)).toBe(why));

  test("that was never looked at is not there", () => {
    const { last: _, ...never } = db();
    expect(unready(never)).toContain("not compared with the cluster yet");
  });
});

describe("the hold", () => {
  test("names everything that is missing", () => {
    const missing = [
      { what: "application db", why: "it is OutOfSync" },
      { what: "Secret tls", why: "it is not there" },
    ];
    expect(dependencyHold(missing)).toEqual({
      reason: "DependencyNotReady",
      message:
        "it waits for application db (it is OutOfSync), Secret tls (it is not there); it goes on as soon as that is there",
    });
    expect(dependencyHold([])).toBeUndefined();
  });

  test("names the circle that keeps it from ever ending", () => {
    const missing = [{ what: "application db", why: "its own operation is held" }];
    expect(dependencyHold(missing, ["web", "db", "web"])?.message).toBe(
      "it waits for application db (its own operation is held); circle: web -> db -> web; it goes on only when one of these dependencies is removed",
    );
    expect(dependencyHold([], ["web", "db", "web"])).toBeUndefined();
  });
});
