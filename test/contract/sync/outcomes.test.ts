import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RawObject } from "../../../schemas/artifact.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import { crdAndObject } from "./builtin-kinds.ts";
import { newNamespace, outcomesOf, served, syncStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

const configMap = (name: string, namespace?: string): RawObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  data: { a: "1" },
});
const many = (count: number, from = 0): RawObject[] =>
  Array.from({ length: count }, (_, index) => configMap(`c-${String(from + index).padStart(2, "0")}`));

test("one bad object of 50 hides none of the other 49, and nothing is pruned", async () => {
  const app = stage.application("fifty", { namespace: await newNamespace(stage.client, "fifty") });
  const before = await app.sync([configMap("old")]);
  expect(before.failures).toEqual([]);

  const bad = configMap("c-49");
  bad["data"] = { "not a valid key!": "1" };
  const done = await app.sync([...many(49), bad]);
  expect(done.counts).toMatchObject({ create: 49, failed: 1, refused: 1, prune: 0 });
  expect(done.failures).toHaveLength(1);
  expect(done.failures[0]).toMatchObject({ object: "/ConfigMap/fifty/c-49", reason: "ApplyFailed" });
  expect(done.failures[0]?.message).toContain("not a valid key!");
  expect(done.refused).toMatchObject([{ object: "/ConfigMap/fifty/old", reason: "ApplyFailed" }]);
  expect(await stage.live("v1", "ConfigMap", { namespace: "fifty", name: "old" })).toBeDefined();
  expect(done.inventoryBlob.entries.filter(({ uid }) => uid !== null)).toHaveLength(50);

  // Repaired, only what is missing is applied, and the old one goes.
  const repaired = await app.sync(many(50));
  expect(repaired.counts).toMatchObject({ create: 1, unchanged: 49, prune: 1, failed: 0 });
  expect(await stage.live("v1", "ConfigMap", { namespace: "fifty", name: "old" })).toBeUndefined();
});

test("a CRD and an object of its kind are applied in one sync, and a failing CRD is why its objects fail", async () => {
  const app = stage.application("widgets", { namespace: await newNamespace(stage.client, "widgets") });
  const objects = crdAndObject("late.example");
  expect(await app.steps(objects)).toEqual([
    "CustomResourceDefinition/widgets.late.example create NotLive",
    "Widget/one create KindLater",
  ]);
  const done = await app.sync(objects);
  expect(outcomesOf(done)).toEqual([
    "CustomResourceDefinition/widgets.late.example applied NotLive",
    "Widget/one applied KindLater",
  ]);
  expect(done.health).toBe("Healthy");
  expect(done.planned.resources).toEqual([
    "apiextensions.k8s.io/v1/customresourcedefinitions",
    "late.example/v1/widgets",
  ]);

  const broken = crdAndObject("broken.example", { defaulted: 5 });
  const failed = await app.sync([...objects, ...broken, configMap("beside")]);
  expect(failed.failures.map(({ object, reason }) => `${object} ${reason}`)).toEqual([
    "apiextensions.k8s.io/CustomResourceDefinition//widgets.broken.example ApplyFailed",
    "broken.example/Widget/widgets/one Blocked",
  ]);
  expect(failed.failures[1]?.message).toContain("widgets.broken.example could not be applied");
  expect(failed.counts).toMatchObject({ create: 1, unchanged: 2, failed: 2 });
});

test("a kind that nobody declares fails alone, with the next step", async () => {
  const app = stage.application("unknown", { namespace: await newNamespace(stage.client, "unknown") });
  const [widget] = crdAndObject("nowhere.example");
  const done = await app.sync([widget as RawObject, configMap("beside")]);
  expect(done.failures).toMatchObject([{ object: "nowhere.example/Widget/unknown/one", reason: "KindUnknown" }]);
  expect(done.failures[0]?.message).toContain("install its CRD");
  expect(done.counts).toMatchObject({ create: 1, failed: 1 });
});

