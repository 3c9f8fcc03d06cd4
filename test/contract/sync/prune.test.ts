import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RawObject } from "../../../schemas/artifact.ts";
import { TRACKING_ANNOTATION } from "../../../schemas/ids.ts";
import { newNamespace, outcomesOf, served, syncStage, type Stage, type TestApplication } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

const configMap = (name: string, annotations?: Record<string, string>): RawObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...(annotations ? { annotations } : {}) },
});
const keep = configMap("keep");

/** An application in a namespace of its own that has applied `keep` and the objects given. */
async function applied(name: string, objects: RawObject[], options: object = {}): Promise<TestApplication> {
  const namespace = await newNamespace(stage.client, name);
  const app = stage.application(name, { namespace, ...options });
  const done = await app.sync([keep, ...objects]);
  expect(done.failures).toEqual([]);
  return app;
}

const live = (namespace: string, name: string) => stage.live("v1", "ConfigMap", { namespace, name });

/** Deletes and, when asked, creates anew as somebody else, with what the old one said of itself. */
async function replace(namespace: string, name: string, keepMark: boolean): Promise<void> {
  const kind = await served(stage.client, "v1", "ConfigMap");
  const before = await live(namespace, name);
  await stage.client.delete(kind, namespace, name, { uid: before?.metadata.uid ?? "" });
  const { labels = {}, annotations = {} } = before?.metadata ?? {};
  const marks = keepMark ? { labels, annotations } : {};
  const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, ...marks } };
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  expect((await stage.servers.cluster.request(path, { method: "POST", body })).status).toBe(201);
}

test("what is proven to be ours and no longer rendered is deleted", async () => {
  const app = await applied("proven", [configMap("old")]);
  const done = await app.sync([keep]);
  expect(outcomesOf(done)).toEqual(["ConfigMap/keep unchanged Recorded", "ConfigMap/old pruned NotDesired"]);
  expect(done.counts).toMatchObject({ prune: 1, unchanged: 1 });
  expect(await live("proven", "old")).toBeUndefined();
  expect(done.inventoryBlob.entries.map(({ key }) => key.name)).toEqual(["keep"]);
});

test("without prune it is reported, stays, and goes when prune is asked for", async () => {
  const app = await applied("not-asked", [configMap("old")], { prune: false });
  const done = await app.sync([keep]);
  expect(done.refused).toMatchObject([{ object: "/ConfigMap/not-asked/old", reason: "PruneDisabled" }]);
  expect(outcomesOf(await app.sync([keep], { prune: true }))[1]).toBe("ConfigMap/old pruned NotDesired");
});

describe("a: the rendering of one recorded commit", () => {
  test("an artifact without a full commit proves nothing", async () => {
    const app = await applied("unproven", [configMap("old")]);
    app.revision = "main";
    expect(await app.steps([keep])).toContain("ConfigMap/old refuse RenderNotProven");
    const done = await app.sync([keep]);
    expect(done.refused).toMatchObject([{ reason: "RenderNotProven" }]);
    expect(await live("unproven", "old")).toBeDefined();
  });
});

describe("b: a rendering that is not empty", () => {
  test("an empty one deletes nothing unless allowEmpty", async () => {
    const app = await applied("emptied", []);
    expect(await app.steps([])).toEqual(["ConfigMap/keep refuse EmptyRender"]);
    expect((await app.sync([])).inventoryBlob.entries).toHaveLength(1);

    const allowed = await applied("empty-allowed", [], { allowEmpty: true });
    expect(outcomesOf(await allowed.sync([]))).toEqual(["ConfigMap/keep pruned NotDesired"]);
  });
});

describe("c: no more than 30 % or 10 objects at once", () => {
  test("11 of 12 are too many, 10 are not", async () => {
    const olds = Array.from({ length: 11 }, (_, index) => configMap(`old-${index}`));
    const app = await applied("too-many", olds);
    const refused = await app.sync([keep]);
    expect(refused.counts).toMatchObject({ prune: 0, refused: 11 });
    expect(refused.refused[0]).toMatchObject({ reason: "OverPruneLimit" });
    expect(refused.refused[0]?.message).toContain("11 of 12 objects would be deleted at once and the limit is 10");
    const done = await app.sync([keep, olds[0] as RawObject]);
    expect(done.counts).toMatchObject({ prune: 10, refused: 0 });
  });
});

