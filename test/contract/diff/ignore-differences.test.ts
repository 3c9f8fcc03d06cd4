import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changedByIgnored, recordedDigest } from "../../../domain/diff/recorded.ts";
import type { InventoryEntry, RawObject } from "../../../schemas/artifact.ts";
import { newNamespace, syncStage, type Stage, type TestApplication } from "../sync/stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

const labels = { app: "web" };
const deployment = (replicas = 2, image = "registry.example/web:1"): RawObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: {
    replicas,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: "web", image }] } },
  },
});
const REPLICAS = [{ group: "apps", kind: "Deployment", jsonPointers: ["/spec/replicas"] }];

interface Web {
  app: TestApplication;
  /** Sets the replicas as an autoscaler does. */
  scale(replicas: number): Promise<void>;
  edit(change: (live: RawObject) => void): Promise<unknown>;
  live(): Promise<RawObject & { spec: { replicas: number } }>;
  entry(): Promise<InventoryEntry>;
}

async function web(name: string, options: Parameters<Stage["application"]>[1] = {}): Promise<Web> {
  const namespace = await newNamespace(stage.client, name);
  const app = stage.application(name, { namespace, ...options });
  await app.sync([deployment()]);
  const path = { namespace, name: "web" };
  return {
    app,
    scale: async (replicas) => {
      const scale = `/apis/apps/v1/namespaces/${namespace}/deployments/web/scale?fieldManager=autoscaler`;
      const answer = await stage.servers.cluster.request<{ status?: string }>(scale, {
        method: "PUT",
        body: { apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name: "web", namespace }, spec: { replicas } },
      });
      if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
    },
    edit: (change) => stage.edit("apps/v1", "Deployment", path, change),
    live: async () => (await stage.live("apps/v1", "Deployment", path)) as RawObject & { spec: { replicas: number } },
    entry: async () => (await app.blobs.getJson<{ entries: InventoryEntry[] }>(app.inventory ?? "")).entries[0]!,
  };
}

describe("an object whose replicas an autoscaler sets, and whose replicas are ignored", () => {
  test.each([
    ["by pointer", REPLICAS],
    ["by jq", [{ group: "apps", kind: "*", jqPathExpressions: [".spec | select(.replicas != null).replicas"] }]],
    ["by field manager", [{ group: "*", kind: "Deployment", managedFieldsManagers: ["autoscaler"] }]],
  ])("%s is neither different nor put back", async (how, ignoreDifferences) => {
    const { app, scale, live } = await web(`ignored-${how.replaceAll(" ", "-")}`, { ignoreDifferences });
    await scale(5);
    expect(await app.steps([deployment()])).toEqual([
      "Deployment/web unchanged " + (how === "by field manager" ? "DryRunEqual" : "Recorded"),
    ]);
    expect((await app.compare([deployment()])).sync).toBe("Synced");
    await app.sync([deployment()]);
    expect((await live()).spec.replicas).toBe(5);
  });

  test("without the rule it is different and put back", async () => {
    const { app, scale, live } = await web("not-ignored");
    await scale(5);
    expect(await app.steps([deployment()])).toEqual(["Deployment/web update Drifted"]);
    expect((await app.compare([deployment()])).sync).toBe("OutOfSync");
    await app.sync([deployment()]);
    expect((await live()).spec.replicas).toBe(2);
  });

  test("is no drift for the watch, which evaluates no rule; any other field still is", async () => {
    const { app, scale, edit, live, entry } = await web("watched", { ignoreDifferences: REPLICAS });
    await scale(5);
    const recorded = await entry();
    expect(recordedDigest(await live(), recorded, stage.digests)).toBe(recorded.fields);
    await edit((object) => {
      (
        object["spec"] as { template: { spec: { containers: { image: string }[] } } }
      ).template.spec.containers[0]!.image = "x";
    });
    expect(recordedDigest(await live(), recorded, stage.digests)).not.toBe(recorded.fields);
    expect(await app.steps([deployment()])).toEqual(["Deployment/web update Drifted"]);
  });

  test("a manager's own change is no drift for the watch either, and somebody else's is", async () => {
    const rules = [{ group: "apps", kind: "Deployment", managedFieldsManagers: ["autoscaler"] }];
    const { scale, edit, live, entry } = await web("watched-manager", { ignoreDifferences: rules });
    const { fieldSet, ignored } = await entry();
    const excused = async () => changedByIgnored(await live(), { fieldSet, managers: ignored?.managers ?? [] });
    await scale(5);
    expect(await excused()).toBe(true);
    await edit((object) => void (object.metadata.labels!["sluice.dev/application"] = "other"));
    expect(await excused()).toBe(false);
  });

  test("another field changed by hand is put back, and the ignored one stays as it is", async () => {
    const { app, scale, edit, live } = await web("put-back", { ignoreDifferences: REPLICAS });
    await scale(5);
    await edit((object) => void (object.metadata.labels!["sluice.dev/application"] = "other"));
    expect(await app.steps([deployment()])).toEqual(["Deployment/web update Drifted"]);
    await app.sync([deployment()]);
    const now = await live();
    expect(now.spec.replicas).toBe(5);
    expect(now.metadata.labels?.["sluice.dev/application"]).toBe("put-back");
    expect(await app.steps([deployment()])).toEqual(["Deployment/web unchanged Recorded"]);
  });

  test("a sync for another reason goes through, though the autoscaler has the field", async () => {
    const { app, scale, live } = await web("other-reason", { ignoreDifferences: REPLICAS });
    await scale(5);
    const done = await app.sync([deployment(2, "registry.example/web:2")]);
    expect(done.failures).toEqual([]);
    expect(JSON.stringify(await live())).toContain("registry.example/web:2");
    expect(await app.steps([deployment(2, "registry.example/web:2")])).toEqual(["Deployment/web unchanged Recorded"]);
  });
});

