import { afterAll, beforeAll, expect, test } from "vitest";
import { builtinKinds, crdAndObject } from "./builtin-kinds.ts";
import { configMap, managersOf } from "./others.ts";
import { newNamespace, outcomesOf, syncStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

const live = (namespace: string) => stage.live("v1", "ConfigMap", { namespace, name: "one" });
const addTheirs = (namespace: string) =>
  stage.edit("v1", "ConfigMap", { namespace, name: "one" }, (object) => {
    object["data"] = { ...(object["data"] as object), theirs: "x" };
    object.metadata["finalizers"] = ["example.com/held"];
  });

test("Replace=true writes the whole object: what others added goes, finalizers and the uid stay, and it is as applied after", async () => {
  const namespace = await newNamespace(stage.client, "replaced");
  const app = stage.application("replaced", { namespace, syncOptions: ["Replace=true"] });
  await app.sync([configMap("one")]);
  const before = await addTheirs(namespace);
  const done = await app.sync([configMap("one", { data: { a: "2" } })]);
  expect(outcomesOf(done)).toEqual(["ConfigMap/one applied DesiredChanged"]);
  const after = await live(namespace);
  expect(after?.["data"]).toEqual({ a: "2" });
  expect(after?.metadata.uid).toBe(before.metadata.uid);
  expect(after?.metadata["finalizers"]).toEqual(["example.com/held"]);
  expect(managersOf(after)).not.toContain("sluice Update");
  expect(await app.steps([configMap("one", { data: { a: "2" } })])).toEqual(["ConfigMap/one unchanged Recorded"]);
  // A field that leaves Git goes with a plain apply too: nobody else holds it.
  const plain = stage.application("replaced", { namespace });
  plain.inventory = undefined;
  await plain.sync([configMap("one", { data: {} })]);
  expect((await live(namespace))?.["data"]).toBeUndefined();
});

test("without it what others added stays, and an operation may ask for it once", async () => {
  const namespace = await newNamespace(stage.client, "merged");
  const app = stage.application("merged", { namespace });
  await app.sync([configMap("one")]);
  await addTheirs(namespace);
  await app.sync([configMap("one", { data: { a: "2" } })]);
  expect((await live(namespace))?.["data"]).toEqual({ a: "2", theirs: "x" });
  await app.sync([configMap("one", { data: { a: "3" } })], { options: { replace: true } });
  expect((await live(namespace))?.["data"]).toEqual({ a: "3" });
});

test("Replace=true with Force=true deletes and creates anew whatever is to be written", async () => {
  const namespace = await newNamespace(stage.client, "anew");
  const app = stage.application("anew", { namespace });
  const object = (value: string) => configMap("one", { data: { a: value }, options: "Replace=true,Force=true" });
  await app.sync([object("1")]);
  const before = await live(namespace);
  const done = await app.sync([object("2")]);
  expect(done.counts).toMatchObject({ recreate: 1 });
  const after = await live(namespace);
  expect(after?.["data"]).toEqual({ a: "2" });
  expect(after?.metadata.uid).not.toBe(before?.metadata.uid);
  expect(await app.steps([object("2")])).toEqual(["ConfigMap/one unchanged Recorded"]);
});

test("a kind that is replaced as it is, with what the API server gave it, is as applied after: every common kind", async () => {
  const namespace = await newNamespace(stage.client, "every-kind");
  const app = stage.application("every-kind", { namespace, syncOptions: ["ApplyOutOfSyncOnly=false"] });
  // A Job's selector and labels are the API server's, and a PUT without them is another Job: there Force=true is needed too.
  const objects = [...builtinKinds(namespace), ...crdAndObject("replaced.example")].filter(
    ({ kind }) => kind !== "Job",
  );
  expect((await app.sync(objects)).failures).toEqual([]);
  const done = await app.sync(objects, { options: { replace: true } });
  expect(done.failures).toEqual([]);
  expect(done.counts).toMatchObject({ update: objects.length });
  app.configure({ syncOptions: [] });
  expect((await app.steps(objects)).filter((step) => !step.includes("unchanged Recorded"))).toEqual([]);
});