describe("d: the object of the inventory, by uid", () => {
  test("another object of the same name is not touched", async () => {
    const app = await applied("renamed", [configMap("old")]);
    await replace("renamed", "old", false);
    const done = await app.sync([keep]);
    expect(done.refused).toMatchObject([{ object: "/ConfigMap/renamed/old", reason: "NotOurs" }]);
    expect(await live("renamed", "old")).toBeDefined();
    expect(await app.steps([keep])).toEqual(["ConfigMap/keep unchanged Recorded"]);
  });

  test("a copy with our mark but another uid is not touched and stays reported", async () => {
    const app = await applied("restored", [configMap("old")]);
    await replace("restored", "old", true);
    expect((await app.sync([keep])).refused).toMatchObject([{ reason: "Replaced" }]);
    expect(await app.steps([keep])).toContain("ConfigMap/old refuse Replaced");
    expect(await live("restored", "old")).toBeDefined();
  });

  test("an apply that was begun and never recorded counts as ours only where the live object says so", async () => {
    const app = await applied("begun", []);
    const planned = await app.plan([keep, configMap("ours"), configMap("theirs")]);
    // The worker dies after one apply and before it is recorded; somebody else creates the other object.
    await app.apply(planned);
    await replace("begun", "theirs", false);
    app.inventory = planned.inventory;
    const done = await app.sync([keep]);
    expect(outcomesOf(done)).toEqual([
      "ConfigMap/keep unchanged Recorded",
      "ConfigMap/theirs refused NotOurs",
      "ConfigMap/ours pruned NotDesired",
    ]);
  });
});

describe("e: a fresh read still shows our tracking id", () => {
  test("without it, or with another application's, the object stays", async () => {
    const app = await applied("untracked", [configMap("bare"), configMap("taken")]);
    const path = (name: string) => ({ namespace: "untracked", name });
    await stage.edit("v1", "ConfigMap", path("bare"), (object) => void delete object.metadata.annotations);
    await stage.edit("v1", "ConfigMap", path("taken"), ({ metadata }) => {
      metadata.annotations = { [TRACKING_ANNOTATION]: "other:/ConfigMap:untracked/taken" };
    });
    const done = await app.sync([keep]);
    expect(done.refused.map(({ object, reason }) => `${object} ${reason}`).sort()).toEqual([
      "/ConfigMap/untracked/bare NotTracked",
      "/ConfigMap/untracked/taken OwnedByOther",
    ]);
  });

  test("what changes between the plan and the delete is seen by the delete", async () => {
    const app = await applied("late", [configMap("bare"), configMap("replaced"), configMap("guarded")]);
    const planned = await app.plan([keep]);
    expect(planned.counts.prune).toBe(3);
    await stage.edit("v1", "ConfigMap", { namespace: "late", name: "bare" }, (object) => {
      delete object.metadata.annotations;
    });
    await stage.edit("v1", "ConfigMap", { namespace: "late", name: "guarded" }, ({ metadata }) => {
      metadata.annotations = { ...metadata.annotations, "argocd.argoproj.io/sync-options": "Prune=false" };
    });
    await replace("late", "replaced", true);
    const done = await app.apply(planned);
    expect(done.refused.map(({ object, reason }) => `${object} ${reason}`).sort()).toEqual([
      "/ConfigMap/late/bare NotTracked",
      "/ConfigMap/late/guarded Protected",
      "/ConfigMap/late/replaced Replaced",
    ]);
  });
});

describe("f: all API groups could be listed", () => {
  test("a broken APIService anywhere stops the prune, and names the group", async () => {
    const app = await applied("stale", [configMap("old")]);
    const service = {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: "v1.away.example" },
      spec: {
        group: "away.example",
        version: "v1",
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
        service: { name: "away", namespace: "default", port: 443 },
      },
    };
    const kind = await served(stage.client, service.apiVersion, service.kind);
    await stage.client.apply(kind, service, { force: false });
    await expect.poll(() => stage.client.staleGroups(), { timeout: 30_000 }).toEqual(["away.example"]);
    const done = await app.sync([keep]);
    expect(done.refused).toMatchObject([{ reason: "DiscoveryStale" }]);
    expect(done.refused[0]?.message).toContain("away.example");

    const uid = (await stage.client.get(kind, "", service.metadata.name))?.metadata.uid ?? "";
    await stage.client.delete(kind, "", service.metadata.name, { uid });
    await expect.poll(() => stage.client.staleGroups(), { timeout: 30_000 }).toEqual([]);
    expect((await app.sync([keep])).counts).toMatchObject({ prune: 1, refused: 0 });
  });
});

