import { expect, test } from "vitest";
import { createAssessActivity } from "../../activities/assess.ts";
import type { Applied } from "../../activities/steps.ts";
import type { RawObject, Report } from "../../schemas/artifact.ts";
import { ModelApplication } from "./model-application.ts";
import { ModelCluster } from "./model-cluster.ts";

const deployment: RawObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: { replicas: 1 },
};
const configMap: RawObject = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings" } };
const key = "apps/Deployment/shop/web";

async function assess(app: ModelApplication, { report, inventory }: Applied) {
  const activity = createAssessActivity({ blobs: app.blobs, cluster: async () => app.cluster });
  const context = { signal: new AbortController().signal, heartbeat: () => undefined, progress: undefined };
  const found = await activity({ application: "shop", operation: "op", cluster: "test", report, inventory }, context);
  return { ...found, blob: await app.blobs.getJson<Report>(found.report) };
}

const becomes = (app: ModelApplication, status: unknown): void => {
  const live = app.cluster.objects.get(key);
  if (live) Object.assign(live, { status, metadata: { ...live.metadata, generation: 1 } });
};
const available = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 };

test("health is read anew, and only of what can change it", async () => {
  const app = new ModelApplication(new ModelCluster());
  const done = await app.sync([deployment, configMap]);
  expect(done.health).toBe("Progressing");
  app.cluster.requests.length = 0;
  becomes(app, available);
  const found = await assess(app, done);
  expect(found).toMatchObject({ health: "Healthy", unhealthy: [] });
  expect(found.blob.outcomes).toHaveLength(2);
  expect(found.blob.outcomes.every(({ message }) => message === undefined)).toBe(true);
  expect(app.cluster.requests).toEqual([`get ${key}`]);
});

test("what degrades or goes meanwhile is seen, the worst first", async () => {
  const app = new ModelApplication(new ModelCluster());
  const done = await app.sync([deployment, { ...deployment, metadata: { name: "other" } }]);
  const conditions = [
    { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: "too slow" },
  ];
  becomes(app, { ...available, conditions });
  app.cluster.objects.delete("apps/Deployment/shop/other");
  const found = await assess(app, done);
  expect(found.health).toBe("Degraded");
  expect(found.unhealthy).toMatchObject([
    { object: key, reason: "Degraded", message: "too slow" },
    { object: "apps/Deployment/shop/other", reason: "Missing" },
  ]);
});
