import { afterAll, beforeAll, expect, test } from "vitest";
import { configMap } from "./others.ts";
import { newNamespace, outcomesOf, syncStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

test.each([
  ["nobody says", [], "unchanged Recorded"],
  ["it is true", ["ApplyOutOfSyncOnly=true"], "unchanged Recorded"],
  ["it is false", ["ApplyOutOfSyncOnly=false"], "applied ApplyAll"],
])("when %s, an object that is as it was applied is %s: %s", async (_, syncOptions, outcome) => {
  const name = outcome.includes("All") ? "apply-all" : `differing-${syncOptions.length}`;
  const namespace = await newNamespace(stage.client, name);
  const app = stage.application(name, { namespace, syncOptions });
  await app.sync([configMap("one")]);
  expect(outcomesOf(await app.sync([configMap("one")]))).toEqual([`ConfigMap/one ${outcome}`]);
});

test("a comparison finds nothing to do whatever it says, and one object may be applied always", async () => {
  const namespace = await newNamespace(stage.client, "only-one");
  const app = stage.application("only-one", { namespace, syncOptions: ["ApplyOutOfSyncOnly=false"] });
  const objects = [configMap("always"), configMap("differing", { options: "ApplyOutOfSyncOnly=true" })];
  await app.sync(objects);
  expect(outcomesOf(await app.sync(objects))).toEqual([
    "ConfigMap/always applied ApplyAll",
    "ConfigMap/differing unchanged Recorded",
  ]);
  expect((await app.plan(objects, { kind: "refresh" })).counts).toMatchObject({ unchanged: 2, update: 0 });
});
