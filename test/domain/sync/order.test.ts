import fc from "fast-check";
import { expect, test } from "vitest";
import { byStage, compareKeys, inApplyOrder, stageOf } from "../../../domain/sync/order.ts";
import { keyTextOf } from "../../../domain/sync/identity.ts";
import { objectOf } from "./objects.ts";

const kinds: [string, string][] = [
  ["v1", "Namespace"],
  ["apiextensions.k8s.io/v1", "CustomResourceDefinition"],
  ["v1", "ServiceAccount"],
  ["rbac.authorization.k8s.io/v1", "Role"],
  ["rbac.authorization.k8s.io/v1", "RoleBinding"],
  ["v1", "Secret"],
  ["v1", "ConfigMap"],
  ["v1", "PersistentVolumeClaim"],
  ["v1", "Service"],
  ["apps/v1", "Deployment"],
  ["batch/v1", "Job"],
  ["networking.k8s.io/v1", "Ingress"],
  ["example.com/v1", "Widget"],
  ["admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"],
];

test("what others need comes first and webhooks come last, from any order", () => {
  const ordered = kinds.map(([apiVersion, kind]) => objectOf(apiVersion, kind, "x"));
  fc.assert(
    fc.property(fc.shuffledSubarray(ordered, { minLength: ordered.length }), (shuffled) => {
      expect(inApplyOrder(shuffled).map(keyTextOf)).toEqual(ordered.map(keyTextOf));
    }),
  );
});

test("a kind of the same name in another group has no place of the built-in one", () => {
  expect(stageOf({ group: "serving.knative.dev", kind: "Service" })).toBe(stageOf({ group: "x.example", kind: "Y" }));
  expect(stageOf({ group: "serving.knative.dev", kind: "Service" })).not.toBe(stageOf({ group: "", kind: "Service" }));
});

const anyKey = fc.record({
  group: fc.constantFrom("", "apps", "example.com"),
  kind: fc.constantFrom("ConfigMap", "Deployment", "Widget"),
  namespace: fc.constantFrom("", "a", "b"),
  name: fc.constantFrom("x", "y"),
});

test("the order is total: two keys are level only when they are the same", () => {
  fc.assert(
    fc.property(anyKey, anyKey, anyKey, (a, b, c) => {
      expect(Math.sign(compareKeys(a, b)) + Math.sign(compareKeys(b, a))).toBe(0);
      if (compareKeys(a, b) === 0) expect(a).toEqual(b);
      if (compareKeys(a, b) <= 0 && compareKeys(b, c) <= 0) expect(compareKeys(a, c)).toBeLessThanOrEqual(0);
    }),
  );
});

test("items are grouped by stage, in the order given", () => {
  const keys = ["Secret", "ConfigMap", "Service", "Pod"].map((kind) => ({ key: { group: "", kind } }));
  expect(byStage(keys).map((group) => group.map(({ key }) => key.kind))).toEqual([
    ["Secret", "ConfigMap"],
    ["Service"],
    ["Pod"],
  ]);
});
