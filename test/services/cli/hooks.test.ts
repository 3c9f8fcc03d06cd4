import { afterAll, beforeAll, expect, it } from "vitest";
import type { ObjectOutcome, Report } from "../../../schemas/artifact.ts";
import type { ApplicationView, OperationView } from "../../../schemas/views.ts";
import { application, CLUSTER } from "../api/instance.ts";
import { cliWithServer } from "./cli.ts";

/** Where hooks are seen, which are none of an application's own objects. */

let at: Awaited<ReturnType<typeof cliWithServer>>;
beforeAll(async () => {
  at = await cliWithServer();
  await at.apply([CLUSTER, application("web")].join("---"));
});
afterAll(() => at.close());

const key = (name: string) => ({ group: "batch", kind: "Job", namespace: "shop", name });
const hook = (name: string, more: Partial<ObjectOutcome>): ObjectOutcome => ({
  ...{
    key: key(name),
    apiVersion: "batch/v1",
    action: "create",
    result: "applied",
    health: "Healthy",
    hook: "PreSync",
  },
  ...more,
});

/** Gives the application a last operation with these outcomes. */
function last(outcomes: ObjectOutcome[], result: OperationView["result"]): void {
  const rows = at.table("applications");
  const about = {
    id: "sync-1",
    application: "web",
    kind: "sync",
    noted: [],
    firstSequence: 1,
    lastSequence: 2,
  } as const;
  const trigger = { type: "manual", actor: { kind: "user", name: "ada" }, cause: "c" } as const;
  const operation = { ...about, trigger, result, report: "d".repeat(64), durationMs: 1_000 };
  rows.set("web", { ...(rows.get("web") as ApplicationView), last: operation });
  at.table("operations").set("web/sync-1", operation);
  const counts = { create: 0, update: 0, recreate: 0, unchanged: 0, prune: 0, refused: 0, failed: 0 };
  const report: Report = { version: 1, application: "web", operation: "sync-1", outcomes, counts, health: "Healthy" };
  at.ports.blobs = { getJson: async <Value>() => report as Value };
}

it("app get says what became of the hooks of the last operation", async () => {
  last(
    [
      hook("migrate", {}),
      hook("check", { hook: "PostSync", result: "failed", health: "Degraded", message: "exit code 1" }),
      hook("mourn", { hook: "SyncFail", result: "pending", health: "Missing" }),
    ],
    "Failed",
  );
  const { out } = await at.sluice("app get web");
  expect(out).toMatch(/Hook: +PreSync batch\/Job\/shop\/migrate succeeded\n/);
  expect(out).toMatch(/Hook: +PostSync batch\/Job\/shop\/check failed: exit code 1\n/);
  expect(out).toMatch(/Hook: +SyncFail batch\/Job\/shop\/mourn did not run\n/);
});

it("app get does without a report that is kept no more", async () => {
  last([hook("migrate", {})], "Succeeded");
  at.table("operations").delete("web/sync-1");
  expect(await at.sluice("app get web")).toMatchObject({ code: 0, out: expect.not.stringContaining("Hook:") });
});

it("app diff names the hooks that a sync runs", async () => {
  at.ports.compare = async () => ({
    revision: "a".repeat(40),
    objects: [],
    hooks: [{ key: key("migrate"), phase: "PreSync", wave: 0 }],
  });
  const { err } = await at.sluice("app diff web");
  expect(err).toContain("Hooks that a sync runs: batch/Job/shop/migrate (PreSync).");
  const { out } = await at.sluice("app diff web -o json");
  expect(JSON.parse(out)).toMatchObject({ hooks: [{ object: "batch/Job/shop/migrate", phase: "PreSync", wave: 0 }] });
});

it("history shows the whole commit when it is wide", async () => {
  last([], "Succeeded");
  const operation = at.table("operations").get("web/sync-1") as OperationView;
  at.table("operations").set("web/sync-1", { ...operation, revision: "c".repeat(40) });
  expect((await at.sluice("app history web")).out).not.toContain("c".repeat(9));
  expect((await at.sluice("app history web -o wide")).out).toContain("c".repeat(40));
});
