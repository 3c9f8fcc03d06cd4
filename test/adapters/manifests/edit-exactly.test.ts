import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { editManifests } from "../../../adapters/manifests/edit.ts";
import type { FieldChange, ObjectEdit } from "../../../domain/break-glass/difference.ts";

const edit = (changes: FieldChange[]): ObjectEdit => ({
  key: { group: "apps", kind: "Deployment", namespace: "shop", name: "web" },
  ...{ apiVersion: "apps/v1", removed: false, changes },
});
const HEAD = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n";

describe("a manifest of JSON", () => {
  const object = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", annotations: { note: "a" } },
    spec: { replicas: 2 },
  };
  const changes: FieldChange[] = [
    { path: ["f:metadata", "f:annotations", "f:note"], value: "one\ntwo" },
    { path: ["f:metadata", "f:labels", "f:team"], value: "shop" },
    { path: ["f:spec", "f:args"], value: ["a"] },
  ];

  test.each(["\t", "  ", "    ", ""])("stays JSON, indented by %j", (indent) => {
    const { text, done } = editManifests(`${JSON.stringify(object, null, indent)}\n`, [edit(changes)]);
    const expected = {
      ...object,
      metadata: { name: "web", annotations: { note: "one\ntwo" }, labels: { team: "shop" } },
      spec: { replicas: 2, args: ["a"] },
    };
    expect(text).toBe(`${JSON.stringify(expected, null, indent)}\n`);
    expect(done).toHaveLength(1);
  });

  test("keeps integers of any size, and text where a number was is text", () => {
    const json = JSON.stringify(object, null, 2).replace('"replicas": 2', '"replicas": 2, "big": 9223372036854775807');
    const { text } = editManifests(json, [edit([...changes, { path: ["f:spec", "f:replicas"], value: "two" }])]);
    expect(text).toContain('"big": 9223372036854775807');
    expect(JSON.parse(text!)).toMatchObject({ spec: { replicas: "two" } });
  });
});

describe("a manifest of YAML", () => {
  test.each([
    ["an anchored map that an alias repeats", "annotations: &an {x: one}", "labels: *an", "&an"],
    ["what an alias stands for", "labels: &an {x: one}", "annotations: *an", "*an"],
    ["an anchored value that an alias repeats", "annotations: {x: &an one}", "labels: {x: *an}", "&an"],
    ["a map that is merged elsewhere", "annotations: &an {x: one}", "labels: {<<: *an}", "&an"],
  ])("%s is not changed, and the reason names it", (_, first, second, about) => {
    const text = `${HEAD}  ${first}\n  ${second}\n`;
    const found = editManifests(text, [edit([{ path: ["f:metadata", "f:annotations", "f:x"], value: "two" }])]);
    expect(found).toMatchObject({ text, done: [], refused: [{ message: expect.stringContaining(about) }] });
  });

  test("an anchor that is not on the way is no hindrance", () => {
    const text = `${HEAD}  annotations: &an {x: one}\n  labels: *an\nspec: {replicas: 2}\n`;
    const changes = [
      { path: ["f:spec", "f:replicas"], value: 5 },
      { path: ["f:spec", "f:paused"], value: true },
    ];
    const after = editManifests(text, [edit(changes)]).text!;
    expect(parse(after)).toEqual({ ...parse(text), spec: { replicas: 5, paused: true } });
    expect(after).toContain("*an");
  });

  test("whose change takes away the anchor of another place is left alone", () => {
    const text = `${HEAD}  annotations: {x: {y: &an one}}\n  labels: {x: *an}\n`;
    const found = editManifests(text, [edit([{ path: ["f:metadata", "f:annotations", "f:x"] }])]);
    expect(found).toMatchObject({ text, done: [], refused: [{ message: expect.stringContaining("by hand") }] });
  });

  test("a first item makes the list; one of an item that is not there is refused", () => {
    const text = `${HEAD}spec: {}\n`;
    const added = { path: ["f:spec", "f:env", 'k:{"name":"A"}'], value: { name: "A", value: "1" } };
    expect(parse(editManifests(text, [edit([added])]).text!)).toMatchObject({ spec: { env: [added.value] } });
    const inside = { path: [...added.path, "f:value"], value: "2" };
    expect(editManifests(text, [edit([inside])])).toMatchObject({ text, done: [], refused: [{}] });
  });

  test("keeps integers of any size", () => {
    const text = `${HEAD}spec: {big: 9223372036854775807}\n`;
    const found = editManifests(text, [edit([{ path: ["f:spec", "f:other"], value: 9223372036854775806n }])]);
    expect(found.text).toContain("big: 9223372036854775807");
    expect(found.text).toContain("other: 9223372036854775806");
  });
});
