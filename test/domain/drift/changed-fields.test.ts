import { describe, expect, test } from "vitest";
import { changedFields, LONGEST_VALUE } from "../../../domain/drift/changed-fields.ts";
import { sameQuantity } from "../../../domain/drift/quantity.ts";
import type { RawObject } from "../../../schemas/artifact.ts";

const deployment = (spec: object): RawObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec,
});
const container = (more: object) => ({ template: { spec: { containers: [{ name: "web", ...more }] } } });
const SET = {
  "f:spec": {
    "f:replicas": {},
    "f:strategy": { ".": {} },
    "f:template": {
      "f:spec": {
        "f:containers": {
          'k:{"name":"web"}': {
            ".": {},
            "f:image": {},
            "f:name": {},
            "f:resources": { "f:limits": { "f:cpu": {} } },
            "f:tty": {},
          },
        },
      },
    },
  },
};
const fieldsOf = (was: object, is: object) => changedFields(deployment(was), deployment(is), SET).fields;

describe("changed fields", () => {
  test("are named by path, with old and new value", () => {
    const was = { replicas: 2, ...container({ image: "web:1" }) };
    const is = { replicas: 5, ...container({ image: "web:2" }) };
    expect(fieldsOf(was, is)).toEqual([
      { path: ".spec.replicas", was: "2", is: "5" },
      { path: '.spec.template.spec.containers[name="web"].image', was: '"web:1"', is: '"web:2"' },
    ]);
  });
  test("what is gone has no new value, and a whole item is one field", () => {
    expect(fieldsOf({ replicas: 2, ...container({}) }, { ...container({}) })).toEqual([
      { path: ".spec.replicas", was: "2" },
    ]);
    expect(fieldsOf(container({ image: "web:1" }), { template: { spec: { containers: [] } } })).toEqual([
      { path: '.spec.template.spec.containers[name="web"]', was: '{"image":"web:1","name":"web"}' },
    ]);
  });
  test("a field that is not ours is none", () => {
    expect(fieldsOf({ paused: false }, { paused: true, minReadySeconds: 3 })).toEqual([]);
  });
  test("what the API server only writes differently is none beside a real change", () => {
    const was = { replicas: 2, ...container({ tty: false, resources: { limits: { cpu: "1000m" } } }) };
    const is = { replicas: 3, ...container({ resources: { limits: { cpu: "1" } } }) };
    expect(fieldsOf(was, is).map(({ path }) => path)).toEqual([".spec.replicas"]);
    expect(fieldsOf(container({ tty: false }), container({})), "unless nothing else explains the drift").toHaveLength(
      1,
    );
  });
  test("an item of which the manifest leaves out a defaulted key is the one that the API server has", () => {
    const ports = { 'k:{"containerPort":8080,"protocol":"TCP"}': { ".": {}, "f:containerPort": {}, "f:protocol": {} } };
    const containers = { 'k:{"name":"web"}': { ".": {}, "f:name": {}, "f:ports": { ".": {}, ...ports } } };
    const set = { "f:spec": { "f:replicas": {}, "f:template": { "f:spec": { "f:containers": containers } } } };
    const changes = (was: object[], is: object[]) =>
      changedFields(
        deployment({ replicas: 2, ...container({ ports: was }) }),
        deployment({ replicas: 9, ...container({ ports: is }) }),
        set,
      ).fields.map(({ path }) => path);
    const live = { containerPort: 8080, protocol: "TCP" };
    expect(changes([{ containerPort: 8080 }], [live])).toEqual([".spec.replicas"]);
    const port = '.spec.template.spec.containers[name="web"].ports[containerPort=8080,protocol="TCP"]';
    expect(changes([{ containerPort: 8080 }], []), "one that is gone is a change").toEqual([".spec.replicas", port]);
    expect(changes([{ containerPort: 8080, protocol: "UDP" }], [live]), "another one").toEqual([
      ".spec.replicas",
      port,
    ]);
  });
  test("members of what we own by its existence only are anybody's", () => {
    expect(fieldsOf({ strategy: {} }, { strategy: { type: "Recreate" } })).toEqual([]);
  });
  test("a long value is shortened and says how long it is", () => {
    const [field] = fieldsOf(container({ image: "x" }), container({ image: "y".repeat(5_000) }));
    expect(field?.is?.length).toBeLessThan(LONGEST_VALUE + 30);
    expect(field?.is).toContain("5002 characters");
  });
  test("stringData is what lies in data", () => {
    const secret = (more: object): RawObject => ({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s" },
      ...more,
    });
    const set = { "f:data": { "f:password": {} } };
    const same = changedFields(
      secret({ stringData: { password: "keyed:1" } }),
      secret({ data: { password: "keyed:1" } }),
      set,
    );
    expect(same.fields).toEqual([]);
    const other = changedFields(
      secret({ stringData: { password: "keyed:1" } }),
      secret({ data: { password: "keyed:2" } }),
      set,
    );
    expect(other.fields).toEqual([{ path: ".data.password", was: '"keyed:1"', is: '"keyed:2"' }]);
  });
  test("come with the set of just the changed ones", () => {
    const { set } = changedFields(deployment({ replicas: 1 }), deployment({ replicas: 2 }), SET);
    expect(set).toEqual({ "f:spec": { "f:replicas": {} } });
  });
});

test.each([
  ["1000m", "1", true],
  ["1Gi", "1024Mi", true],
  ["0.5", "500m", true],
  [1, "1", true],
  ["1e3", "1k", true],
  ["1G", "1Gi", false],
  ["web", "web", false],
  ["1", "2", false],
])("%s and %s are the same quantity: %s", (a, b, same) => expect(sameQuantity(a, b)).toBe(same));
