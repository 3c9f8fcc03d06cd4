import { afterAll, beforeAll, expect, test } from "vitest";
import { configMap } from "./others.ts";
import { newNamespace, outcomesOf, syncStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

test("Delete decides what goes with the application: false stays, confirm waits for a yes", async () => {
  const namespace = await newNamespace(stage.client, "gone");
  const app = stage.application("gone", { namespace });
  await app.sync([
    configMap("asked", { options: "Delete=confirm" }),
    configMap("kept", { options: "Delete=false" }),
    configMap("freed", { options: "Prune=false,Delete=true" }),
    configMap("plain"),
  ]);
  const first = await app.sync(undefined, { kind: "delete" });
  expect(outcomesOf(first).sort()).toEqual([
    "ConfigMap/asked refused NotConfirmed",
    "ConfigMap/freed pruned NotDesired",
    "ConfigMap/kept refused Protected",
    "ConfigMap/plain pruned NotDesired",
  ]);
  const second = await app.apply(await app.plan(undefined, { kind: "delete" }), undefined, { confirmed: true });
  expect(outcomesOf(second).sort()).toEqual(["ConfigMap/asked pruned NotDesired", "ConfigMap/kept refused Protected"]);
  const left = await stage.live("v1", "ConfigMap", { namespace, name: "kept" });
  expect(left?.metadata["deletionTimestamp"]).toBeUndefined();
});

test("Delete is no matter of a prune, and Delete=false of the application holds for all of it", async () => {
  const namespace = await newNamespace(stage.client, "whole");
  const app = stage.application("whole", { namespace, syncOptions: ["Delete=false"] });
  await app.sync([configMap("one"), configMap("two", { options: "Delete=false" })]);
  expect((await app.sync([configMap("one")])).counts).toMatchObject({ prune: 1 });
  const done = await app.sync(undefined, { kind: "delete" });
  expect(outcomesOf(done)).toEqual(["ConfigMap/one refused Protected"]);
});
