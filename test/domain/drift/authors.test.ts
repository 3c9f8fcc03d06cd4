import { expect, test } from "vitest";
import { authorsOf } from "../../../domain/drift/authors.ts";
import type { RawObject } from "../../../schemas/artifact.ts";

const entry = (manager: string, operation: string, time: string, fieldsV1: object, more: object = {}) => ({
  ...{ manager, operation, time, apiVersion: "apps/v1", fieldsType: "FieldsV1", fieldsV1, ...more },
});
const REPLICAS = { "f:spec": { "f:replicas": {} } };
const PAUSED = { "f:spec": { "f:paused": {} } };
const live = (...managedFields: unknown[]): RawObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", managedFields },
});
const OURS = entry("sluice", "Apply", "2026-01-01T10:00:00Z", PAUSED);

test("who holds a changed field is its author, with operation, subresource and time", () => {
  const object = live(
    OURS,
    entry("kubectl-edit", "Update", "2026-01-01T10:05:00Z", PAUSED),
    entry("kubectl", "Update", "2026-01-01T10:06:00Z", REPLICAS, { subresource: "scale" }),
  );
  expect(authorsOf(object, REPLICAS)).toEqual([
    { manager: "kubectl", operation: "Update", subresource: "scale", at: "2026-01-01T10:06:00Z" },
  ]);
});

test("several holders come newest first", () => {
  const object = live(
    entry("hpa", "Update", "2026-01-01T10:05:00Z", REPLICAS),
    entry("flux", "Apply", "2026-01-01T10:06:00Z", REPLICAS),
  );
  expect(authorsOf(object, REPLICAS).map(({ manager }) => manager)).toEqual(["flux", "hpa"]);
});

test("of a removed field only those who wrote after us are named, and as probable", () => {
  const object = live(
    OURS,
    entry("early", "Update", "2026-01-01T09:00:00Z", PAUSED),
    entry("kubectl-edit", "Update", "2026-01-01T10:05:00Z", { "f:metadata": { "f:labels": { "f:x": {} } } }),
    entry("kube-controller-manager", "Update", "2026-01-01T10:06:00Z", { "f:status": {} }, { subresource: "status" }),
  );
  expect(authorsOf(object, REPLICAS)).toEqual([
    { manager: "kubectl-edit", operation: "Update", at: "2026-01-01T10:05:00Z", probable: true },
  ]);
});

test("any shape of managedFields is read without a throw", () => {
  expect(authorsOf(live(null, 1, "x", {}, { manager: "a", fieldsV1: 3 }, { fieldsV1: REPLICAS }), REPLICAS)).toEqual(
    [],
  );
});
