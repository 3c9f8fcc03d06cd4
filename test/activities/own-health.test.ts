import { expect, test } from "vitest";
import { runHook } from "../../activities/apply-hook.ts";
import { createAssessActivity } from "../../activities/assess.ts";
import type { OwnCheck } from "../../activities/judge.ts";
import { createPlanActivity } from "../../activities/plan.ts";
import type { Plan, RawObject } from "../../schemas/artifact.ts";
import { ApplicationSpec } from "../../schemas/kinds/application.ts";
import { ProjectSpec } from "../../schemas/kinds/project.ts";
import { digests, ModelApplication } from "./model-application.ts";
import { ModelCluster } from "./model-cluster.ts";

/** A ConfigMap is well as soon as it exists; here its own check says otherwise, at every step of an operation. */
const settings: RawObject = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "settings" },
  data: { ready: "no" },
};
const key = "/ConfigMap/shop/settings";

const own: OwnCheck = (object) => {
  if (object.kind !== "ConfigMap") return undefined;
  const ready = (object["data"] as { ready?: string }).ready === "yes";
  return Promise.resolve(ready ? { status: "Healthy" } : { status: "Progressing", message: "not ready" });
};

test("what was applied is judged by its own check", async () => {
  const app = new ModelApplication(new ModelCluster());
  const applied = await app.apply(await app.plan([settings]), { own });
  expect(applied).toMatchObject({
    health: "Progressing",
    unhealthy: [{ object: key, reason: "Progressing", message: "not ready" }],
  });
});

test("what is assessed is judged by its own check, also where the kind is one that is not read again", async () => {
  const app = new ModelApplication(new ModelCluster());
  const { report, inventory } = await app.apply(await app.plan([settings]), { own });
  const assess = createAssessActivity({ blobs: app.blobs, cluster: async () => app.cluster, own });
  const context = { signal: new AbortController().signal, heartbeat: () => undefined, progress: undefined };
  const look = () => assess({ application: "shop", operation: "op", cluster: "test", report, inventory }, context);
  expect(await look()).toMatchObject({ health: "Progressing" });
  Object.assign(app.cluster.objects.get(key) as RawObject, { data: { ready: "yes" } });
  expect(await look()).toMatchObject({ health: "Healthy", unhealthy: [] });
});

test("what is planned is judged by its own check, so that nothing to write is not taken for all is well", async () => {
  const app = new ModelApplication(new ModelCluster());
  await app.sync([settings]);
  const compute = createPlanActivity({ blobs: app.blobs, cluster: async () => app.cluster, digests, own });
  const source = { repoURL: "https://git.example/shop.git" };
  const spec = ApplicationSpec.parse({ source, destination: { name: "test", namespace: "shop" } });
  const rules = ProjectSpec.parse({ sourceRepos: ["*"], destinations: [{ name: "*" }] });
  const { plan } = await compute({
    ...{ application: "shop", operation: "again", kind: "sync", move: "forward", spec },
    cluster: { name: "test", server: "https://test.example" },
    project: { name: "test", spec: rules },
    artifact: await app.render([settings]),
    ...(app.inventory === undefined ? {} : { inventory: app.inventory }),
  });
  const { steps } = await app.blobs.getJson<Plan>(plan);
  expect(steps).toMatchObject([{ action: "unchanged", health: "Progressing", healthMessage: "not ready" }]);
});

test("a hook of any kind is done when its own check says so, and not as soon as it exists", async () => {
  const app = new ModelApplication(new ModelCluster());
  const gate = { ...settings, metadata: { name: "gate", annotations: { "argocd.argoproj.io/hook": "PreSync" } } };
  const { hooks = [] } = await app.planBlob(await app.plan([gate], { hooks: "always" }));
  const step = hooks[0] as NonNullable<Plan["hooks"]>[number];
  const { signal } = new AbortController();
  const run = (with_: OwnCheck | undefined) =>
    runHook({ cluster: app.cluster, application: "shop", step, object: gate, own: with_, signal });
  expect(await run(own)).toMatchObject({ reason: "HookRunning", message: "not ready" });
  expect(await run(undefined)).toMatchObject({ reason: "HookSucceeded" });
  // That may pass, so the outcome is not final; the operation fails when it lasts.
  const degraded: OwnCheck = () => Promise.resolve({ status: "Degraded", message: "no space" });
  const outcome = { reason: "HookRunning", health: "Degraded", message: "no space" };
  expect(await run(degraded)).toMatchObject({ ...outcome, result: "applied" });
});