test("with RespectIgnoreDifferences a sync for another reason leaves the ignored field as it is live", async () => {
  const syncOptions = ["RespectIgnoreDifferences=true"];
  const { app, scale, live } = await web("respected", { ignoreDifferences: REPLICAS, syncOptions });
  await scale(5);
  const done = await app.sync([deployment(2, "registry.example/web:2")]);
  expect(done.failures).toEqual([]);
  const now = await live();
  expect(now.spec.replicas).toBe(5);
  expect(JSON.stringify(now)).toContain("registry.example/web:2");
});

describe("rules that come and go", () => {
  test("a rule added while live differs: nothing is put back, and the inventory goes by the new rule", async () => {
    const { app, scale, live, entry } = await web("rule-added");
    await scale(5);
    app.ignore(REPLICAS);
    expect(await app.steps([deployment()])).toEqual(["Deployment/web unchanged DryRunEqual"]);
    await app.sync([deployment()]);
    expect((await live()).spec.replicas).toBe(5);
    const recorded = await entry();
    expect(recordedDigest(await live(), recorded, stage.digests)).toBe(recorded.fields);
    expect(await app.steps([deployment()])).toEqual(["Deployment/web unchanged Recorded"]);
  });

  test("a rule taken away: what it hid counts again", async () => {
    const { app, scale, live } = await web("rule-removed", { ignoreDifferences: REPLICAS });
    await scale(5);
    app.ignore(undefined);
    expect(await app.steps([deployment()])).toEqual(["Deployment/web update Drifted"]);
    await app.sync([deployment()]);
    expect((await live()).spec.replicas).toBe(2);
  });

  test("a rule taken away that hid nothing changes nothing but what is watched", async () => {
    const { app, scale } = await web("rule-removed-idle", { ignoreDifferences: REPLICAS });
    app.ignore([]);
    expect(await app.steps([deployment()])).toEqual(["Deployment/web unchanged DryRunEqual"]);
    await app.sync([deployment()]);
    await scale(4);
    expect(await app.steps([deployment()])).toEqual(["Deployment/web update Drifted"]);
  });
});

test("Git changes an ignored field only: live is left as it is", async () => {
  const { app, live } = await web("git-changed", { ignoreDifferences: REPLICAS });
  expect(await app.steps([deployment(7)])).toEqual(["Deployment/web unchanged DryRunEqual"]);
  await app.sync([deployment(7)]);
  expect((await live()).spec.replicas).toBe(2);
  expect(await app.steps([deployment(7)])).toEqual(["Deployment/web unchanged Recorded"]);
});

test("a system-wide rule holds for an application that has none of its own", async () => {
  const { app, scale } = await web("system-wide", { systemRules: REPLICAS });
  await scale(6);
  expect(await app.steps([deployment()])).toEqual(["Deployment/web unchanged Recorded"]);
});

test("what is shown of a difference is without the ignored fields", async () => {
  const { app, scale, edit } = await web("shown", { ignoreDifferences: REPLICAS });
  await scale(5);
  await edit((object) => {
    (object["spec"] as { template: { spec: { containers: { image: string }[] } } }).template.spec.containers[0]!.image =
      "by-hand";
  });
  const { comparison } = await app.compare([deployment()]);
  const { objects } = await app.blobs.getJson<{ objects: { live: unknown; desired: unknown }[] }>(comparison);
  expect(objects).toHaveLength(1);
  expect(JSON.stringify(objects[0])).not.toContain('"replicas"');
  expect(JSON.stringify(objects[0]?.live)).toContain("by-hand");
  expect(JSON.stringify(objects[0]?.desired)).toContain("registry.example/web:1");
});

test("an expression that fits no object, or never ends, hides nothing and stops nothing", async () => {
  const rules = [
    {
      group: "apps",
      kind: "Deployment",
      jqPathExpressions: [".spec.replicas[]", ".spec | select(last(repeat(1)) == 1)"],
    },
  ];
  const { app, scale } = await web("endless", { ignoreDifferences: rules });
  await scale(5);
  expect(await app.steps([deployment()])).toEqual(["Deployment/web update Drifted"]);
});
