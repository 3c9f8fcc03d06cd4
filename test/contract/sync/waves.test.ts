import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RawObject } from "../../../schemas/artifact.ts";
import { hookJob, PartedSync } from "./parted.ts";
import { newNamespace, syncStage, type Stage, type TestApplication } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

const WAVE = "argocd.argoproj.io/sync-wave";
const map = (name: string, wave?: number, more: Record<string, string> = {}): RawObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, annotations: { ...(wave === undefined ? {} : { [WAVE]: String(wave) }), ...more } },
});
const deployment = (name: string, wave: number, more: Record<string, string> = {}): RawObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, annotations: { [WAVE]: String(wave), ...more } },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: "main", image: "example.invalid/app:1" }] },
    },
  },
});

async function application(name: string, options = {}): Promise<TestApplication> {
  return stage.application(name, { namespace: await newNamespace(stage.client, name), ...options });
}
const begin = (app: TestApplication, objects: RawObject[], more = {}) => PartedSync.of(stage, app, objects, more);
const there = async (namespace: string, name: string): Promise<boolean> =>
  (await stage.live("v1", "ConfigMap", { namespace, name })) !== undefined;

/** Says that a Deployment is rolled out, where no controller does. */
async function rolledOut(namespace: string, name: string): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
  const { body } = await stage.servers.cluster.request<RawObject>(path);
  const status = {
    observedGeneration: body.metadata.generation,
    ...{ replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 },
  };
  expect(
    (await stage.servers.cluster.request(`${path}/status`, { method: "PUT", body: { ...body, status } })).status,
  ).toBe(200);
}

