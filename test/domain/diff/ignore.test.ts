import { describe, expect, test } from "vitest";
import { ignoredPaths, ignoringFor, rulesDigest, rulesOf, withoutIgnored } from "../../../domain/diff/ignore.ts";
import type { RawObject } from "../../../schemas/artifact.ts";

const key = { group: "apps", kind: "Deployment", namespace: "shop", name: "web" };
const deployment: RawObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "shop", annotations: { note: "x" } },
  spec: {
    replicas: 3,
    template: {
      spec: {
        containers: [
          { name: "a", image: "a:1" },
          { name: "b", image: "b:1" },
        ],
      },
    },
  },
};
const none = { jsonPointers: [], jqPathExpressions: [], managedFieldsManagers: [] };

describe("which rules hold for an object", () => {
  test.each([
    [{ group: "apps", kind: "Deployment" }, true],
    [{ group: "*", kind: "*" }, true],
    [{ group: "apps", kind: "Deployment", name: "web", namespace: "shop" }, true],
    [{ group: "apps", kind: "Deployment", name: "other" }, false],
    [{ group: "apps", kind: "Deployment", namespace: "other" }, false],
    [{ group: "", kind: "Deployment" }, false],
    [{ group: "apps", kind: "StatefulSet" }, false],
  ])("%j: %s", (rule, holds) => {
    const ignoring = ignoringFor(key, [{ ...rule, jsonPointers: ["/spec/replicas"] }]);
    expect(ignoring).toEqual(holds ? { ...none, jsonPointers: ["/spec/replicas"] } : undefined);
  });

  test("all that match count together, in one order, so that their digest does not depend on how they are written", () => {
    const rules = [
      { group: "apps", kind: "*", jsonPointers: ["/b", "/a"] },
      { group: "*", kind: "Deployment", jsonPointers: ["/a"], jqPathExpressions: [".c"] },
    ];
    const one = ignoringFor(key, rules);
    expect(one).toEqual({ ...none, jsonPointers: ["/a", "/b"], jqPathExpressions: [".c"] });
    const digest = (text: string): string => text;
    expect(rulesDigest(one, { digest })).toBe(rulesDigest(ignoringFor(key, rules.toReversed()), { digest }));
    expect(rulesDigest(undefined, { digest })).toBeUndefined();
  });

  test("system-wide rules come from what kinds are customised with", () => {
    expect(
      rulesOf([
        { group: "apps", kind: "*", ignoreDifferences: { jsonPointers: ["/a"] } },
        { group: "x", kind: "Y" },
      ]),
    ).toEqual([{ group: "apps", kind: "*", jsonPointers: ["/a"] }]);
  });
});

describe("where the ignored fields stand", () => {
  test("pointers and jq paths, each where there is something", () => {
    const ignoring = { ...none, jsonPointers: ["/spec/replicas", "/spec/gone"] };
    const jq = [["spec", "template", "spec", "containers", 1, "image"], []];
    expect(ignoredPaths(deployment, { ignoring, live: undefined, jq })).toEqual([
      ["spec", "replicas"],
      ["spec", "template", "spec", "containers", 1, "image"],
    ]);
  });

  test("a manager's fields by the keys of the live object, wherever they stand in the other state", () => {
    const live: RawObject = {
      ...deployment,
      metadata: {
        ...deployment.metadata,
        managedFields: [
          {
            manager: "autoscaler",
            operation: "Update",
            subresource: "scale",
            fieldsV1: { "f:spec": { "f:replicas": {} } },
          },
          {
            manager: "injector",
            operation: "Update",
            fieldsV1: {
              "f:spec": {
                "f:template": { "f:spec": { "f:containers": { 'k:{"name":"b"}': { ".": {}, "f:image": {} } } } },
              },
            },
          },
          {
            manager: "someone",
            operation: "Update",
            fieldsV1: { "f:metadata": { "f:annotations": { "f:note": {} } } },
          },
        ],
      },
    };
    const ignoring = { ...none, managedFieldsManagers: ["autoscaler", "injector"] };
    expect(ignoredPaths(deployment, { ignoring, live, jq: [] })).toEqual([
      ["spec", "replicas"],
      ["spec", "template", "spec", "containers", 1, "image"],
    ]);
    const alone = structuredClone(deployment) as RawObject & {
      spec: { template: { spec: { containers: unknown[] } } };
    };
    alone.spec.template.spec.containers.reverse();
    expect(ignoredPaths(alone, { ignoring, live, jq: [] })).toContainEqual([
      "spec",
      "template",
      "spec",
      "containers",
      0,
      "image",
    ]);
  });
});

test("what an object is and what it is called can't be ignored away", () => {
  const rest = withoutIgnored(deployment, [["metadata"], ["kind"], ["apiVersion"], ["spec"]]);
  expect(rest).toEqual({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", namespace: "shop" } });
});
