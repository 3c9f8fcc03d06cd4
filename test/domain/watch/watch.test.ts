import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dueIn } from "../../../domain/watch/coalesce.ts";
import { doubt, healthOf, isGone, sightKey } from "../../../domain/watch/compare.ts";
import type { Expected, Observed, Sight } from "../../../domain/watch/compare.ts";
import { sameFieldSet } from "../../../domain/watch/field-set-text.ts";
import { touchedBy } from "../../../domain/watch/managers.ts";
import { assemble, turned } from "../../../domain/watch/report.ts";
import type { Drifted, ObjectState } from "../../../domain/watch/report.ts";
import type { RawObject } from "../../../schemas/artifact.ts";
import { HEALTH_ORDER } from "../../../schemas/operation.ts";

const expected: Expected = { object: "/ConfigMap/n/a", uid: "u", fields: "digest", fieldSet: "set" };
const observed: Observed = { application: "shop", health: "Healthy", fields: "digest", fieldSet: "set" };
const seen = (change: Partial<Observed> = {}, uid = "u"): Sight => ({
  kind: "seen",
  uid,
  resourceVersion: "1",
  observed: { ...observed, ...change },
});

describe("doubt", () => {
  test.each<[string, Partial<Expected>, Sight, string | undefined]>([
    ["as applied", {}, seen(), undefined],
    ["another digest", {}, seen({ fields: "other" }), "modified"],
    ["a digest of another field set says nothing", {}, seen({ fieldSet: "other" }), "modified"],
    ["not digested at all", {}, seen({ fieldSet: undefined, fields: undefined }), "modified"],
    ["another uid", {}, seen({}, "v"), "replaced"],
    ["not there", {}, { kind: "absent" }, "deleted"],
    ["nobody could look", {}, { kind: "unknown" }, undefined],
    ["never recorded, not there", { uid: null }, { kind: "absent" }, undefined],
    ["never recorded, there", { uid: null }, seen({ fields: "other" }), undefined],
    ["fields unknown while it is applied", { fields: null }, seen({ fields: "other" }), undefined],
    ["fields unknown, but gone", { fields: null }, { kind: "absent" }, "deleted"],
  ])("%s", (_name, change, sight, outcome) => {
    expect(doubt({ ...expected, ...change }, sight)).toBe(outcome);
  });

  test("sights of different uid or version have different keys", () => {
    const keys = [seen(), seen({}, "v"), { ...seen(), resourceVersion: "2" } as Sight, { kind: "absent" } as const];
    expect(new Set(keys.map(sightKey)).size).toBe(4);
  });

  test("what nobody could look at is Unknown and never Missing", () => {
    expect(healthOf({ kind: "unknown" }).status).toBe("Unknown");
    expect(healthOf({ kind: "absent" }).status).toBe("Missing");
    expect(healthOf(seen({ health: "Degraded", message: "why" }))).toEqual({ status: "Degraded", message: "why" });
  });
});

describe("an object that left Git", () => {
  test("neither drifts nor is missing once it was deleted by hand", () => {
    const left: Expected = { ...expected, undesired: true };
    expect(doubt(left, { kind: "absent" })).toBeUndefined();
    expect(isGone(left, { kind: "absent" })).toBe(true);
    expect(isGone(left, { kind: "unknown" })).toBe(false);
    expect(isGone(expected, { kind: "absent" })).toBe(false);
  });
});

describe("sameFieldSet", () => {
  test("ignores that leaves applied empty were narrowed, and nothing else", () => {
    const own = '{"f:spec":{"f:strategy":{},"f:x":{}}}';
    expect(sameFieldSet(own, '{"f:spec":{"f:strategy":{".":{}},"f:x":{}}}')).toBe(true);
    expect(sameFieldSet(own, own)).toBe(true);
    expect(sameFieldSet(own, '{"f:spec":{"f:x":{}}}')).toBe(false);
    expect(sameFieldSet(own, '{"f:spec":{"f:strategy":{".":{},"f:y":{}},"f:x":{}}}')).toBe(false);
  });
});

