import { expect, test } from "vitest";
import { fieldChanges } from "../../../domain/break-glass/difference.ts";
import type { RawObject } from "../../../schemas/artifact.ts";

const deployment = (spec: object, metadata: object = {}): RawObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", ...metadata },
  spec,
  status: { replicas: 3 },
});
const OWNED = { "f:spec": { "f:replicas": {}, "f:paused": {} } };

test("is what differs of our fields, and what their editors wrote beside them", () => {
  const by = { "f:spec": { "f:replicas": {}, "f:minReadySeconds": {} }, "f:status": { "f:replicas": {} } };
  const desired = deployment({ replicas: 2, paused: true });
  const live = deployment({ replicas: 5, minReadySeconds: 3, revisionHistoryLimit: 10 });
  expect(fieldChanges(desired, live, [OWNED, by])).toEqual([
    { path: ["f:spec", "f:replicas"], value: 5 },
    { path: ["f:spec", "f:paused"] },
    { path: ["f:spec", "f:minReadySeconds"], value: 3 },
  ]);
});

test("a new item of a list has what its author wrote, not what the API server filled in", () => {
  const item = { ".": {}, "f:name": {}, "f:image": {} };
  const by = { "f:spec": { "f:containers": { 'k:{"name":"side"}': item } } };
  const live = deployment({ containers: [{ name: "side", image: "s:1", terminationMessagePath: "/dev/log" }] });
  expect(fieldChanges(deployment({}), live, [by])).toEqual([
    { path: ["f:spec", "f:containers", 'k:{"name":"side"}'], value: { name: "side", image: "s:1" } },
  ]);
});

test("never our own marks, nor what kubectl and controllers note down", () => {
  const notes = {
    "f:kubectl.kubernetes.io/last-applied-configuration": {},
    "f:deployment.kubernetes.io/revision": {},
    "f:team": {},
  };
  const by = { "f:metadata": { "f:annotations": notes, "f:finalizers": {} } };
  const annotations = {
    "kubectl.kubernetes.io/last-applied-configuration": "{}",
    "deployment.kubernetes.io/revision": "2",
    team: "shop",
  };
  const live = deployment({}, { annotations, finalizers: ["x"] });
  expect(fieldChanges(deployment({}), live, [by])).toEqual([
    { path: ["f:metadata", "f:annotations", "f:team"], value: "shop" },
  ]);
});
