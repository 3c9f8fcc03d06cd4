import { afterAll, beforeAll, expect, test } from "vitest";
import type { RawObject } from "../../../schemas/artifact.ts";
import { builtinKinds, crdAndObject } from "./builtin-kinds.ts";
import { applyAs, configMap, createAs } from "./others.ts";
import { newNamespace, outcomesOf, syncStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

const syncOptions = ["ServerSideApply=false"];
type Container = { name: string; image: string; env?: object[]; ports?: object[] };

const deployment = (containers: Container[], more: object = {}): RawObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { containers, ...more } },
  },
});
const specOf = (live: RawObject | undefined): { containers?: Container[]; volumes?: object[] } =>
  (live?.["spec"] as { template?: { spec?: object } } | undefined)?.template?.spec ?? {};
const containersOf = (live: RawObject | undefined): Container[] => specOf(live).containers ?? [];
const live = (namespace: string) => stage.live("apps/v1", "Deployment", { namespace, name: "web" });

test("a list with the same name twice, which a server-side apply refuses, is applied with ServerSideApply=false", async () => {
  const namespace = await newNamespace(stage.client, "duplicates");
  const env = [
    { name: "A", value: "1" },
    { name: "A", value: "2" },
  ];
  const object = deployment([{ name: "web", image: "example/web:1", env }]);
  const app = stage.application("duplicates", { namespace });
  expect(outcomesOf(await app.sync([object]))[0]).toMatch(/^Deployment\/web failed/);
  app.configure({ syncOptions });
  const done = await app.sync([object]);
  expect(done.failures).toEqual([]);
  expect(containersOf(await live(namespace))[0]?.env).toEqual(env);
  expect(await app.steps([object])).toEqual(["Deployment/web unchanged Recorded"]);
});

test("what leaves Git goes, what others added stays, and their fields are no conflict", async () => {
  const namespace = await newNamespace(stage.client, "merged");
  const app = stage.application("merged", { namespace, syncOptions });
  const volumes = [{ name: "tmp", emptyDir: {} }];
  const web: Container = {
    name: "web",
    image: "example/web:1",
    env: [{ name: "A", value: "1" }],
    ports: [{ containerPort: 80 }],
  };
  await app.sync([deployment([web, { name: "old", image: "example/old:1" }], { volumes })]);
  await applyAs(stage, "injector", deployment([{ name: "sidecar", image: "example/sidecar:1" }]), namespace);
  await stage.edit("apps/v1", "Deployment", { namespace, name: "web" }, (object) => {
    object.metadata.labels = { ...object.metadata.labels, theirs: "x" };
    containersOf(object)[0]!.image = "example/by-hand:1";
  });
  const changed = deployment([{ name: "web", image: "example/web:2", env: [{ name: "B", value: "1" }] }]);
  const done = await app.sync([changed]);
  expect(outcomesOf(done)).toEqual(["Deployment/web applied DesiredChanged"]);
  const after = await live(namespace);
  expect(
    containersOf(after)
      .map(({ name, image }) => `${name} ${image}`)
      .sort(),
  ).toEqual(["sidecar example/sidecar:1", "web example/web:2"]);
  const own = containersOf(after).find(({ name }) => name === "web");
  expect(own?.env).toEqual([{ name: "B", value: "1" }]);
  expect(own?.ports).toBeUndefined();
  expect(specOf(after)).not.toHaveProperty("volumes");
  expect(after?.metadata.labels).toMatchObject({ theirs: "x" });
  expect(await app.steps([changed])).toEqual(["Deployment/web unchanged Recorded"]);
});

test("a manual change is drift and put back, and back under server-side apply a field that leaves Git goes too", async () => {
  const namespace = await newNamespace(stage.client, "drifting");
  const app = stage.application("drifting", { namespace, syncOptions });
  const object = deployment([{ name: "web", image: "example/web:1", env: [{ name: "A", value: "1" }] }]);
  await app.sync([object]);
  await stage.edit("apps/v1", "Deployment", { namespace, name: "web" }, (found) => {
    containersOf(found)[0]!.image = "example/by-hand:1";
  });
  expect(await app.steps([object])).toEqual(["Deployment/web update Drifted"]);
  await app.sync([object]);
  expect(containersOf(await live(namespace))[0]?.image).toBe("example/web:1");

  app.configure({ syncOptions: [] });
  const without = deployment([{ name: "web", image: "example/web:1" }]);
  expect(outcomesOf(await app.sync([without]))).toEqual(["Deployment/web applied DesiredChanged"]);
  expect(containersOf(await live(namespace))[0]?.env).toBeUndefined();
});

test("what kubectl applied is known from its own copy, and that copy goes", async () => {
  const namespace = await newNamespace(stage.client, "from-kubectl");
  await createAs(stage, "kubectl-client-side-apply", configMap("one", { data: { a: "theirs", b: "1" } }), namespace);
  const app = stage.application("from-kubectl", { namespace, syncOptions });
  await app.sync([configMap("one")]);
  const after = await stage.live("v1", "ConfigMap", { namespace, name: "one" });
  expect(after?.["data"]).toEqual({ a: "1" });
  expect(Object.keys(after?.metadata.annotations ?? {})).toEqual(["sluice.dev/tracking-id"]);
});

test("a plan after the apply is all unchanged, for every common kind and a custom one", async () => {
  const namespace = await newNamespace(stage.client, "every-kind");
  const app = stage.application("every-kind", { namespace, syncOptions });
  const objects = [...builtinKinds(namespace), ...crdAndObject("client.example")];
  const first = await app.sync(objects);
  expect(first.failures).toEqual([]);
  expect((await app.steps(objects)).filter((step) => !step.includes("unchanged Recorded"))).toEqual([]);
  // Applied once more onto what is there, nothing changes either.
  app.configure({ syncOptions: [...syncOptions, "ApplyOutOfSyncOnly=false"] });
  const again = await app.sync(objects);
  expect(again.failures).toEqual([]);
  expect(again.inventory).toBe(first.inventory);
});

test("of two applications one is refused, at a create as at an update", async () => {
  const namespace = await newNamespace(stage.client, "claimed");
  const apps = ["one", "two"].map((name) => stage.application(name, { namespace, syncOptions }));
  const plans = await Promise.all(apps.map((app) => app.plan([configMap("shared", { data: { owner: app.name } })])));
  const results = await Promise.all(apps.map((app, index) => app.apply(plans[index]!)));
  expect(results.flatMap(outcomesOf).sort()).toEqual([
    "ConfigMap/shared applied NotLive",
    "ConfigMap/shared refused OwnedByOther",
  ]);
});
