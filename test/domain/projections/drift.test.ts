import { expect, test } from "vitest";
import { foldRemedy } from "../../../domain/projections/drift.ts";
import { isEarlierVersion } from "../../../domain/projections/rollback.ts";
import type { DriftEvent } from "../../../domain/drift/events.ts";
import { ApplicationView } from "../../../schemas/views.ts";

type Remedy = Exclude<DriftEvent, { type: "DriftDetected" | "DriftResolved" }>;
const by = { kind: "user", name: "ada" } as const;
const view = { name: "web" } as ApplicationView;
const fold = (...events: Remedy[]): ApplicationView => events.reduce(foldRemedy, view);
const started: Remedy = {
  type: "BreakGlassStarted",
  data: { id: "b", startedAt: "s", until: "u", reason: "r", people: ["ada"], by, then: "PutBack" },
};
const change = (object: string, at: string): Remedy => ({
  type: "ManualChangeRecorded",
  data: { id: "b", object, change: "modified", fields: [], authors: [], at },
});

test("a break-glass counts every change and lists the newest of each object, at most 50", () => {
  const twice = fold(started, change("a", "1"), change("b", "2"), change("a", "3")).breakGlass;
  expect(twice).toMatchObject({ changes: 3, changed: [{ object: "b" }, { object: "a", at: "3" }] });
  const many = fold(started, ...Array.from({ length: 70 }, (_, index) => change(`o${index}`, "1"))).breakGlass;
  expect(many?.changes).toBe(70);
  expect(many?.changed.map(({ object }) => object)).toEqual(Array.from({ length: 50 }, (_, index) => `o${index + 20}`));
  expect(ApplicationView.shape.breakGlass.safeParse(many).success).toBe(true);
});

test("it is over, refused, told again, and gone", () => {
  const ended: Remedy = { type: "BreakGlassEnded", data: { id: "b", why: "Expired", by, at: "e" } };
  const refused: Remedy = { type: "BreakGlassResolved", data: { id: "b", how: "Refused", message: "no rights" } };
  const again: Remedy = {
    type: "BreakGlassEnded",
    data: { id: "b", why: "Ended", by, at: "f", then: "Commit", branch: "x" },
  };
  const resolved: Remedy = {
    type: "BreakGlassResolved",
    data: { id: "b", how: "Committed", branch: "x", commit: "c" },
  };
  expect(fold(started, ended).breakGlass?.ended).toEqual({ why: "Expired", by, at: "e" });
  expect(fold(started, ended, refused).breakGlass?.refused).toBe("no rights");
  const told = fold(started, ended, refused, again).breakGlass;
  expect(told).toMatchObject({ then: "Commit", branch: "x", ended: { why: "Ended" } });
  expect(told).not.toHaveProperty("refused");
  expect(fold(started, ended, resolved)).not.toHaveProperty("breakGlass");
});

test("a word about another break-glass changes nothing", () => {
  const other: Remedy = { type: "BreakGlassResolved", data: { id: "x", how: "PutBack" } };
  expect(fold(started, other)).toEqual(fold(started));
});

test("the newest remediation stands beside the newest fight", () => {
  const request = (operation: string, at = "2026-01-01T00:00:00Z"): Remedy => ({
    type: "RemediationRequested",
    data: { operation, objects: [], at },
  });
  const fight: Remedy = {
    type: "FlappingDetected",
    data: { objects: ["a"], managers: ["sluice", "hpa"], count: 3, windowSeconds: 600, nextAt: "2026-01-01T00:01:00Z" },
  };
  expect(fold(request("1"), fight, request("2")).remediation).toMatchObject({ operation: "2", flapping: fight.data });
  const calm = fold(request("1"), fight, request("2", "2026-01-01T02:00:00Z")).remediation;
  expect(calm, "a fight of long ago is over").not.toHaveProperty("flapping");
});

test("what is put back while the newest commit failed is not what Git says", () => {
  const deployed = { operation: "o", revision: "old", artifact: "a", sourceDigest: "d-old", at: "" };
  const since = "";
  const counts = { create: 0, update: 1, recreate: 0, unchanged: 0, prune: 0, refused: 0, failed: 0 };
  const data = (type: "drift" | "push", revision: string, sourceDigest: string) => ({
    ...{ operation: "x", kind: "sync" as const, trigger: { type, actor: by, cause: "c" }, revision, sourceDigest },
    ...{ artifact: "a", counts, inventory: "i", report: "r", health: "Healthy" as const, refused: [], durationMs: 1 },
  });
  const unrendered = { sync: { status: "Unknown" as const, since, revision: "bad" }, deployed };
  expect(isEarlierVersion(unrendered, data("drift", "old", "d-old"))).toBe(true);
  const unapplied = { sync: { status: "OutOfSync" as const, since, revision: "bad", sourceDigest: "d-bad" }, deployed };
  expect(isEarlierVersion(unapplied, data("drift", "old", "d-old"))).toBe(true);
  const current = { sync: { status: "OutOfSync" as const, since, revision: "old", sourceDigest: "d-old" }, deployed };
  expect(isEarlierVersion(current, data("drift", "old", "d-old"))).toBe(false);
  expect(isEarlierVersion(unrendered, data("push", "new", "d-new")), "a newer commit is").toBe(false);
  expect(isEarlierVersion({ sync: { status: "Unknown", since } }, data("drift", "old", "d-old"))).toBe(false);
});
