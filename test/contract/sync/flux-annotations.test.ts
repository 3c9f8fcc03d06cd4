import { afterAll, beforeAll, expect, test } from "vitest";
import { configMap, applyAs } from "./others.ts";
import { newNamespace, outcomesOf, served, syncStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

const flux = (name: string, what: string, value: string, data = { a: "1" }) =>
  configMap(name, { data, annotations: { [`kustomize.toolkit.fluxcd.io/${what}`]: value } });
const live = (namespace: string) => stage.live("v1", "ConfigMap", { namespace, name: "one" });
const byHand = (namespace: string) =>
  stage.edit("v1", "ConfigMap", { namespace, name: "one" }, (object) => void (object["data"] = { a: "by hand" }));

test("`ssa: IfNotPresent` creates and then leaves alone what Git or a hand changes, and creates it again when it is gone", async () => {
  const namespace = await newNamespace(stage.client, "if-not-present");
  const app = stage.application("if-not-present", { namespace });
  const done = await app.sync([flux("one", "ssa", "IfNotPresent")]);
  expect(outcomesOf(done)).toEqual(["ConfigMap/one applied NotLive"]);
  // Nothing of it can drift, but it is ours.
  expect(done.inventoryBlob.entries).toMatchObject([{ fields: null, uid: expect.any(String) as string }]);
  await byHand(namespace);
  const changed = flux("one", "ssa", "IfNotPresent", { a: "2" });
  expect(outcomesOf(await app.sync([changed]))).toEqual(["ConfigMap/one unchanged Present"]);
  expect((await live(namespace))?.["data"]).toEqual({ a: "by hand" });
  // Without the annotation it is written as every other.
  await app.sync([configMap("one", { data: { a: "3" } })]);
  expect((await live(namespace))?.["data"]).toEqual({ a: "3" });
});

test("`ssa: Ignore` neither creates nor changes nor prunes", async () => {
  const namespace = await newNamespace(stage.client, "ignored");
  const app = stage.application("ignored", { namespace });
  const absent = await app.sync([flux("one", "ssa", "ignore"), configMap("two")]);
  expect(outcomesOf(absent)).toEqual(["ConfigMap/one unchanged Ignored", "ConfigMap/two applied NotLive"]);
  expect(absent.health).toBe("Healthy");
  expect(await live(namespace)).toBeUndefined();
  await app.sync([configMap("one"), configMap("two")]);
  const ignored = [flux("one", "ssa", "Ignore", { a: "2" }), configMap("two")];
  await app.sync(ignored);
  const object = await live(namespace);
  expect(object?.["data"]).toEqual({ a: "1" });
  const kind = await served(stage.client, "v1", "ConfigMap");
  await stage.client.delete(kind, namespace, "one", { uid: object?.metadata.uid ?? "" });
  const gone = await app.sync(ignored);
  expect(gone.inventoryBlob.entries.map(({ key }) => key.name)).toEqual(["two"]);
});

test("`ssa: Override` takes fields of other appliers, which the usual apply does not", async () => {
  const namespace = await newNamespace(stage.client, "overridden");
  const app = stage.application("overridden", { namespace });
  await app.sync([configMap("one")]);
  await applyAs(stage, "other-tool", configMap("one", { data: { a: "theirs" } }), namespace);
  expect(outcomesOf(await app.sync([configMap("one")]))).toEqual(["ConfigMap/one failed FieldConflict"]);
  expect(outcomesOf(await app.sync([flux("one", "ssa", "Override")]))).toEqual([
    "ConfigMap/one applied DesiredChanged",
  ]);
  expect((await live(namespace))?.["data"]).toEqual({ a: "1" });
});

test("`reconcile: disabled` leaves alone, in Git or put on the live object by an operator, also from a prune", async () => {
  const namespace = await newNamespace(stage.client, "paused");
  const app = stage.application("paused", { namespace });
  await app.sync([configMap("one"), configMap("keep")]);
  await stage.edit("v1", "ConfigMap", { namespace, name: "one" }, (object) => {
    object.metadata.annotations = {
      ...object.metadata.annotations,
      "kustomize.toolkit.fluxcd.io/reconcile": "disabled",
    };
    object["data"] = { a: "by hand" };
  });
  const done = await app.sync([configMap("one"), configMap("keep")]);
  expect(outcomesOf(done)).toEqual(["ConfigMap/keep unchanged Recorded", "ConfigMap/one unchanged Paused"]);
  // It is ours still, and the watch has nothing to compare it with.
  expect(done.inventoryBlob.entries.find(({ key }) => key.name === "one")).toMatchObject({ fields: null });
  expect(outcomesOf(await app.sync([configMap("keep")]))).toContain("ConfigMap/one refused Protected");
  expect((await live(namespace))?.["data"]).toEqual({ a: "by hand" });
});

test("`prune: disabled` keeps an object that left Git", async () => {
  const namespace = await newNamespace(stage.client, "kept");
  const app = stage.application("kept", { namespace });
  await app.sync([flux("one", "prune", "Disabled"), configMap("keep")]);
  expect(outcomesOf(await app.sync([configMap("keep")]))).toContain("ConfigMap/one refused Protected");
});
