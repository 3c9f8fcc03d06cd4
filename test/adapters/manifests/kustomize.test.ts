import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { namesOf, patchOf, withPatches } from "../../../adapters/manifests/kustomize.ts";
import type { FieldChange, ObjectEdit } from "../../../domain/break-glass/difference.ts";

const edit = (changes: FieldChange[], more: Partial<ObjectEdit> = {}): ObjectEdit => ({
  key: { group: "apps", kind: "Deployment", namespace: "shop", name: "prod-web" },
  ...{ apiVersion: "apps/v1", removed: false, changes },
  ...more,
});
const names = { prefix: "prod-", suffix: "" };
const patched = (one: ObjectEdit) => {
  const patch = patchOf(one, names);
  if ("refused" in patch) throw new Error(patch.refused);
  return { file: patch.file, object: parse(patch.text) as unknown };
};
const containers = ["f:spec", "f:template", "f:spec", "f:containers"];

describe("a patch", () => {
  test("names the object as the kustomization does, and its fields by key", () => {
    const { file, object } = patched(
      edit([
        { path: ["f:spec", "f:replicas"], value: 5 },
        { path: ["f:spec", "f:paused"] },
        { path: [...containers, 'k:{"name":"web"}', "f:image"], value: "web:2" },
        { path: [...containers, 'k:{"name":"web"}', "f:env", 'k:{"name":"MODE"}', "f:value"], value: "x" },
        { path: [...containers, 'k:{"name":"side"}'] },
      ]),
    );
    expect(file).toBe("break-glass-deployment-web.yaml");
    const web = { name: "web", image: "web:2", env: [{ name: "MODE", value: "x" }] };
    const spec = { containers: [web, { name: "side", $patch: "delete" }] };
    expect(object).toEqual({
      ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" } },
      spec: { replicas: 5, paused: null, template: { spec } },
    });
  });
  test("of an object that is gone deletes it", () => {
    expect(patched(edit([], { removed: true })).object).toMatchObject({ $patch: "delete" });
  });
  test("is refused for what is generated, and for lists in custom resources", () => {
    const key = { group: "", kind: "ConfigMap", namespace: "shop", name: "prod-settings-5ht8mkbk2c" };
    expect(patchOf(edit([], { key }), names)).toHaveProperty("refused");
    const custom = { group: "example.com", kind: "Shop", namespace: "shop", name: "a" };
    const change = { path: ["f:spec", "f:list", 'k:{"name":"x"}', "f:y"], value: 1 };
    expect(patchOf(edit([change], { key: custom }), names)).toHaveProperty("refused");
    expect(patchOf(edit([{ path: ["f:spec", "f:size"], value: 1 }], { key: custom }), names)).toHaveProperty("file");
  });
});

test("a kustomization names patches once, and keeps its comments", () => {
  const before = "# ours\nresources: [web.yaml] # all\nnamePrefix: prod-\n";
  const once = withPatches(before, ["a.yaml", "b.yaml"]);
  expect(parse(once)).toMatchObject({ patches: [{ path: "a.yaml" }, { path: "b.yaml" }] });
  expect(once).toContain("# ours");
  expect(once).toContain("# all");
  expect(withPatches(once, ["b.yaml"])).toBe(once);
  expect(namesOf(before)).toEqual({ prefix: "prod-", suffix: "" });
});

test("a kustomization whose patches are an alias, or anchored for one, is not changed", () => {
  expect(() => withPatches("x: &p [{ path: a.yaml }]\npatches: *p\n", ["b.yaml"])).toThrow(/can't be added to/);
  expect(() => withPatches("patches: &p [{ path: a.yaml }]\nx: *p\n", ["b.yaml"])).toThrow(/can't be added to/);
});