describe("g: identity without the version", () => {
  const version = (name: string, storage: boolean) => ({
    name,
    served: true,
    storage,
    schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
  });
  const crd: RawObject = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "gadgets.two.example" },
    spec: {
      group: "two.example",
      scope: "Namespaced",
      names: { plural: "gadgets", kind: "Gadget" },
      versions: [version("v1", true), version("v2", false)],
    },
  };
  const gadget = (apiVersion: string): RawObject => ({ apiVersion, kind: "Gadget", metadata: { name: "one" } });

  test("an object rendered in another version is updated and not deleted", async () => {
    const app = await applied("versions", [crd, gadget("two.example/v1")]);
    const done = await app.sync([keep, crd, gadget("two.example/v2")]);
    expect(done.counts).toMatchObject({ prune: 0, refused: 0, update: 1 });
    expect((await stage.live("two.example/v2", "Gadget", { namespace: "versions", name: "one" }))?.metadata.uid).toBe(
      done.inventoryBlob.entries.find(({ key }) => key.kind === "Gadget")?.uid,
    );
  });

  test("an object whose version is no longer served is found under the one that is", async () => {
    const app = stage.application("unserved", { namespace: await newNamespace(stage.client, "unserved") });
    await app.sync([keep, gadget("two.example/v1")]);
    const later = structuredClone(crd);
    (later["spec"] as { versions: object[] }).versions = [
      { ...version("v1", true), served: false },
      version("v2", false),
    ];
    await stage.application("versions", { namespace: "versions" }).sync([keep, later]);
    await expect
      .poll(async () => {
        await stage.client.refreshDiscovery();
        return await stage.client.resolve("two.example/v1", "Gadget");
      })
      .toBeUndefined();
    expect(await app.steps([keep])).toContain("Gadget/one prune NotDesired");
  });

  test("an object rendered under another group is the same object and not deleted", async () => {
    const event = (apiVersion: string, more: object): RawObject => ({
      apiVersion,
      kind: "Event",
      metadata: { name: "e" },
      reason: "Test",
      type: "Normal",
      ...more,
    });
    const regarding = { apiVersion: "v1", kind: "ConfigMap", name: "keep", namespace: "groups" };
    const app = await applied("groups", [event("v1", { involvedObject: regarding, message: "m" })]);
    const modern = event("events.k8s.io/v1", {
      regarding,
      note: "m",
      action: "Test",
      eventTime: "2026-01-01T00:00:00.000000Z",
      reportingController: "test.example/test",
      reportingInstance: "test",
    });
    const steps = await app.steps([keep, modern]);
    expect(steps).toContain("Event/e refuse StillDesired");
  });
});

describe("h: nothing protects it", () => {
  test("Prune=false and kinds that hold data stay, Prune=true lets them go", async () => {
    const claim = (name: string, annotations: Record<string, string> = {}): RawObject => ({
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name, annotations },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    });
    const app = await applied("protected", [
      configMap("kept", { "sluice.dev/sync-options": "Prune=false" }),
      configMap("flux", { "kustomize.toolkit.fluxcd.io/prune": "disabled" }),
      claim("data"),
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "protected-too" } },
    ]);
    const done = await app.sync([keep]);
    expect(done.refused.map(({ object, reason }) => `${object} ${reason}`).sort()).toEqual([
      "/ConfigMap/protected/flux Protected",
      "/ConfigMap/protected/kept Protected",
      "/Namespace//protected-too Protected",
      "/PersistentVolumeClaim/protected/data Protected",
    ]);
    const freed = await applied("freed", [claim("scratch", { "argocd.argoproj.io/sync-options": "Prune=true" })]);
    const [, outcome] = outcomesOf(await freed.sync([keep]));
    // The API server adds the finalizer pvc-protection, and nobody here takes it off.
    expect(outcome).toBe("PersistentVolumeClaim/scratch pending Deleting");
  });
});

describe("i: the source moved forward", () => {
  test.each(["diverged", "unknown"] as const)("a source that %s deletes nothing", async (move) => {
    const app = await applied(`move-${move}`, [configMap("old")]);
    expect(await app.steps([keep], { move })).toContain("ConfigMap/old refuse RevisionNotForward");
    expect((await app.sync([keep], { move })).refused).toMatchObject([{ reason: "RevisionNotForward" }]);
    expect((await app.sync([keep], { move: "chosen" })).counts.prune).toBe(1);
  });
});

test("an object that finalizers hold is pending, and assess says when it is gone", async () => {
  const app = await applied("held", [configMap("old")]);
  const path = { namespace: "held", name: "old" };
  await stage.edit("v1", "ConfigMap", path, ({ metadata }) => void (metadata["finalizers"] = ["example.com/held"]));
  const done = await app.sync([keep]);
  expect(outcomesOf(done)[1]).toBe("ConfigMap/old pending Deleting");
  expect(done.health).toBe("Progressing");
  expect(done.unhealthy[0]?.message).toContain("held by example.com/held");
  await stage.edit("v1", "ConfigMap", path, ({ metadata }) => void delete metadata["finalizers"]);
  expect(await app.assess(done)).toMatchObject({ health: "Healthy", unhealthy: [] });
});

test("a delete operation takes everything that is ours, in reverse order, whatever its number", async () => {
  const olds = Array.from({ length: 30 }, (_, index) => configMap(`o-${index}`));
  const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata: { name: "r" }, rules: [] };
  const app = await applied("deleted", [...olds, role]);
  const done = await app.sync(undefined, { kind: "delete" });
  expect(done.counts).toMatchObject({ prune: 32, refused: 0, failed: 0 });
  expect(outcomesOf(done).at(-1)).toBe("Role/r pruned NotDesired");
  expect(done.inventoryBlob.entries).toEqual([]);
  expect(await live("deleted", "keep")).toBeUndefined();
});
