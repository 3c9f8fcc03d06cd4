import { expect, test } from "vitest";
import { decorate, type ScopeOf } from "../../../domain/sync/decorate.ts";
import type { SluiceError } from "../../../schemas/errors.ts";
import type { RawObject } from "../../../schemas/artifact.ts";
import { configMap, objectOf } from "./objects.ts";

const scopeOf: ScopeOf = (_apiVersion, kind) =>
  kind === "ClusterRole" || kind === "Namespace" ? "cluster" : kind === "Widget" ? undefined : "namespaced";
const options = { application: "shop", namespace: "prod", scopeOf };
const only = (object: RawObject): RawObject => decorate([object], options)[0] as RawObject;
const problems = (objects: unknown[]): { path?: string; message: string }[] => {
  try {
    decorate(objects as RawObject[], options);
  } catch (error) {
    expect((error as SluiceError).code).toBe("RenderFailed");
    return [...(error as SluiceError).problems];
  }
  throw new Error("it was accepted");
};

test("an object gets our label, tracking id and the default namespace, and keeps its own marks", () => {
  const object = objectOf("apps/v1", "Deployment", "web", { annotations: { note: "kept" } });
  object.metadata.labels = { app: "web" };
  expect(only(object).metadata).toEqual({
    name: "web",
    namespace: "prod",
    labels: { app: "web", "sluice.dev/application": "shop" },
    annotations: { note: "kept", "sluice.dev/tracking-id": "shop:apps/Deployment:prod/web" },
  });
});

test("a named namespace stays, a cluster-scoped object has none, a kind nobody knows gets the default", () => {
  expect(only(configMap("a")).metadata.namespace).toBe("shop");
  expect(only(objectOf("v1", "Namespace", "n", { namespace: "x" })).metadata).not.toHaveProperty("namespace");
  expect(only(objectOf("example.com/v1", "Widget", "w")).metadata.namespace).toBe("prod");
});

test("a CRD among the objects says which scope its kind has", () => {
  const crd = objectOf("apiextensions.k8s.io/v1", "CustomResourceDefinition", "widgets.example.com", {
    spec: { group: "example.com", scope: "Cluster", names: { kind: "Widget", plural: "widgets" }, versions: [] },
  });
  const widget = decorate([objectOf("example.com/v1", "Widget", "w"), crd], options)[1];
  expect(widget?.metadata).not.toHaveProperty("namespace");
  expect(widget?.metadata.annotations?.["sluice.dev/tracking-id"]).toBe("shop:example.com/Widget:/w");
});

test("status, server-owned metadata and kubectl's copy of the object are left out, and nothing given is changed", () => {
  const object = objectOf("v1", "Service", "s", {
    annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}" },
    status: { loadBalancer: {} },
  });
  Object.assign(object.metadata, {
    uid: "u",
    resourceVersion: "1",
    generation: 2,
    managedFields: [],
    creationTimestamp: null,
  });
  const before = structuredClone(object);
  const decorated = only(object);
  expect(decorated).not.toHaveProperty("status");
  expect(Object.keys(decorated.metadata).sort()).toEqual(["annotations", "labels", "name", "namespace"]);
  expect(Object.keys(decorated.metadata.annotations ?? {})).toEqual(["sluice.dev/tracking-id"]);
  expect(object).toEqual(before);
});

test("another application's marks are written over, and marks that are null are no error", () => {
  const object = configMap("a");
  object.metadata.annotations = { "sluice.dev/tracking-id": "other:/ConfigMap:shop/a" };
  object.metadata.labels = null as never;
  expect(only(object).metadata).toMatchObject({
    labels: { "sluice.dev/application": "shop" },
    annotations: { "sluice.dev/tracking-id": "shop:/ConfigMap:shop/a" },
  });
});

test("stringData becomes data, as the API server would store it", () => {
  const secret = objectOf("v1", "Secret", "s", { data: { a: "b2xk", b: "a2VwdA==" }, stringData: { a: "grün" } });
  expect(only(secret)).toMatchObject({ data: { a: Buffer.from("grün").toString("base64"), b: "a2VwdA==" } });
  expect(only(secret)).not.toHaveProperty("stringData");
  expect(only(objectOf("v1", "Secret", "s", { stringData: { n: 5 } }))).toMatchObject({ stringData: { n: 5 } });
});

test("two objects of one identity are a problem that names both, also across versions", () => {
  const [problem] = problems([
    objectOf("autoscaling/v1", "HorizontalPodAutoscaler", "web"),
    configMap("x"),
    objectOf("autoscaling/v2", "HorizontalPodAutoscaler", "web", { namespace: "prod" }),
  ]);
  expect(problem).toMatchObject({ path: "autoscaling/HorizontalPodAutoscaler/prod/web" });
  expect(problem?.message).toContain(
    "autoscaling/v1 (object 1 of the rendering) and autoscaling/v2 (object 3 of the rendering)",
  );
});

test("an object without identity is a problem that says what is missing and where", () => {
  const found = problems([
    { apiVersion: "v1", kind: "Pod", metadata: { generateName: "x-" } },
    { kind: "ConfigMap", metadata: { name: "a" } },
    { apiVersion: "v1", kind: "ConfigMap" },
  ]);
  expect(found.map(({ message }) => message)).toEqual([
    "object 1 of the rendering (Pod) has no metadata.name",
    "object 2 of the rendering (ConfigMap) has no apiVersion",
    "object 3 of the rendering (ConfigMap) has no metadata.name",
  ]);
});
