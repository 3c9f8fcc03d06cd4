import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fieldsDigest, narrowedTo, otherManagers, ownedFields } from "../../../domain/sync/field-set.ts";
import type { RawObject } from "../../../schemas/artifact.ts";
import { applyEntry, digests, objectOf } from "./objects.ts";

const digest = (live: RawObject, set: unknown): string => fieldsDigest(live, set, digests);
const deployment = (spec: unknown, more: object = {}): RawObject =>
  objectOf("apps/v1", "Deployment", "web", { spec, ...more });

describe("our entry among the managers", () => {
  const live = deployment({});
  test("only our server-side apply of the object itself counts", () => {
    live.metadata.managedFields = [
      null,
      { manager: "sluice", operation: "Update", fieldsV1: { "f:spec": {} } },
      { manager: "sluice", operation: "Apply", subresource: "status", fieldsV1: { "f:status": {} } },
      { manager: "other", operation: "Apply", fieldsV1: { "f:data": {} } },
      applyEntry("apps/v1", { "f:metadata": {} }),
    ];
    expect(ownedFields(live)).toEqual({ "f:metadata": {} });
    expect(otherManagers(live)).toEqual(["other"]);
  });
  test("none is undefined", () => {
    expect(ownedFields(deployment({}))).toBeUndefined();
    expect(ownedFields({ ...live, metadata: { name: "x", managedFields: "nonsense" as never } })).toBeUndefined();
  });
});

describe("what enters the digest", () => {
  const set = { "f:spec": { "f:replicas": {}, "f:strategy": { "f:type": {} } } };
  const live = deployment({ replicas: 2, strategy: { type: "Recreate" } });

  test("a changed, a removed and a retyped value of ours", () => {
    const before = digest(live, set);
    for (const spec of [
      { replicas: 3, strategy: { type: "Recreate" } },
      { replicas: "2", strategy: { type: "Recreate" } },
      { strategy: { type: "Recreate" } },
      { replicas: 2, strategy: {} },
      { replicas: 2, strategy: null },
      { replicas: 2, strategy: [] },
      null,
    ]) {
      expect(digest(deployment(spec), set), JSON.stringify(spec)).not.toBe(before);
    }
  });

  test("no defaulted field, no status, no metadata, no field of others", () => {
    const other = deployment(
      { replicas: 2, strategy: { type: "Recreate", rollingUpdate: null }, paused: true },
      { status: { replicas: 2 } },
    );
    other.metadata.resourceVersion = "7";
    expect(digest(other, set)).toBe(digest(live, set));
  });

  test("a value that is absent is told from null, from empty and from its text", () => {
    const one = { "f:a": {} };
    const variants = [
      {},
      { a: null },
      { a: "" },
      { a: {} },
      { a: [] },
      { a: "~" },
      { a: "null" },
      { a: false },
      { a: 0 },
    ];
    const seen = new Set(variants.map((value) => digest(objectOf("v1", "X", "x", value), one)));
    expect(seen.size).toBe(variants.length);
  });

  test("an integer too big for a number, digit by digit", () => {
    const one = { "f:a": {} };
    const with_ = (a: unknown): string => digest(objectOf("v1", "X", "x", { a }), one);
    expect(with_(12345678901234567890n)).not.toBe(with_(12345678901234567891n));
  });
});

describe("lists", () => {
  const ports = {
    "f:spec": { "f:ports": { 'k:{"port":80,"protocol":"TCP"}': { ".": {}, "f:name": {}, "f:port": {} } } },
  };
  const http = { port: 80, protocol: "TCP", name: "http" };

  test("an item is found by its keys wherever it stands, and others' items don't count", () => {
    const alone = digest(deployment({ ports: [http] }), ports);
    expect(
      digest(
        deployment({
          ports: [
            { port: 81, protocol: "TCP" },
            { ...http, nodePort: 3 },
          ],
        }),
        ports,
      ),
    ).toBe(alone);
    expect(digest(deployment({ ports: [{ ...http, protocol: "UDP" }] }), ports)).not.toBe(alone);
    expect(digest(deployment({ ports: [{ ...http, name: "web" }] }), ports)).not.toBe(alone);
    expect(digest(deployment({ ports: [] }), ports)).not.toBe(alone);
    expect(digest(deployment({ ports: [http, http] }), ports)).not.toBe(alone);
  });

  test("keyed lists nest", () => {
    const nested = {
      "f:spec": { "f:containers": { 'k:{"name":"a"}': { "f:env": { 'k:{"name":"X"}': { ".": {}, "f:value": {} } } } } },
    };
    const with_ = (value: string): RawObject =>
      deployment({ containers: [{ name: "b" }, { name: "a", env: [{ name: "Y" }, { name: "X", value }] }] });
    expect(digest(with_("1"), nested)).toBe(digest(with_("1"), nested));
    expect(digest(with_("2"), nested)).not.toBe(digest(with_("1"), nested));
  });

  test("a member of a set counts by being there", () => {
    const set = { "f:metadata": { "f:finalizers": { 'v:"ours"': {} } } };
    const with_ = (...finalizers: string[]): RawObject => ({ ...deployment({}), metadata: { name: "x", finalizers } });
    expect(digest(with_("theirs", "ours"), set)).toBe(digest(with_("ours"), set));
    expect(digest(with_("theirs"), set)).not.toBe(digest(with_("ours"), set));
  });

  test("an item by index, and an atomic list as a whole with its order", () => {
    const index = { "f:spec": { "f:args": { "i:1": {} } } };
    expect(digest(deployment({ args: ["a", "b"] }), index)).toBe(digest(deployment({ args: ["x", "b"] }), index));
    expect(digest(deployment({ args: ["a", "c"] }), index)).not.toBe(digest(deployment({ args: ["a", "b"] }), index));
    const atomic = { "f:spec": { "f:args": {} } };
    expect(digest(deployment({ args: ["b", "a"] }), atomic)).not.toBe(digest(deployment({ args: ["a", "b"] }), atomic));
  });

  test("an atomic map whatever the order of its members", () => {
    const atomic = { "f:spec": { "f:selector": {} } };
    const one = deployment({ selector: { a: "1", b: "2" } });
    expect(digest(deployment({ selector: { b: "2", a: "1" } }), atomic)).toBe(digest(one, atomic));
    expect(digest(deployment({ selector: { a: "1" } }), atomic)).not.toBe(digest(one, atomic));
  });
});

