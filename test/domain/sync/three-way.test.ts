import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fieldsOfObject, mergeTypeOf, threeWayPatch } from "../../../domain/sync/three-way.ts";
import type { RawObject } from "../../../schemas/artifact.ts";
import { objectOf } from "./objects.ts";

type Tree = { [name: string]: unknown };
const isTree = (value: unknown): value is Tree => value !== null && typeof value === "object" && !Array.isArray(value);

/** A merge patch as RFC 7386 has it. */
function merge(live: unknown, patch: unknown): unknown {
  if (!isTree(patch)) return patch;
  const result: Tree = isTree(live) ? { ...live } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merge(result[name], value);
  }
  return result;
}

const leaf = fc.oneof(fc.integer(), fc.string({ maxLength: 3 }), fc.array(fc.integer(), { maxLength: 2 }));
const name = fc.constantFrom("a", "b", "c");
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.dictionary(name, fc.oneof({ maxDepth: 3 }, leaf, tie("tree")), { maxKeys: 3 }) as fc.Arbitrary<Tree>,
}));
const widget = (spec: Tree): RawObject => objectOf("example.com/v1", "Widget", "w", { spec });

/** What others have is under names of their own. */
const theirs = { theirs: { x: 1 } };

test("what is desired is there, what left is gone, what others have stays, and a second time changes nothing", () => {
  fc.assert(
    fc.property(tree, tree, (before, desired) => {
      const live = merge(widget(before), { spec: theirs });
      const patch = threeWayPatch(fieldsOfObject(widget(before), "merge"), widget(desired), "merge");
      const after = merge(live, patch);
      expect(after).toEqual(merge(widget(desired), { spec: theirs }));
      const again = threeWayPatch(fieldsOfObject(widget(desired), "merge"), widget(desired), "merge");
      expect(merge(after, again)).toEqual(after);
    }),
  );
});

describe("lists of built-in kinds", () => {
  const pod = (containers: Tree[], more: Tree = {}) => objectOf("v1", "Pod", "p", { spec: { containers, ...more } });
  const patchOf = (before: RawObject, desired: RawObject) =>
    (threeWayPatch(fieldsOfObject(before, "strategic"), desired, "strategic") as { spec: Tree }).spec;

  test("lose the items that left, by their key, and keep those of others", () => {
    const spec = patchOf(pod([{ name: "a", image: "1" }, { name: "b" }]), pod([{ name: "a", image: "2" }]));
    expect(spec["containers"]).toEqual([
      { name: "a", image: "2" },
      { $patch: "delete", name: "b" },
    ]);
  });
  test("lose fields of items, and whole lists item by item", () => {
    const before = pod([{ name: "a", env: [{ name: "X", value: "1" }], tty: true }], { volumes: [{ name: "v" }] });
    const spec = patchOf(before, pod([{ name: "a" }]));
    expect(spec).toEqual({
      containers: [{ name: "a", env: [{ $patch: "delete", name: "X" }], tty: null }],
      volumes: [{ $patch: "delete", name: "v" }],
    });
  });
  test("keep a port that a server-side apply knew by its protocol too", () => {
    const before = { "f:spec": { "f:ports": { 'k:{"port":80,"protocol":"TCP"}': { ".": {}, "f:port": {} } } } };
    const service = (port: number) => objectOf("v1", "Service", "s", { spec: { ports: [{ port }] } });
    const ports = (port: number) => (threeWayPatch(before, service(port), "strategic") as { spec: Tree }).spec["ports"];
    expect(ports(80)).toEqual([{ port: 80 }]);
    expect(ports(81)).toEqual([{ port: 81 }, { $patch: "delete", port: 80, protocol: "TCP" }]);
  });
});

test("labels and annotations that left go, name and namespace never", () => {
  const before = objectOf("v1", "ConfigMap", "c", { namespace: "n", annotations: { x: "1" } });
  const patch = threeWayPatch(
    fieldsOfObject(before, "strategic"),
    objectOf("v1", "ConfigMap", "c", { namespace: "n" }),
    "strategic",
  );
  expect(patch["metadata"]).toEqual({ name: "c", namespace: "n", annotations: null });
});

test("only kinds of the API server itself have keys to merge lists by", () => {
  const type = (apiVersion: string, crd = false) => mergeTypeOf(apiVersion, { crd });
  expect([type("v1"), type("apps/v1"), type("networking.k8s.io/v1")]).toEqual(["strategic", "strategic", "strategic"]);
  expect([type("example.com/v1"), type("cluster.x-k8s.io/v1"), type("gateway.networking.k8s.io/v1", true)]).toEqual([
    "merge",
    "merge",
    "merge",
  ]);
});
