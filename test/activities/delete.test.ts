import { expect, test } from "vitest";
import { ModelApplication } from "./model-application.ts";
import { ModelCluster } from "./model-cluster.ts";

const configMap = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { a: "1" } });

test("a delete prunes everything that is owned", async () => {
  const app = new ModelApplication(new ModelCluster());
  const applied = await app.apply(await app.plan([configMap("a"), configMap("b")]));
  app.inventory = applied.inventory;
  expect(await app.steps(await app.plan(undefined))).toEqual([
    "ConfigMap/b prune NotDesired",
    "ConfigMap/a prune NotDesired",
  ]);
});

test("a delete waits for what discovery can't vouch for, rather than forget objects that are still there", async () => {
  const app = new ModelApplication(new ModelCluster());
  const applied = await app.apply(await app.plan([configMap("a")]));
  app.inventory = applied.inventory;
  app.cluster.staleGroups = async () => ["metrics.k8s.io"];
  await expect(app.plan(undefined)).rejects.toMatchObject({ code: "ClusterUnavailable", retryable: true });
});