describe("namespaces", () => {
  test("a missing namespace fails its objects, CreateNamespace=true makes it, and no one prunes it", async () => {
    const without = stage.application("no-namespace", { namespace: "made" });
    const failed = await without.sync([configMap("one")]);
    expect(failed.failures[0]?.message).toContain('namespaces "made" not found');

    const app = stage.application("with-namespace", { namespace: "made", syncOptions: ["CreateNamespace=true"] });
    expect(outcomesOf(await app.sync([configMap("one")]))).toEqual(["ConfigMap/one applied NotLive"]);
    const namespace = await stage.live("v1", "Namespace", { name: "made" });
    expect(namespace?.metadata.annotations).toBeUndefined();
    const gone = await app.sync(undefined, { kind: "delete" });
    expect(outcomesOf(gone)).toEqual(["ConfigMap/one pruned NotDesired"]);
    expect((await stage.live("v1", "Namespace", { name: "made" }))?.metadata["deletionTimestamp"]).toBeUndefined();
  });

  test("the objects of a namespace that can't be applied say so, the others are applied", async () => {
    const app = stage.application("blocked", { namespace: "default" });
    const namespace = {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "blocked", labels: { "not a label!": "x" } },
    };
    const done = await app.sync([namespace, configMap("inside", "blocked"), configMap("outside", "default")]);
    expect(outcomesOf(done)).toEqual([
      "Namespace/blocked failed ApplyFailed",
      "ConfigMap/inside failed Blocked",
      "ConfigMap/outside applied NotLive",
    ]);
    expect(done.failures[1]?.message).toContain("its Namespace blocked could not be applied");
  });
});

describe("conflicts", () => {
  const theirs = async (namespace: string, method: { manager: string; type: string }): Promise<void> => {
    const path = `/api/v1/namespaces/${namespace}/configmaps/shared?fieldManager=${method.manager}`;
    const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "shared" }, data: { a: "theirs" } };
    const answer = await stage.servers.cluster.request(path, { method: "PATCH", contentType: method.type, body });
    expect(answer.status).toBeLessThan(300);
  };

  test("fields that were never ours are a conflict with their owner and the next step; Force=true takes them", async () => {
    const namespace = await newNamespace(stage.client, "conflict");
    await theirs(namespace, { manager: "helm", type: "application/apply-patch+yaml" });
    const app = stage.application("conflict", { namespace });
    const done = await app.sync([configMap("shared"), configMap("beside")]);
    expect(outcomesOf(done)).toEqual(["ConfigMap/beside applied NotLive", "ConfigMap/shared failed FieldConflict"]);
    expect(done.reportBlob.outcomes[1]?.conflicts).toEqual([{ manager: "helm", field: ".data.a" }]);
    expect(done.failures[0]?.message).toBe(
      "helm owns .data.a; remove them from Git, or take them over with the sync option Force=true",
    );
    const forced = stage.application("conflict", { namespace, syncOptions: ["Force=true"] });
    expect(outcomesOf(await forced.sync([configMap("shared")]))).toEqual(["ConfigMap/shared applied NotRecorded"]);
  });

  test("what was ours and was edited by hand is taken back; what another applier forced over is not", async () => {
    const namespace = await newNamespace(stage.client, "taken");
    const app = stage.application("taken", { namespace });
    await app.sync([configMap("shared")]);
    await theirs(namespace, { manager: "kubectl-edit", type: "application/merge-patch+json" });
    const healed = await app.sync([configMap("shared")]);
    expect(outcomesOf(healed)).toEqual(["ConfigMap/shared applied Drifted"]);
    expect(healed.reportBlob.outcomes[0]?.conflicts).toEqual([{ manager: "kubectl-edit", field: ".data.a" }]);
    const live = await stage.live("v1", "ConfigMap", { namespace, name: "shared" });
    expect(live?.["data"]).toEqual({ a: "1" });

    await theirs(namespace, { manager: "other-tool&force=true", type: "application/apply-patch+yaml" });
    const refused = await app.sync([configMap("shared")]);
    expect(outcomesOf(refused)).toEqual(["ConfigMap/shared failed FieldConflict"]);
    expect(refused.reportBlob.outcomes[0]?.conflicts).toEqual([{ manager: "other-tool", field: ".data.a" }]);
  });
});

test("an object of another application is refused, the others are applied, and the claim is not in the inventory", async () => {
  const namespace = await newNamespace(stage.client, "claimed");
  await stage.application("first", { namespace }).sync([configMap("one")]);
  const second = stage.application("second", { namespace });
  const done = await second.sync([configMap("one"), configMap("two")]);
  expect(outcomesOf(done)).toEqual(["ConfigMap/one refused OwnedByOther", "ConfigMap/two applied NotLive"]);
  expect(done.refused[0]?.message).toContain("it belongs to application first");
  expect(done.inventoryBlob.entries.map(({ key }) => key.name)).toEqual(["two"]);
  const live = await stage.live("v1", "ConfigMap", { namespace, name: "one" });
  expect(live?.metadata.labels?.["sluice.dev/application"]).toBe("first");
});

