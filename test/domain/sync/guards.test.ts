import { expect, test } from "vitest";
import { pruneGuard, type Deletion } from "../../../domain/sync/guards.ts";
import { keyOf } from "../../../domain/sync/identity.ts";
import { configMap, objectOf } from "./objects.ts";

const withAnnotations = (annotations: Record<string, string>) => ({
  ...configMap("a"),
  metadata: { name: "a", annotations },
});
const guard = (annotations: Record<string, string>, object = withAnnotations(annotations)) =>
  pruneGuard(object, keyOf(object))?.why;

test("annotations of Argo CD, Flux and Helm protect an object", () => {
  expect(guard({})).toBeUndefined();
  expect(guard({ "argocd.argoproj.io/sync-options": "Prune=false" })).toContain("Prune=false");
  expect(guard({ "argocd.argoproj.io/sync-options": "Prune=confirm" })).toContain("Prune=confirm");
  expect(guard({ "kustomize.toolkit.fluxcd.io/prune": "disabled" })).toContain("prune: disabled");
  expect(guard({ "helm.sh/resource-policy": "keep" })).toContain("keep");
});

test.each([
  ["v1", "Namespace"],
  ["v1", "PersistentVolumeClaim"],
  ["v1", "PersistentVolume"],
  ["apiextensions.k8s.io/v1", "CustomResourceDefinition"],
])("%s %s is protected by its kind unless it says Prune=true", (apiVersion, kind) => {
  const object = objectOf(apiVersion, kind, "x");
  expect(pruneGuard(object, keyOf(object))?.why).toContain("its kind");
  const freed = objectOf(apiVersion, kind, "x", { annotations: { "sluice.dev/sync-options": "Prune=true" } });
  expect(pruneGuard(freed, keyOf(freed))).toBeUndefined();
});

test("a Namespace of another group is no Namespace", () => {
  const object = objectOf("example.com/v1", "Namespace", "x");
  expect(pruneGuard(object, keyOf(object))).toBeUndefined();
});

test("annotations of any shape are no error", () => {
  const odd = { ...configMap("a"), metadata: { name: "a", annotations: { "sluice.dev/sync-options": 5 } as never } };
  expect(pruneGuard(odd, keyOf(odd))).toBeUndefined();
});

test("confirm is a yes away from being deleted, false is not", () => {
  const of = (option: string) => {
    const object = withAnnotations({ "sluice.dev/sync-options": option });
    return pruneGuard(object, keyOf(object))?.confirmable;
  };
  expect(of("Prune=confirm")).toBe(true);
  expect(of("Prune=false")).toBe(false);
});

test.each<[string, Deletion, string | undefined]>([
  ["Delete=false", {}, undefined],
  ["Delete=false", { whole: true }, "its sync option Delete=false"],
  ["Prune=false,Delete=true", { whole: true }, undefined],
  ["Prune=false", { whole: true }, "its sync option Prune=false"],
  ["", { level: { Prune: "confirm" } }, "the application's sync option Prune=confirm"],
  ["Prune=true", { level: { Prune: "confirm" } }, undefined],
  ["", { level: { Prune: "false" }, whole: true }, undefined],
  ["", { level: { Delete: "confirm" }, whole: true }, "the application's sync option Delete=confirm"],
])("an object with %j, deleted as %j", (options, deletion, why) => {
  const object = withAnnotations({ "argocd.argoproj.io/sync-options": options });
  expect(pruneGuard(object, keyOf(object), deletion)?.why).toBe(why);
});

test("a word for all objects does not free a kind that holds data", () => {
  const object = objectOf("v1", "Namespace", "x");
  expect(pruneGuard(object, keyOf(object), { level: { Prune: "true" } })?.why).toContain("its kind");
});
