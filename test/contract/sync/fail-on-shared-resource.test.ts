import { afterAll, beforeAll, expect, test } from "vitest";
import { SluiceError } from "../../../schemas/errors.ts";
import { configMap, createAs } from "./others.ts";
import { newNamespace, outcomesOf, syncStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

test("FailOnSharedResource=true fails the whole before anything is applied, with every shared object and its owner", async () => {
  const namespace = await newNamespace(stage.client, "shared");
  await stage.application("first", { namespace }).sync([configMap("one")]);
  const annotations = { "meta.helm.sh/release-name": "shop" };
  await createAs(stage, "helm", configMap("two", { annotations }), namespace);
  const app = stage.application("second", { namespace, syncOptions: ["FailOnSharedResource=true"] });
  const objects = [configMap("one"), configMap("two"), configMap("three")];
  const error = (await app.plan(objects).catch((thrown: unknown) => thrown)) as SluiceError;
  expect(error).toBeInstanceOf(SluiceError);
  expect(error.code).toBe("Conflict");
  expect(error.message).toContain("nothing of second was applied");
  expect(error.problems.map(({ path }) => path)).toEqual(["/ConfigMap/shared/one", "/ConfigMap/shared/two"]);
  expect(error.problems[0]?.message).toContain("application first");
  expect(error.problems[1]?.message).toContain("Helm release shop");
  expect(await stage.live("v1", "ConfigMap", { namespace, name: "three" })).toBeUndefined();
  // A comparison still says how things stand.
  expect((await app.plan(objects, { kind: "refresh" })).counts).toMatchObject({ refused: 2, create: 1 });
});

test("without it they are reported and left alone; one object alone may ask for it", async () => {
  const namespace = await newNamespace(stage.client, "reported");
  await stage.application("owner", { namespace }).sync([configMap("one")]);
  const app = stage.application("other", { namespace });
  expect(outcomesOf(await app.sync([configMap("one"), configMap("two")]))).toEqual([
    "ConfigMap/one refused OwnedByOther",
    "ConfigMap/two applied NotLive",
  ]);
  const strict = configMap("one", { options: "FailOnSharedResource=true" });
  await expect(app.plan([strict])).rejects.toThrow("application owner");
});
