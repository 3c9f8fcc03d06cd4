import { describe, expect, test } from "vitest";
import { editManifests } from "../../../adapters/manifests/edit.ts";
import type { FieldChange, ObjectEdit } from "../../../domain/break-glass/difference.ts";

const FILE = `# What the shop runs on.
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
    ports: [ {port: 80} ]   # odd, and left so
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web   # the name
spec:
  replicas: 2 # two are enough
  template:
    spec:
      containers:
        - name: web
          image: 'web:1'
          env:
            - name: MODE
              value: plain
        - name: side
          image: "side:1"
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: other}
data: {greeting: one}
`;
const edit = (changes: FieldChange[], more: Partial<ObjectEdit> = {}): ObjectEdit => ({
  key: { group: "apps", kind: "Deployment", namespace: "shop", name: "web" },
  ...{ apiVersion: "apps/v1", removed: false, changes },
  ...more,
});
const container = (name: string, ...path: string[]) => [
  ...["f:spec", "f:template", "f:spec", "f:containers", `k:{"name":"${name}"}`],
  ...path,
];

describe("a manifest", () => {
  test("with another value changes by just its characters", () => {
    const { text, done } = editManifests(FILE, [
      edit([
        { path: ["f:spec", "f:replicas"], value: 5 },
        { path: container("web", "f:image"), value: "web:2's" },
        { path: container("side", "f:image"), value: "side:2" },
        { path: container("web", "f:env", 'k:{"name":"MODE"}', "f:value"), value: "yes" },
      ]),
    ]);
    const expected = FILE.replace("replicas: 2", "replicas: 5")
      .replace("'web:1'", "'web:2''s'")
      .replace('"side:1"', '"side:2"')
      .replace("value: plain", 'value: "yes"');
    expect(text).toBe(expected);
    expect(done).toHaveLength(1);
  });
  test("with more or fewer fields is written anew, comments kept, and no other document touched", () => {
    const { text } = editManifests(FILE, [
      edit([
        { path: ["f:spec", "f:minReadySeconds"], value: 3 },
        { path: container("side") },
        { path: container("web", "f:env", 'k:{"name":"LEVEL"}'), value: { name: "LEVEL", value: "debug" } },
      ]),
    ]);
    expect(text).toContain("replicas: 2 # two are enough");
    expect(text).toContain("minReadySeconds: 3");
    expect(text).not.toContain("side");
    expect(text).toMatch(/- name: LEVEL\s+value: debug/);
    expect(text).toContain("ports: [ {port: 80} ]   # odd, and left so");
    expect(text!.match(/^---$/gm)).toHaveLength(2);
  });
  test("of an object that is gone is taken out, a file without any is none", () => {
    const { text } = editManifests(FILE, [edit([], { removed: true })]);
    expect(text).not.toContain("Deployment");
    expect(text).toContain("kind: Service");
    expect(text).toContain("kind: ConfigMap");
    const alone = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\n";
    expect(editManifests(alone, [edit([], { removed: true })]).text).toBeNull();
  });
  test("of another name, kind or namespace is not touched", () => {
    const settings = { group: "", kind: "ConfigMap", namespace: "shop", name: "settings" };
    const { text, done } = editManifests(FILE, [
      edit([{ path: ["f:data", "f:greeting"], value: "two" }], { key: settings, apiVersion: "v1" }),
    ]);
    expect(text).toBe(FILE);
    expect(done).toEqual([]);
  });
  test("in JSON stays JSON", () => {
    const json = '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":2}}\n';
    const { text } = editManifests(json, [edit([{ path: ["f:spec", "f:replicas"], value: 3 }])]);
    expect(JSON.parse(text!)).toMatchObject({ spec: { replicas: 3 } });
  });
  test("that can't be read is left alone", () => {
    expect(editManifests("a: [", [edit([])])).toEqual({ text: "a: [", done: [], refused: [] });
  });
});
