import { expect, test } from "vitest";
import { addedFields, addedSet } from "../../../domain/break-glass/added.ts";
import { FIELD_MANAGER } from "../../../schemas/ids.ts";
import type { RawObject } from "../../../schemas/artifact.ts";

const SINCE = "2026-01-02T03:04:05.678Z";
const OURS = { "f:spec": { "f:replicas": {}, "f:containers": { 'k:{"name":"web"}': { "f:image": {} } } } };
const env = { ".": {}, 'k:{"name":"A"}': { ".": {}, "f:name": {}, "f:value": {} } };
const THEIRS = { "f:spec": { "f:replicas": {}, "f:containers": { 'k:{"name":"web"}': { "f:env": env } } } };
const entry = (manager: string, fieldsV1: object, more: object = {}) => ({
  ...{ manager, operation: "Update", apiVersion: "apps/v1", time: "2026-01-02T03:04:05Z", fieldsV1 },
  ...more,
});
const live = (...managedFields: object[]): RawObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", managedFields, annotations: { "deployment.kubernetes.io/revision": "2" } },
  spec: { replicas: 3, containers: [{ name: "web", image: "a", env: [{ name: "A", value: "B" }] }] },
});
const ours = entry(FIELD_MANAGER, OURS, { operation: "Apply" });

test("a field that somebody wrote since beside ours is added, with its manager", () => {
  expect(addedFields(live(ours, entry("kubectl-set", THEIRS)), OURS, SINCE)).toEqual([
    { path: '.spec.containers[name="web"].env', is: '[{"name":"A","value":"B"}]', managers: ["kubectl-set"] },
  ]);
});

test.each([
  ["was there before", entry("kubectl-set", THEIRS, { time: "2026-01-02T03:04:04Z" })],
  ["is ours as well", entry("kubectl-edit", { "f:spec": { "f:replicas": {} } })],
  ["is status", entry("controller", { "f:status": { "f:ready": {} } }, { subresource: "status" })],
  [
    "the cluster keeps for itself",
    entry("controller", { "f:metadata": { "f:annotations": { ".": {}, "f:deployment.kubernetes.io/revision": {} } } }),
  ],
])("what %s is none", (_, other) => {
  expect(addedSet(live(ours, other), OURS, SINCE)).toEqual({});
});
