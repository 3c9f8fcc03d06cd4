import { expect, test } from "vitest";
import { pruneGuard, syncOption } from "../../../domain/sync/guards.ts";
import { keyOf } from "../../../domain/sync/identity.ts";
import { configMap, objectOf } from "./objects.ts";

const withAnnotations = (annotations: Record<string, string>) => ({
  ...configMap("a"),
  metadata: { name: "a", annotations },
});
const guard = (annotations: Record<string, string>, object = withAnnotations(annotations)) =>
  pruneGuard(object, keyOf(object));

test("sync options are read from both annotations, ours first", () => {
  const object = withAnnotations({
    "argocd.argoproj.io/sync-options": " Validate=false , Prune=false",
    "sluice.dev/sync-options": "Prune=true",
  });
  expect(syncOption(object, "Prune")).toBe("true");
  expect(syncOption(object, "Validate")).toBe("false");
  expect(syncOption(object, "Delete")).toBeUndefined();
});

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
  expect(pruneGuard(object, keyOf(object))).toContain("its kind");
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
