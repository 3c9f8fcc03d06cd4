import { afterAll, beforeAll, expect, test } from "vitest";
import type { RawObject } from "../../../schemas/artifact.ts";
import { configMap } from "./others.ts";
import { newNamespace, syncStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

const keep = configMap("keep");
const deployment: RawObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "example/web:1" }] } },
  },
};

// Without a garbage collector each policy leaves its own finalizer on the object, or none.
test.each([
  ["foreground", ["foregroundDeletion"]],
  ["orphan", ["orphan"]],
  ["background", undefined],
])("PrunePropagationPolicy=%s is how dependents go with a pruned object", async (policy, finalizers) => {
  const namespace = await newNamespace(stage.client, policy);
  const app = stage.application(policy, { namespace, syncOptions: [`PrunePropagationPolicy=${policy}`] });
  await app.sync([keep, deployment]);
  const done = await app.sync([keep]);
  expect(done.failures).toEqual([]);
  const live = await stage.live("apps/v1", "Deployment", { namespace, name: "web" });
  expect(live?.metadata["finalizers"]).toEqual(finalizers);
});

test("the object's own word wins over the application's", async () => {
  const namespace = await newNamespace(stage.client, "own-policy");
  const app = stage.application("own-policy", { namespace, syncOptions: ["PrunePropagationPolicy=foreground"] });
  const annotations = { "sluice.dev/sync-options": "PrunePropagationPolicy=background" };
  await app.sync([keep, { ...deployment, metadata: { name: "web", annotations } }]);
  await app.sync([keep]);
  expect(await stage.live("apps/v1", "Deployment", { namespace, name: "web" })).toBeUndefined();
});
