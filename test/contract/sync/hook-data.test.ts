import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RawObject } from "../../../schemas/artifact.ts";
import { hookJob, PartedSync } from "./parted.ts";
import { newNamespace, syncStage, type Stage, type TestApplication } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

const HOOK = { "argocd.argoproj.io/hook": "PreSync" };
const HELM = { "helm.sh/hook": "pre-install" };
const POLICY = "argocd.argoproj.io/hook-delete-policy";
const OPTIONS = "argocd.argoproj.io/sync-options";

type Annotations = Record<string, string>;
const claim = (name: string, annotations: Annotations): RawObject => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name, annotations },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
});
const configMap = (name: string, value: string, annotations: Annotations = {}): RawObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, annotations },
  data: { value },
});
const secret = (value: string, more: Record<string, string> = {}): RawObject => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "token", annotations: HELM },
  stringData: { value, ...more },
});
const crd = (annotations: Annotations): RawObject => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.hooks.example.dev", annotations },
  spec: {
    group: "hooks.example.dev",
    scope: "Namespaced",
    names: { plural: "widgets", singular: "widget", kind: "Widget", listKind: "WidgetList" },
    versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
  },
});

async function application(name: string): Promise<TestApplication> {
  return stage.application(name, { namespace: await newNamespace(stage.client, name) });
}

/** The first part of a sync with hooks, and the sync to look at. */
async function presync(app: TestApplication, objects: RawObject[]): Promise<PartedSync> {
  const sync = await PartedSync.of(stage, app, objects);
  await sync.apply(sync.parts[0]!);
  return sync;
}

async function uidOf(namespace: string, { apiVersion, kind, metadata }: RawObject): Promise<string | undefined> {
  const live = await stage.live(apiVersion, kind, { namespace, name: metadata.name });
  // What is on its way out is not there any more for whoever needs it.
  return live?.metadata["deletionTimestamp"] === undefined ? live?.metadata.uid : "deleted";
}

describe("a hook that holds data", () => {
  test("is the same object after every sync: claims, a Namespace and a CRD with the objects of others", async () => {
    const app = await application("hook-data");
    const kept = { ...HELM, "helm.sh/resource-policy": "keep", [OPTIONS]: "Prune=false,Delete=false" };
    const hooks = [
      claim("data", HELM),
      claim("kept", kept),
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "hook-data-more", annotations: HOOK } },
      crd(HOOK),
    ];
    await presync(app, [...hooks, configMap("settings", "1")]);
    const widget = { apiVersion: "hooks.example.dev/v1", kind: "Widget", metadata: { name: "w" } };
    const path = "/apis/hooks.example.dev/v1/namespaces/hook-data/widgets";
    await expect
      .poll(async () => (await stage.servers.cluster.request(path, { method: "POST", body: widget })).status, {
        timeout: 10_000,
      })
      .toBeOneOf([201, 409]);
    const uids = () => Promise.all([...hooks, widget].map((object) => uidOf("hook-data", object)));
    const before = await uids();
    expect(new Set([...before, undefined, "deleted"]).size).toBe(7);

    const second = await presync(app, [...hooks, configMap("settings", "2")]);
    expect(await uids()).toEqual(before);
    expect(second.outcome("data")).toMatchObject({ hook: "PreSync", action: "update", result: "applied" });
    // It is waited for as before: nothing binds it here.
    expect(second.outcome("data")).toMatchObject({ reason: "HookRunning", health: "Progressing" });

    // Terminated while the claims are waited for.
    await second.cleanUp(true);
    expect(await uids()).toEqual(before);
  });

  test.each([{ "helm.sh/resource-policy": "keep" }, { [OPTIONS]: "Delete=false" }, { [OPTIONS]: "Prune=false" }])(
    "and says %j stays although its policy would have it deleted, and the outcome says why",
    async (said) => {
      const name = `hook-said-${Object.values(said)[0]!.toLowerCase().replace("=", "-")}`;
      const app = await application(name);
      const policy = { [POLICY]: "BeforeHookCreation,HookSucceeded" };
      const objects = [
        claim("data", { ...HOOK, ...policy, ...said }),
        configMap("note", "1", { ...HOOK, ...policy, ...said }),
      ];
      await presync(app, objects);
      const before = await Promise.all(objects.map((object) => uidOf(name, object)));
      const sync = await presync(app, objects);
      await sync.cleanUp(true);
      expect(await Promise.all(objects.map((object) => uidOf(name, object)))).toEqual(before);
      const why = expect.stringContaining(`its object stays: it is protected by its`) as string;
      expect(sync.outcome("data")).toMatchObject({ result: "applied", message: why });
      expect(sync.outcome("note")).toMatchObject({ reason: "HookSucceeded", message: why });
      expect(sync.last?.leftovers).toBeUndefined();
    },
  );

  test("and was an ordinary object before is taken over as it is", async () => {
    const app = await application("hook-taken");
    const policy = { ...HOOK, [POLICY]: "BeforeHookCreation" };
    const more = (annotations: Annotations): RawObject => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "hook-taken-more", annotations },
    });
    await app.sync([claim("plain", {}), claim("strict", {}), more({}), configMap("settings", "1")]);
    const once = more({ ...HOOK, [POLICY]: "HookSucceeded" });
    const claims = [claim("plain", HOOK), claim("strict", policy), once];
    const uids = () => Promise.all(claims.map((object) => uidOf("hook-taken", object)));
    const before = await uids();
    const sync = await presync(app, [...claims, configMap("settings", "1")]);
    expect(sync.outcome("hook-taken-more")).toMatchObject({
      reason: "HookSucceeded",
      message: expect.stringContaining("its object stays: deleting a Namespace") as string,
    });
    const last = await sync.cleanUp(true);
    expect(await uids()).toEqual(before);
    expect(last.inventoryBlob.entries.map(({ key }) => key.name)).toEqual(["settings"]);
  });

  test("stays when its application is deleted, as a claim that is no hook does", async () => {
    const app = await application("hook-survives");
    const hooks = [claim("data", HELM), configMap("gone", "1", HELM), claim("late", { "helm.sh/hook": "pre-delete" })];
    const hookArtifact = await app.render(hooks);
    await presync(app, hooks);
    const before = await uidOf("hook-survives", claim("data", {}));
    const deletion = await PartedSync.of(stage, app, undefined, { kind: "delete", hooked: { hookArtifact } });
    for (const part of deletion.parts) await deletion.apply(part);
    await deletion.cleanUp(true);
    expect(await uidOf("hook-survives", claim("data", {}))).toBe(before);
    expect(await uidOf("hook-survives", claim("late", {}))).toMatch(/-/);
    expect(await stage.live("v1", "ConfigMap", { namespace: "hook-survives", name: "gone" })).toBeUndefined();
  });
});

