import { expect, test } from "vitest";
import { createCompareActivity } from "../../activities/compare.ts";
import type { Comparison, Plan, RawObject } from "../../schemas/artifact.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { ModelApplication } from "./model-application.ts";
import { ModelCluster } from "./model-cluster.ts";

const configMap = (name: string, a = "1"): RawObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  data: { a },
});
const secret = (value: string): RawObject => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "s" },
  data: { value },
});
const mask = (object: RawObject): RawObject =>
  object.kind === "Secret"
    ? { ...object, data: { value: `keyed:${(object["data"] as { value: string }).value.length}` } }
    : object;

async function compare(app: ModelApplication, objects: RawObject[]) {
  const { plan } = await app.plan(objects);
  const activity = createCompareActivity({
    blobs: app.blobs,
    cluster: async () => app.cluster,
    open: (object) => object,
    mask,
  });
  const compared = await activity({ plan });
  const { objects: shown } = await app.blobs.getJson<Comparison>(compared.comparison);
  return { ...compared, shown, planBlob: await app.blobs.getJson<Plan>(compared.plan) };
}

test("an application that is as applied is Synced, without a request but the reads of the plan", async () => {
  const app = new ModelApplication(new ModelCluster());
  await app.sync([configMap("a")]);
  const found = await compare(app, [configMap("a")]);
  expect(found).toMatchObject({ sync: "Synced", health: "Healthy", differing: [], shown: [] });
  expect(app.cluster.requests.filter((request) => request.startsWith("dry-run"))).toEqual([]);
});

test("what is live but was never recorded is Synced when a dry run would change nothing", async () => {
  const app = new ModelApplication(new ModelCluster());
  await app.sync([configMap("a")]);
  app.inventory = undefined;
  const found = await compare(app, [configMap("a")]);
  expect(found.sync).toBe("Synced");
  expect(found.planBlob.steps).toMatchObject([{ action: "unchanged", reason: "DryRunEqual" }]);
  expect(found.counts).toMatchObject({ unchanged: 1, update: 0 });
});

test("differences are shown as live and predicted, without what the server owns", async () => {
  const app = new ModelApplication(new ModelCluster());
  await app.sync([configMap("changed"), configMap("old")]);
  const found = await compare(app, [configMap("changed", "2"), configMap("new")]);
  expect(found.sync).toBe("OutOfSync");
  expect(found.differing.map(({ object, reason }) => `${object} ${reason}`)).toEqual([
    "/ConfigMap/shop/changed DesiredChanged",
    "/ConfigMap/shop/new NotLive",
    "/ConfigMap/shop/old NotDesired",
  ]);
  const [changed, created, old] = found.shown;
  expect(changed).toMatchObject({ action: "update", live: { data: { a: "1" } }, desired: { data: { a: "2" } } });
  expect(changed?.live?.metadata).not.toHaveProperty("managedFields");
  expect(changed?.desired?.metadata).not.toHaveProperty("uid");
  expect(created).toMatchObject({ action: "create", live: null, desired: { data: { a: "1" } } });
  expect(old).toMatchObject({ action: "prune", live: { data: { a: "1" } }, desired: null });
  expect(app.cluster.objects.get("/ConfigMap/shop/changed")?.["data"]).toEqual({ a: "1" });
});

test("Secret values are masked on both sides, and a change still shows", async () => {
  const app = new ModelApplication(new ModelCluster());
  await app.sync([secret("canary-one")]);
  const found = await compare(app, [secret("canary-second")]);
  expect(found.shown).toMatchObject([
    { live: { data: { value: "keyed:10" } }, desired: { data: { value: "keyed:13" } } },
  ]);
  expect(JSON.stringify(found.shown)).not.toContain("canary");
});

test("fields of other managers are shown with their owner, beside what force would make of them", async () => {
  const app = new ModelApplication(new ModelCluster());
  await app.sync([configMap("a")]);
  app.cluster.edit("/ConfigMap/shop/a", (live) => void (live["data"] = { a: "by hand" }));
  const [found] = (await compare(app, [configMap("a")])).shown;
  expect(found).toMatchObject({
    reason: "Drifted",
    message: "others changed fields of it; a sync takes them back",
    conflicts: [{ manager: "editor", field: ".data.a" }],
    live: { data: { a: "by hand" } },
    desired: { data: { a: "1" } },
  });
});

test("fields that a sync would not take back are told as that", async () => {
  const app = new ModelApplication(new ModelCluster());
  await app.sync([configMap("a")]);
  app.cluster.edit("/ConfigMap/shop/a", (live) => void (live["data"] = { a: "by hand" }));
  app.inventory = undefined;
  const [found] = (await compare(app, [configMap("a")])).shown;
  expect(found?.message).toMatch(/other managers own fields of it; .*Force=true/);
});

test("of an object that the API server refuses only what Git says is shown, not the defaults that it would fill in", async () => {
  const app = new ModelApplication(new ModelCluster());
  await app.sync([configMap("a")]);
  app.cluster.edit("/ConfigMap/shop/a", (live) => {
    live["immutable"] = false;
    live["data"] = { a: "1", filled: "in" };
  });
  app.cluster.interfere = ({ verb }) => {
    if (verb === "dry-run") throw new SluiceError("ApplyFailed", "422: immutable");
  };
  const [found] = (await compare(app, [configMap("a", "2")])).shown;
  expect(found?.live).toMatchObject({ metadata: { name: "a" }, data: { a: "1" } });
  expect(found?.live).not.toHaveProperty("immutable");
  expect(found?.live?.["data"]).toEqual({ a: "1" });
});

test("an object that the API server refuses is a difference with its reason; a cluster out of reach is an error", async () => {
  const app = new ModelApplication(new ModelCluster());
  await app.sync([configMap("a")]);
  app.cluster.interfere = ({ verb }) => {
    if (verb === "dry-run") throw new SluiceError("ApplyFailed", "422: immutable");
  };
  expect((await compare(app, [configMap("a", "2")])).shown).toMatchObject([
    { action: "update", message: "422: immutable" },
  ]);
  app.cluster.interfere = ({ verb }) => {
    if (verb === "dry-run") throw new SluiceError("ClusterUnavailable", "away");
  };
  await expect(compare(app, [configMap("a", "2")])).rejects.toMatchObject({ code: "ClusterUnavailable" });
});