describe("touchedBy", () => {
  const live = (managedFields: unknown): RawObject =>
    ({ apiVersion: "v1", kind: "X", metadata: { name: "a", managedFields } }) as RawObject;
  const set = { "f:spec": { "f:replicas": {}, "f:template": { "f:image": {} } } };

  test("names those whose fields meet ours, each once, sorted", () => {
    const entries = [
      { manager: "z", fieldsV1: { "f:spec": { "f:replicas": {} } } },
      { manager: "b", fieldsV1: { "f:spec": { "f:template": {} } } },
      { manager: "z", fieldsV1: { "f:spec": { "f:replicas": {} } } },
      { manager: "status-only", fieldsV1: { "f:status": { "f:replicas": {} } } },
      { manager: "parent-only", fieldsV1: { "f:spec": { ".": {}, "f:other": {} } } },
      { manager: "nothing", fieldsV1: {} },
      { manager: "sluice", fieldsV1: set },
    ];
    expect(touchedBy(live(entries), set)).toEqual(["b", "z"]);
  });

  test("never throws, whatever stands in managedFields", () => {
    fc.assert(fc.property(fc.anything(), fc.anything(), (fields, ours) => void touchedBy(live(fields), ours)));
    fc.assert(fc.property(fc.array(fc.object()), fc.object(), (fields, ours) => void touchedBy(live(fields), ours)));
  });
});

const health = fc.constantFrom(...HEALTH_ORDER);
const state: fc.Arbitrary<ObjectState> = fc.record(
  { object: fc.string({ minLength: 1 }), health, message: fc.string() },
  { requiredKeys: ["object", "health"] },
);

describe("assemble", () => {
  test("the health is the worst, and the order of the objects does not matter", () => {
    fc.assert(
      fc.property(fc.uniqueArray(state, { selector: ({ object }) => object }), (objects) => {
        const report = assemble(objects);
        expect(report).toEqual(assemble(objects.toReversed()));
        const worst = Math.max(0, ...objects.map((one) => HEALTH_ORDER.indexOf(one.health)));
        expect(report.health).toBe(HEALTH_ORDER[worst]);
        expect(report.unhealthy.length).toBe(Math.min(20, objects.filter((one) => one.health !== "Healthy").length));
      }),
    );
  });

  test("the worst objects come first, long messages are cut, and the lists are bounded", () => {
    const objects = Array.from({ length: 60 }, (_, index): ObjectState => {
      const object = `o${String(index).padStart(2, "0")}`;
      const drift: Drifted = { object, uid: "u", change: "modified", managers: [] };
      return { object, health: index === 59 ? "Degraded" : "Progressing", message: "m".repeat(2_000), drift };
    });
    const report = assemble(objects);
    expect(report.unhealthy[0]).toMatchObject({ object: "o59", health: "Degraded" });
    expect(report.unhealthy).toHaveLength(20);
    expect(report.unhealthy[0]?.message).toHaveLength(500);
    expect(report.drifted).toHaveLength(50);
    expect(report.drifted[0]?.object).toBe("o00");
  });
});

describe("turned", () => {
  const drift = (object: string, change: Drifted["change"], managers: string[] = []): Drifted => ({
    object,
    uid: "u",
    change,
    managers,
  });
  const unhealthy = (object: string, message: string, reason = "Degraded") => ({ object, reason, message });
  const said = { health: "Healthy" as const, unhealthy: [], drifted: [drift("a", "modified"), drift("b", "deleted")] };

  test("another health, another object, another change of it are news", () => {
    expect(turned({ ...said, health: "Degraded" }, said)).toBe(true);
    expect(turned({ ...said, drifted: [drift("a", "modified")] }, said)).toBe(true);
    expect(turned({ ...said, drifted: [drift("a", "modified"), drift("b", "modified")] }, said)).toBe(true);
  });

  test("other unhealthy objects, or another reason, are news though the whole is as bad as before", () => {
    const before = { ...said, unhealthy: [unhealthy("a", "back-off 10s"), unhealthy("b", "0 of 3", "Progressing")] };
    const now = (...objects: ReturnType<typeof unhealthy>[]) => turned({ ...said, unhealthy: objects }, before);
    expect(now(unhealthy("b", "1 of 3", "Progressing"), unhealthy("a", "back-off 20s"))).toBe(false);
    expect(now(unhealthy("a", "back-off 10s"))).toBe(true);
    expect(now(unhealthy("a", "back-off 10s"), unhealthy("c", "0 of 3", "Progressing"))).toBe(true);
    expect(now(unhealthy("a", "no such image"), unhealthy("b", "0 of 3", "Progressing"))).toBe(true);
  });

  test("the same set in another order, or by other managers, is none", () => {
    const same = [drift("b", "deleted"), drift("a", "modified", ["kubectl"])];
    expect(turned({ ...said, drifted: same }, said)).toBe(false);
  });
});

test("at the leading edge nothing is waited for, then the rest of the interval", () => {
  expect(dueIn(100, undefined, 5)).toBe(0);
  expect(dueIn(100, 1_000, 1_030)).toBe(70);
  expect(dueIn(100, 1_000, 1_100)).toBe(0);
  expect(dueIn(100, 1_000, 9_999)).toBe(0);
});