describe("a hook of any other kind", () => {
  test("is brought up to date where it is: a key that left its Secret goes, the Secret stays", async () => {
    const app = await application("hook-secret");
    await presync(app, [secret("1", { old: "x" })]);
    const before = await uidOf("hook-secret", secret(""));
    await presync(app, [secret("2")]);
    expect(await uidOf("hook-secret", secret(""))).toBe(before);
    const live = await stage.live("v1", "Secret", { namespace: "hook-secret", name: "token" });
    expect(live?.["data"]).toEqual({ value: Buffer.from("2").toString("base64") });
  });

  test("is deleted and made anew only when it names that policy; without it, what can't be changed fails with the way out", async () => {
    const app = await application("hook-anew-named");
    const fixed = (value: string, annotations: Annotations) => ({
      ...configMap("note", value, annotations),
      immutable: true,
    });
    await presync(app, [fixed("1", HOOK)]);
    const first = await uidOf("hook-anew-named", configMap("note", ""));
    const refused = await presync(app, [fixed("2", HOOK)]);
    expect(refused.outcome("note")).toMatchObject({
      result: "failed",
      message: expect.stringContaining("deletion policy BeforeHookCreation") as string,
    });
    expect(await uidOf("hook-anew-named", configMap("note", ""))).toBe(first);
    const anew = await presync(app, [fixed("2", { ...HOOK, [POLICY]: "BeforeHookCreation" })]);
    expect(anew.outcome("note")).toMatchObject({ action: "create", reason: "HookSucceeded" });
    expect(await uidOf("hook-anew-named", configMap("note", ""))).not.toBe(first);
  });

  test("that runs to its end is made anew without a policy", async () => {
    const app = await application("hook-job-anew");
    await presync(app, [hookJob("migrate", {})]);
    const before = await uidOf("hook-job-anew", hookJob("migrate", {}));
    await presync(app, [hookJob("migrate", {})]);
    expect(await uidOf("hook-job-anew", hookJob("migrate", {}))).not.toBe(before);
  });
});
