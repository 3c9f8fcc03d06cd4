import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ComparedApplication, differenceOf } from "../../../domain/promotion/difference.ts";
import { fieldDifferences } from "../../../domain/promotion/field-difference.ts";
import type { RawObject } from "../../../schemas/artifact.ts";
import { RenderedDifference } from "../../../schemas/difference.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const object = (name: string, data: unknown, kind = "ConfigMap"): RawObject => ({
  apiVersion: "v1",
  kind,
  metadata: { name, namespace: "shop" },
  data,
});
const application = (name: string, was: RawObject[], is: RawObject[], more: Partial<ComparedApplication> = {}) => ({
  ...{ application: name, cluster: "eu", wave: 0, from: "1".repeat(40), to: "2".repeat(40), was, is },
  ...more,
});

describe("the rendered difference", () => {
  it("counts and names what is created, changed, deleted and left", () => {
    const was = [object("a", { x: "1" }), object("b", { x: "1" }), object("gone", { x: "1" })];
    const is = [object("a", { x: "2" }), object("b", { x: "1" }), object("new", { y: "2" })];
    const found = differenceOf([application("shop", was, is)], sha256);
    expect(found.counts).toEqual({ applications: 1, created: 1, changed: 1, deleted: 1, unchanged: 1 });
    expect(found.applications[0]!.objects).toEqual([
      { object: "/ConfigMap/shop/a", change: "changed", fields: [{ path: "data.x", was: '"1"', is: '"2"' }] },
      { object: "/ConfigMap/shop/gone", change: "deleted", fields: [{ path: "data.x", was: '"1"' }] },
      { object: "/ConfigMap/shop/new", change: "created", fields: [{ path: "data.y", is: '"2"' }] },
    ]);
  });

  it("has the same digest whatever the order of applications and objects, and whatever the commits are", () => {
    const was = [object("a", { x: "1" }), object("b", { y: "1" })];
    const is = [object("a", { x: "2" }), object("c", {})];
    const names = fc.shuffledSubarray(["one", "two", "three"], { minLength: 3 });
    const expected = differenceOf(
      ["one", "two", "three"].map((name) => application(name, was, is)),
      sha256,
    ).digest;
    fc.assert(
      fc.property(names, fc.boolean(), fc.stringMatching(/^[0-9a-f]{40}$/), (order, turned, commit) => {
        const of = (items: RawObject[]) => (turned ? items.toReversed() : items);
        const all = order.map((name) => application(name, of(was), of(is), { to: commit, from: null }));
        expect(differenceOf(all, sha256).digest).toBe(expected);
      }),
    );
  });

  it("has another digest for another change, another target and another cluster", () => {
    const base = application("shop", [], [object("a", { x: "1" })]);
    const digestOf = (one: ComparedApplication) => differenceOf([one], sha256).digest;
    const digests = [
      base,
      { ...base, is: [object("a", { x: "2" })] },
      { ...base, is: [] },
      { ...base, application: "other" },
      { ...base, cluster: "us" },
      { ...base, was: [object("a", { x: "0" })] },
    ].map(digestOf);
    expect(new Set(digests).size).toBe(digests.length);
  });

  it("counts exactly what it does not list, and digests it all the same", () => {
    const many = (last: string) =>
      Array.from({ length: 30 }, (_, at) => object(`o${at}`, { x: at === 29 ? last : "1" }));
    const first = differenceOf([application("a", [], many("1")), application("b", [], many("1"))], sha256, 40);
    expect(first.counts.created).toBe(60);
    expect(first.applications.map(({ objects, more }) => [objects.length, more])).toEqual([
      [30, undefined],
      [10, 20],
    ]);
    const second = differenceOf([application("a", [], many("1")), application("b", [], many("2"))], sha256, 40);
    expect(second.digest).not.toBe(first.digest);
  });

  it("takes status and what the API server writes for nothing", () => {
    const noisy = { ...object("a", { x: "1" }), status: { ready: true } };
    expect(differenceOf([application("shop", [object("a", { x: "1" })], [noisy])], sha256).counts).toEqual({
      ...{ applications: 0, created: 0, changed: 0, deleted: 0, unchanged: 1 },
    });
  });

  it("is what its schema says", () => {
    const { applications, counts } = differenceOf([application("shop", [], [object("a", {})])], sha256);
    const named = { version: 1, pipeline: "p", stage: "s", release: "r", commits: [], contents: [] } as const;
    expect(RenderedDifference.parse({ ...named, counts, applications })).toEqual({ ...named, counts, applications });
  });
});

describe("the fields that differ", () => {
  it("are named as people write them, list items by their names", () => {
    const containers = (image: string) => ({
      spec: {
        containers: [
          { name: "log", image: "l" },
          { name: "web", image },
        ],
      },
    });
    expect(fieldDifferences(containers("a"), containers("b"))).toEqual([
      { path: "spec.containers[name=web].image", was: '"a"', is: '"b"' },
    ]);
    expect(fieldDifferences({ "a.b/c": 1, l: [1, 2] }, { "a.b/c": 2, l: [1, 3] })).toEqual([
      { path: '["a.b/c"]', was: "1", is: "2" },
      { path: "l[1]", was: "2", is: "3" },
    ]);
    expect(fieldDifferences({ l: [1] }, { l: [1, 2], n: null })).toEqual([
      { path: "l", was: "[1]", is: "[1,2]" },
      { path: "n", is: "null" },
    ]);
  });

  it("are none for equal values, and some for others", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(fieldDifferences(a, structuredClone(a))).toEqual([]);
        const differ = JSON.stringify(sorted(a)) !== JSON.stringify(sorted(b));
        expect(fieldDifferences(a, b).length > 0).toBe(differ);
      }),
    );
  });

  it("show of a long text where it differs", () => {
    const [only] = fieldDifferences({ t: `${"x".repeat(5_000)}A${"y".repeat(5_000)}` }, { t: `${"x".repeat(5_000)}B` });
    expect(only!.was).toHaveLength(1_002);
    expect(only!.was).toContain("xxxA");
    expect(only!.is).toContain("xxxB");
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return { list: value.map(sorted) };
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, sorted(inner)] as const);
  // An empty object is no empty list.
  return { object: entries.toSorted(([a], [b]) => (a < b ? -1 : 1)) };
}
