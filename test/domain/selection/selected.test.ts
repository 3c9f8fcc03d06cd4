import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isSelected, isSelective, nothingSelected } from "../../../domain/selection/selected.ts";
import type { ObjectKey } from "../../../schemas/ids.ts";
import { labelsMatch, parseLabelSelector } from "../../../schemas/label-selector.ts";
import { parseResourceSelector, writeResourceSelector } from "../../../schemas/resource-selector.ts";

const WEB: ObjectKey = { group: "apps", kind: "Deployment", namespace: "shop", name: "web" };
const SERVICE: ObjectKey = { group: "", kind: "Service", namespace: "shop", name: "web" };
const ROLE: ObjectKey = { group: "rbac.authorization.k8s.io", kind: "ClusterRole", namespace: "", name: "web" };
const ALL = [WEB, SERVICE, ROLE];

const chosen = (...texts: string[]) => {
  const resources = texts.map((text) => parseResourceSelector(text)!);
  return ALL.filter((key) => isSelected({ resources }, key)).map(({ kind }) => kind);
};

describe("selected objects", () => {
  test("are named by group, kind and name, with or without namespace", () => {
    expect(chosen("apps:Deployment:web")).toEqual(["Deployment"]);
    expect(chosen("apps:Deployment:shop/web")).toEqual(["Deployment"]);
    expect(chosen("apps:Deployment:other/web")).toEqual([]);
    expect(chosen(":Service:web", "*:ClusterRole:web")).toEqual(["Service", "ClusterRole"]);
  });

  test("the core group is empty and no star", () => {
    expect(chosen(":*:web")).toEqual(["Service"]);
    expect(chosen("*:*:web")).toEqual(["Deployment", "Service", "ClusterRole"]);
  });

  test("are matched by globs", () => {
    expect(chosen("*.k8s.io:*:*")).toEqual(["ClusterRole"]);
    expect(chosen("*:*:sh*/w?b")).toEqual(["Deployment", "Service"]);
  });

  test("are all but those with an exclamation mark", () => {
    expect(chosen("!:Service:*")).toEqual(["Deployment", "ClusterRole"]);
    expect(chosen("*:*:shop/*", "!apps:*:*")).toEqual(["Service"]);
  });

  test.each(["", "Deployment", "apps:Deployment", "apps::web", "apps:Deployment:", "a:b:c:d", "apps:Deployment:a/b/c"])(
    "%j names none",
    (text) => expect(parseResourceSelector(text)).toBeUndefined(),
  );

  test("are written as they were read", () => {
    const word = fc.constantFrom("apps", "a*b", "web", "x");
    const texts = fc
      .tuple(fc.constantFrom("", "!"), fc.oneof(word, fc.constant("")), word, fc.option(word), word)
      .map(
        ([not, group, kind, namespace, name]) => `${not}${group}:${kind}:${namespace ? `${namespace}/` : ""}${name}`,
      );
    fc.assert(
      fc.property(texts, (text) => {
        expect(writeResourceSelector(parseResourceSelector(text)!)).toBe(text);
      }),
    );
  });

  test("by labels, and by both", () => {
    const object = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", labels: { tier: "front" } } };
    expect(isSelected({ labels: "tier=front" }, WEB, object)).toBe(true);
    expect(isSelected({ labels: "tier=front" }, WEB)).toBe(false);
    expect(isSelected({ labels: "tier=front", resources: [{ kind: "Service" }] }, WEB, object)).toBe(false);
  });

  test("without a selection are all", () => {
    expect(isSelective(undefined)).toBe(false);
    expect(isSelective({ resources: [] })).toBe(false);
    expect(isSelective({ labels: "a" })).toBe(true);
    expect(isSelected({}, WEB)).toBe(true);
  });

  test("that are none are told with what was meant", () => {
    expect(nothingSelected({ resources: [parseResourceSelector("apps:Deployment:wep")!] }, ALL)).toEqual({
      message: "no object of the application is selected by apps:Deployment:wep",
      next: "did you mean apps:Deployment:shop/web?",
    });
    expect(nothingSelected({ resources: [parseResourceSelector("app:Deployment:web")!] }, ALL).next).toContain(
      "apps:Deployment:shop/web",
    );
    expect(nothingSelected({ labels: "tier=back" }, ALL).next).toContain("its objects are apps:Deployment:shop/web");
  });
});

describe("a label selector", () => {
  const matches = (selector: string, labels: Record<string, string>) =>
    labelsMatch(parseLabelSelector(selector)!, labels);

  test.each<[string, boolean]>([
    ["tier=web", true],
    ["tier==web", true],
    ["tier!=web", false],
    ["tier", true],
    ["!tier", false],
    ["env in (prod, staging)", true],
    ["env notin (prod)", false],
    ["tier=web,env in (prod),!canary", true],
    ["tier=web,canary", false],
    // As in Kubernetes: what isn't there is not among them.
    ["canary!=true", true],
    ["canary notin (true)", true],
    ["empty=", false],
    ["shop.example/part=front", true],
    ["constructor", false],
  ])("%s: %s", (selector, expected) => {
    expect(matches(selector, { tier: "web", env: "prod", "shop.example/part": "front" })).toBe(expected);
  });

  test.each(["", ",", "a=b,", "=b", "a in b", "a in (b", "a=b=c", "a b", "-a=b", "a in (b),,c"])("%j is none", (text) =>
    expect(parseLabelSelector(text)).toBeUndefined(),
  );
});
