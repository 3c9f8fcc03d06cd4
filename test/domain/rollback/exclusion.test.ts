import { describe, expect, test } from "vitest";
import { exclusionFor, exclusionMessage } from "../../../domain/rollback/exclusion.ts";
import { begin, deploy, fail, goBack, played, version } from "./played.ts";

const ADA = { kind: "user", name: "ada" } as const;
const { artifact: _, ...LEFT } = version("b");

describe("a rollback", () => {
  test("excludes the revision that it leaves, in the append of its start", () => {
    const app = played();
    deploy(app, "a");
    deploy(app, "b");
    const [started, excluded, succeeded] = goBack(app, "a");
    expect([started?.type, succeeded?.type]).toEqual(["OperationStarted", "SyncSucceeded"]);
    expect(excluded).toEqual({
      type: "RevisionExcluded",
      data: { ...LEFT, operation: "rollback-a", by: ADA, reason: "RolledBack" },
    });
    expect(app.state()).toMatchObject({ deployed: { operation: "rollback-a", ...version("a") }, excluded: [LEFT] });
  });

  test("from a revision whose sync failed excludes that one and the one deployed before", () => {
    const app = played();
    for (const letter of ["a", "b"]) deploy(app, letter);
    app.run(begin("c"));
    app.run(fail("c"));
    goBack(app, "a");
    expect(app.state().excluded?.map(({ revision }) => revision)).toEqual(["revision-c", "revision-b"]);
  });

  test("to an excluded revision releases it and excludes the other", () => {
    const app = played();
    deploy(app, "a");
    deploy(app, "b");
    goBack(app, "a");
    const events = goBack(app, "b");
    expect(events.map(({ type }) => type)).toEqual([
      "OperationStarted",
      "RevisionReleased",
      "RevisionExcluded",
      "SyncSucceeded",
    ]);
    expect(app.state().excluded?.map(({ revision }) => revision)).toEqual(["revision-a"]);
  });

  test("to the same content under another commit excludes nothing", () => {
    const app = played();
    deploy(app, "a");
    deploy(app, "b", { sourceDigest: "source-a" });
    goBack(app, "a");
    expect(app.types()).not.toContain("RevisionExcluded");
  });

  test.each(["drift", "breakGlass"] as const)("for %s leaves nothing", (type) => {
    const app = played();
    deploy(app, "a");
    deploy(app, "b");
    const trigger = { type, actor: { kind: "system", name: "sluice" }, cause: "x" } as const;
    app.run(begin("a", { kind: "rollback", trigger, operation: "drift-1" }));
    expect(app.types()).not.toContain("RevisionExcluded");
  });
});

describe("an excluded revision", () => {
  const rolledBack = () => {
    const app = played();
    deploy(app, "a");
    deploy(app, "b");
    goBack(app, "a");
    return app;
  };

  test.each([
    { what: "an automated sync", more: {}, held: true },
    { what: "a sync of a revision by name", more: { revision: "main" }, held: false },
    { what: "a sync of local manifests", more: { options: { local: "blob" } }, held: false },
    { what: "what is put back", more: { target: "sync-b" }, held: false },
    { what: "a comparison", more: { kind: "refresh" }, held: false },
  ] as const)("keeps $what from deploying it: $held", ({ more, held }) => {
    const found = exclusionFor({ kind: "sync", ...more }, "source-b", rolledBack().state());
    expect(found !== undefined).toBe(held);
    if (found)
      expect(exclusionMessage(found, "web")).toMatch(/revision-b.* rolled back from by ada.*sluice app release web/);
  });

  test("says nothing of any other", () => {
    expect(exclusionFor({ kind: "sync" }, "source-c", rolledBack().state())).toBeUndefined();
  });

  test("is over with a sync of a newer one, in the append of its start", () => {
    const app = rolledBack();
    expect(app.run(begin("c"))).toMatchObject([
      { type: "OperationStarted" },
      { type: "RevisionReleased", data: { revision: "revision-b", reason: "NewerRevision" } },
    ]);
    expect(app.state()).not.toHaveProperty("excluded");
  });

  test.each([
    ["another one by name", { named: true }],
    ["drift that is put back", { trigger: { type: "drift", actor: ADA, cause: "x" } }],
    ["a dry run", { options: { dryRun: true } }],
    ["selected objects", { others: { count: 1, sync: "Synced", health: "Healthy" } }],
  ] as const)("is not over with a sync of %s", (_what, more) => {
    const app = rolledBack();
    app.run(begin("z", more as never));
    expect(app.state().excluded).toHaveLength(1);
  });

  test("is over with its own sync by name, and with a release", () => {
    const app = rolledBack();
    app.run(begin("b", { named: true, operation: "again" }));
    expect(app.events().at(-1)).toMatchObject({ type: "RevisionReleased", data: { reason: "Synced" } });
    const other = rolledBack();
    expect(other.run({ type: "ReleaseRevision", revision: "revision-x", by: ADA })).toEqual([]);
    expect(other.run({ type: "ReleaseRevision", by: ADA })).toMatchObject([
      { type: "RevisionReleased", data: { revision: "revision-b", by: ADA, reason: "Released" } },
    ]);
    expect(other.run({ type: "ReleaseRevision", by: ADA })).toEqual([]);
  });
});