describe("waves", () => {
  test("are applied one by one, each judged by its own objects, into one report and inventory", async () => {
    const app = await application("waves");
    const sync = await begin(app, [map("late", 5), map("zero"), deployment("early", -1)]);
    expect(sync.parts).toEqual(["Sync -1", "Sync 0", "Sync 5"]);

    const first = await sync.apply("Sync -1");
    expect(first).toMatchObject({ health: "Progressing", interrupted: false });
    expect(first.unhealthy.map(({ object }) => object)).toEqual(["apps/Deployment/waves/early"]);
    expect(await there("waves", "zero")).toBe(false);
    expect(sync.outcome("late")).toMatchObject({ result: "pending", reason: "NotAttempted", wave: 5 });
    expect(await sync.assess("Sync -1")).toMatchObject({ health: "Progressing" });
    await rolledOut("waves", "early");
    expect(await sync.assess("Sync -1")).toMatchObject({ health: "Healthy" });

    expect(await sync.apply("Sync 0")).toMatchObject({ health: "Healthy", interrupted: false });
    expect([await there("waves", "zero"), await there("waves", "late")]).toEqual([true, false]);
    const last = await sync.apply("Sync 5");
    expect(last).toMatchObject({ health: "Healthy", whole: "Healthy", counts: { create: 3, failed: 0 } });
    expect(last.inventoryBlob.entries.map(({ key, uid }) => [key.name, uid !== null])).toEqual([
      ["late", true],
      ["zero", true],
      ["early", true],
    ]);
    expect(await app.steps([map("late", 5), map("zero"), deployment("early", -1)])).toEqual([
      "Deployment/early unchanged Recorded",
      "ConfigMap/zero unchanged Recorded",
      "ConfigMap/late unchanged Recorded",
    ]);
  });

  test("that have nothing to do are passed over: a change in one wave is one part", async () => {
    const app = await application("one-wave");
    const sync = await begin(app, [map("a"), map("b", 1)]);
    await sync.apply("Sync 0");
    await sync.apply("Sync 1");
    const changed = { ...map("b", 1), data: { version: "2" } };
    expect((await app.plan([map("a"), changed])).course).toBeUndefined();
  });

  test("do not wait for what says ignore-healthcheck, nor does it count", async () => {
    const app = await application("ignored-health");
    const ignored = { "argocd.argoproj.io/ignore-healthcheck": "true" };
    const sync = await begin(app, [deployment("slow", 0, ignored), map("next", 1)]);
    expect(await sync.apply("Sync 0")).toMatchObject({ health: "Healthy", whole: "Unknown" });
    expect(await sync.apply("Sync 1")).toMatchObject({ health: "Healthy", whole: "Healthy" });
  });

  test("are pruned from the highest down, after everything else, and the inventory forgets them one by one", async () => {
    const app = await application("wave-prune");
    const all = [map("a"), map("b", 1), map("c", 2)];
    const first = await begin(app, all);
    for (const part of first.parts) await first.apply(part);
    const sync = await begin(app, [map("keep")], { prune: true });
    expect(sync.parts).toEqual(["Sync 0", "Prune 2", "Prune 1", "Prune 0"]);
    await sync.apply("Sync 0");
    const names = async (): Promise<boolean[]> => Promise.all(["a", "b", "c"].map((name) => there("wave-prune", name)));
    expect(await names()).toEqual([true, true, true]);
    const pruned = await sync.apply("Prune 2");
    expect(await names()).toEqual([true, true, false]);
    expect(pruned.inventoryBlob.entries.map(({ key }) => key.name).toSorted()).toEqual(["a", "b", "keep"]);
    await sync.apply("Prune 1");
    const last = await sync.apply("Prune 0");
    expect(await names()).toEqual([false, false, false]);
    expect(last).toMatchObject({ counts: { create: 1, prune: 3 }, interrupted: false });
    expect(last.inventoryBlob.entries.map(({ key }) => key.name)).toEqual(["keep"]);
  });

  test("that are interrupted have said what they did, and go on with the rest when they are tried again", async () => {
    const app = await application("wave-abort");
    const sync = await begin(app, [map("a"), map("b", 1)]);
    await sync.apply("Sync 0");
    const before = sync.last;
    const stop = new AbortController();
    stop.abort();
    const cut = await sync.apply("Sync 1", { signal: stop.signal });
    expect(cut).toMatchObject({ interrupted: true, counts: { create: 1 } });
    expect(await there("wave-abort", "b")).toBe(false);
    sync.last = before;
    expect(await sync.apply("Sync 1")).toMatchObject({ interrupted: false, counts: { create: 2 } });
  });

  test("come before their prunes also where there is one only, when PruneLast=true", async () => {
    const app = await application("prune-last", { syncOptions: ["PruneLast=true"] });
    await app.sync([map("old")]);
    const sync = await begin(app, [map("new")]);
    expect(sync.parts).toEqual(["Sync 0", "Prune 0"]);
    await sync.apply("Sync 0");
    expect([await there("prune-last", "old"), await there("prune-last", "new")]).toEqual([true, true]);
    await sync.apply("Prune 0");
    expect(await there("prune-last", "old")).toBe(false);
  });

  test("with a namespace of their own begin with it, also when only hooks come first", async () => {
    const app = stage.application("wave-namespace", {
      namespace: "wave-namespace-made",
      syncOptions: ["CreateNamespace=true"],
    });
    const sync = await begin(app, [map("a"), hookJob("migrate", {})]);
    expect((await sync.apply("PreSync 0")).failures).toEqual([]);
    expect(await stage.live("batch/v1", "Job", { namespace: "wave-namespace-made", name: "migrate" })).toBeDefined();
  });
});

describe("a guarded prune", () => {
  const guarded = map("precious", 0, { "argocd.argoproj.io/sync-options": "Prune=confirm" });
  test("is a part of its own that deletes after a yes, and nothing without one", async () => {
    const app = await application("confirm-prune");
    await app.sync([guarded, map("keep")]);
    const sync = await begin(app, [map("keep"), map("new")], { prune: true });
    expect(sync.planned.course?.confirm).toMatchObject({
      count: 1,
      objects: [{ object: "/ConfigMap/confirm-prune/precious" }],
    });
    expect(sync.parts).toEqual(["Sync 0", "Prune 0"]);
    expect(sync.part("Prune 0")).toMatchObject({ confirm: true });
    await sync.apply("Sync 0");
    await sync.apply("Prune 0");
    expect(await there("confirm-prune", "precious")).toBe(true);
    const again = await begin(app, [map("keep"), map("new")], { prune: true });
    const done = await again.apply("Prune 0", { confirmed: true });
    expect(done).toMatchObject({ counts: { prune: 1, refused: 0 } });
    expect(await there("confirm-prune", "precious")).toBe(false);
  });
});
