import { expect, test } from "vitest";
import { isNeverOrphaned, isOrphan } from "../../../domain/drift/orphans.ts";
import type { RawObject } from "../../../schemas/artifact.ts";
import { APPLICATION_LABEL, TRACKING_ANNOTATION } from "../../../schemas/ids.ts";

type Rules = Parameters<typeof isOrphan>[2];
const orphaned = (
  kind: string,
  name: string,
  metadata: object = {},
  ignore: Rules["ignore"] = [],
  deleted = new Set<string>(),
) => {
  const object = { apiVersion: "v1", kind, metadata: { name, namespace: "shop", ...metadata } } as RawObject;
  return isOrphan(object, { group: "", kind, namespace: "shop", name }, { ignore, deleted });
};

test("an object that nobody owns is one", () => expect(orphaned("ConfigMap", "stray")).toBe(true));

test.each([
  ["ConfigMap", "kube-root-ca.crt", {}],
  ["ServiceAccount", "default", {}],
  ["Event", "any", {}],
  ["Pod", "web-1", { ownerReferences: [{ kind: "ReplicaSet", name: "web" }] }],
  ["ConfigMap", "ours", { labels: { [APPLICATION_LABEL]: "web" } }],
  ["ConfigMap", "ours", { annotations: { [TRACKING_ANNOTATION]: "web:/ConfigMap:shop/ours" } }],
  ["Secret", "default-token", { annotations: { "kubernetes.io/service-account.name": "default" } }],
])("%s %s is none: always there, another's, or an application's", (kind, name, metadata) => {
  expect(orphaned(kind, name, metadata)).toBe(false);
});

test("what an application left that was deleted is one", () => {
  const marks = {
    labels: { [APPLICATION_LABEL]: "web" },
    annotations: { [TRACKING_ANNOTATION]: "web:/ConfigMap:shop/left" },
  };
  expect(orphaned("ConfigMap", "left", marks, [], new Set(["web"]))).toBe(true);
  expect(orphaned("ConfigMap", "left", marks, [], new Set(["other"]))).toBe(false);
});

test("a copy that carries another object's tracking id is one", () => {
  const annotations = { [TRACKING_ANNOTATION]: "web:/ConfigMap:shop/original" };
  expect(orphaned("ConfigMap", "copy", { annotations })).toBe(true);
});

test("what the project ignores is none, by globs", () => {
  const ignore = [{ group: "", kind: "ConfigMap", name: "istio-*" }];
  expect(orphaned("ConfigMap", "istio-ca", {}, ignore)).toBe(false);
  expect(orphaned("Secret", "istio-ca", {}, ignore)).toBe(true);
});

test("a kind of which nothing counts need not be listed", () => {
  expect(isNeverOrphaned({ group: "coordination.k8s.io", kind: "Lease" })).toBe(true);
  expect(isNeverOrphaned({ group: "metrics.k8s.io", kind: "PodMetrics" })).toBe(true);
  expect(isNeverOrphaned({ group: "", kind: "ConfigMap" })).toBe(false);
});

test("any shape of metadata is read without a throw", () => {
  for (const metadata of [{ labels: null }, { annotations: 3 }, { ownerReferences: {} }])
    expect(() => orphaned("ConfigMap", "odd", metadata as object)).not.toThrow();
});