test("objects that the Project does not allow fail the plan with the list, and nothing is applied", async () => {
  const namespace = await newNamespace(stage.client, "denied");
  const project = {
    clusterResourceWhitelist: [],
    namespaceResourceBlacklist: [{ group: "", kind: "Secret" }],
    destinations: [{ name: "test", namespace: "denied" }],
  };
  const app = stage.application("denied", { namespace, project });
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "s" } };
  const other = { apiVersion: "v1", kind: "Namespace", metadata: { name: "other" } };
  const objects = [configMap("fine"), secret, other, configMap("elsewhere", "default")];
  const error = await app.plan(objects).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SluiceError);
  expect((error as SluiceError).code).toBe("Forbidden");
  expect((error as SluiceError).problems.map(({ path }) => path)).toEqual([
    "/Namespace//other",
    "/Secret/denied/s",
    "/ConfigMap/default/elsewhere",
  ]);
  expect(await stage.live("v1", "ConfigMap", { namespace, name: "fine" })).toBeUndefined();
});

test("an object that is deleted or replaced between plan and apply is applied onto what is there then", async () => {
  const namespace = await newNamespace(stage.client, "raced");
  const app = stage.application("raced", { namespace });
  const changed = (name: string): RawObject => ({ ...configMap(name), data: { a: "2" } });
  await app.sync([configMap("one"), configMap("two")]);
  const planned = await app.plan([changed("one"), changed("two")]);
  const kind = await served(stage.client, "v1", "ConfigMap");
  const uid = (name: string) =>
    stage.live("v1", "ConfigMap", { namespace, name }).then((live) => live?.metadata.uid ?? "");
  for (const name of ["one", "two"]) await stage.client.delete(kind, namespace, name, { uid: await uid(name) });
  await stage.client.apply(kind, configMap("two", namespace), { force: false });
  const done = await app.apply(planned);
  expect(outcomesOf(done)).toEqual(["ConfigMap/one applied DesiredChanged", "ConfigMap/two applied DesiredChanged"]);
  expect((await app.steps([changed("one"), changed("two")])).every((step) => step.includes("unchanged"))).toBe(true);
});

test("a cancelled apply returns what it did; the next one finishes it", async () => {
  const app = stage.application("cancelled", { namespace: await newNamespace(stage.client, "cancelled") });
  const objects = many(40);
  const planned = await app.plan(objects);
  const controller = new AbortController();
  const apply = stage.client.apply.bind(stage.client);
  let calls = 0;
  stage.client.apply = async (...parameters) => {
    if (++calls === 10) controller.abort();
    return await apply(...parameters);
  };
  const cut = await app.apply(planned, controller.signal).finally(() => (stage.client.apply = apply));
  expect(cut.interrupted).toBe(true);
  const applied = cut.reportBlob.outcomes.filter(({ result }) => result === "applied").length;
  expect(applied).toBeGreaterThanOrEqual(10);
  expect(applied).toBeLessThan(40);
  expect(cut.counts).toMatchObject({ create: applied, failed: 0 });
  const rest = await app.sync(objects);
  expect(rest.counts).toMatchObject({ unchanged: applied, create: 40 - applied });
});

test("an object that is being deleted is created anew once it is gone", async () => {
  const namespace = await newNamespace(stage.client, "recreated");
  const app = stage.application("recreated", { namespace });
  await app.sync([configMap("held")]);
  const path = { namespace, name: "held" };
  await stage.edit("v1", "ConfigMap", path, (live) => void (live.metadata["finalizers"] = ["example.com/held"]));
  const kind = await served(stage.client, "v1", "ConfigMap");
  const uid = (await stage.live("v1", "ConfigMap", path))?.metadata.uid ?? "";
  await stage.client.delete(kind, namespace, "held", { uid });

  const planned = await app.plan([configMap("held")]);
  const applying = app.apply(planned);
  await stage.edit("v1", "ConfigMap", path, (live) => void delete live.metadata["finalizers"]);
  const done = await applying;
  expect(outcomesOf(done)).toEqual(["ConfigMap/held applied Terminating"]);
  expect(done.inventoryBlob.entries[0]?.uid).not.toBe(uid);
});

test("assess reads health anew", async () => {
  const namespace = await newNamespace(stage.client, "assessed");
  const app = stage.application("assessed", { namespace });
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "lb" },
    spec: { type: "LoadBalancer", selector: { app: "x" }, ports: [{ port: 80 }] },
  };
  const done = await app.sync([service, configMap("one")]);
  expect(done.health).toBe("Progressing");
  expect(done.unhealthy).toMatchObject([{ object: "/Service/assessed/lb", reason: "Progressing" }]);
  expect((await app.assess(done)).health).toBe("Progressing");
  const status = { status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } } };
  await stage.servers.cluster.request(`/api/v1/namespaces/${namespace}/services/lb/status`, {
    method: "PATCH",
    contentType: "application/merge-patch+json",
    body: status,
  });
  expect(await app.assess(done)).toMatchObject({ health: "Healthy", unhealthy: [] });
});