describe("what was applied as an empty map or list", () => {
  const owned = { "f:spec": { "f:strategy": {}, "f:selector": {}, "f:list": {} } };
  const applied = deployment({ strategy: {}, selector: { a: "1" }, list: [] });

  test("is ours by its existence only: others fill it", () => {
    const set = narrowedTo(applied, owned);
    expect(set).toEqual({ "f:spec": { "f:strategy": { ".": {} }, "f:selector": {}, "f:list": { ".": {} } } });
    const before = digest(applied, set);
    expect(digest(deployment({ strategy: { type: "X" }, selector: { a: "1" }, list: ["theirs"] }), set)).toBe(before);
    expect(digest(deployment({ selector: { a: "1" }, list: [] }), set)).not.toBe(before);
    expect(digest(deployment({ strategy: {}, selector: { a: "1", b: "2" }, list: [] }), set)).not.toBe(before);
  });

  test("also in an item of a keyed list", () => {
    const nested = { "f:c": { 'k:{"name":"a"}': { ".": {}, "f:securityContext": {} } } };
    const set = narrowedTo({ c: [{ name: "a", securityContext: {} }] }, nested);
    expect(set).toEqual({ "f:c": { 'k:{"name":"a"}': { ".": {}, "f:securityContext": { ".": {} } } } });
  });
});

describe("Secrets", () => {
  const set = { "f:data": { "f:password": {} }, "f:metadata": { "f:annotations": { "f:note": {} } } };
  const secret = (password: string): RawObject =>
    objectOf("v1", "Secret", "s", { data: { password }, annotations: { note: "n" } });

  test("values enter as keyed digests only, and a change of one is seen", () => {
    const seen: string[] = [];
    const spying = { ...digests, digest: (text: string) => (seen.push(text), digests.digest(text)) };
    const before = fieldsDigest(secret("canary"), set, spying);
    expect(seen.join()).not.toContain("canary");
    expect(seen.join()).toContain('"n"');
    expect(fieldsDigest(secret("other"), set, spying)).not.toBe(before);
  });

  test("also where the whole of data is ours, and in kubectl's copy of the object", () => {
    const seen: string[] = [];
    const spying = { ...digests, digest: (text: string) => (seen.push(text), digests.digest(text)) };
    const annotation = "kubectl.kubernetes.io/last-applied-configuration";
    const object = objectOf("v1", "Secret", "s", { data: { a: "canary" }, annotations: { [annotation]: "canary" } });
    fieldsDigest(object, { "f:data": {}, "f:metadata": { "f:annotations": { [`f:${annotation}`]: {} } } }, spying);
    expect(seen.join()).not.toContain("canary");
  });
});

test("any set over any object gives a digest and never throws", () => {
  const element = fc.oneof(
    fc.string().map((name) => `f:${name}`),
    fc.constantFrom(
      "f:spec",
      "f:a",
      "f:__proto__",
      "f:constructor",
      ".",
      'k:{"a":1}',
      "k:nonsense",
      'v:"x"',
      "v:",
      "i:0",
      "i:x",
      "",
      "x",
    ),
  );
  const { set } = fc.letrec<{ set: object }>((tie) => ({
    set: fc.dictionary(element, fc.oneof({ maxDepth: 4 }, fc.constant({}), tie("set")), { maxKeys: 4 }),
  }));
  fc.assert(
    fc.property(set, fc.jsonValue(), (fields, a) => {
      const live = objectOf("v1", "X", "x", { spec: a, a: [a, { a: 1 }, "x"] });
      expect(digest(live, fields)).toMatch(/^[0-9a-f]{64}$/);
      expect(digest(structuredClone(live), structuredClone(fields))).toBe(digest(live, fields));
    }),
  );
  for (const nonsense of [undefined, null, 5, "x", []])
    expect(digest(deployment({}), nonsense)).toMatch(/^[0-9a-f]{64}$/);
});
