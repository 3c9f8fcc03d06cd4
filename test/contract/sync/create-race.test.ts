import { afterAll, beforeAll, expect, test } from "vitest";
import { TRACKING_ANNOTATION } from "../../../schemas/ids.ts";
import { configMap, createAs } from "./others.ts";
import { newNamespace, outcomesOf, syncStage, type Stage, type TestApplication } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

const live = (namespace: string, name = "one") => stage.live("v1", "ConfigMap", { namespace, name });

/** Two applications that have both planned before either applies. */
async function race(name: string, create?: (namespace: string) => Promise<unknown>): Promise<string[][]> {
  const namespace = await newNamespace(stage.client, name);
  await create?.(namespace);
  const apps = ["first", "second"].map((owner) => stage.application(`${name}-${owner}`, { namespace }));
  const plans = await Promise.all(apps.map((app) => app.plan([configMap("one", { data: { owner: app.name } })])));
  const results = await Promise.all(apps.map((app, index) => app.apply(plans[index]!)));
  const winner = apps.find((_, index) => results[index]?.counts.refused === 0) as TestApplication;
  const object = await live(namespace);
  expect(object?.["data"]).toEqual({ owner: winner.name });
  expect(object?.metadata.annotations?.[TRACKING_ANNOTATION]).toContain(`${winner.name}:`);
  const loser = results.find(({ counts }) => counts.refused === 1);
  expect(loser?.refused[0]?.message).toContain(`it belongs to application ${winner.name}`);
  expect(loser?.inventoryBlob.entries).toEqual([]);
  return results.map(outcomesOf);
}

test("of two applications that create one object at the same moment one is refused", async () => {
  for (let round = 0; round < 5; round += 1) {
    expect((await race(`created-${round}`)).flat().sort()).toEqual([
      "ConfigMap/one applied NotLive",
      "ConfigMap/one refused OwnedByOther",
    ]);
  }
});

test("of two applications that take over one object at the same moment one is refused", async () => {
  for (let round = 0; round < 5; round += 1) {
    const outcomes = await race(`taken-${round}`, (namespace) =>
      createAs(stage, "kubectl-client-side-apply", configMap("one"), namespace),
    );
    expect(outcomes.flat().sort()).toEqual(["ConfigMap/one applied NotRecorded", "ConfigMap/one refused OwnedByOther"]);
  }
});

test("an object that somebody creates between plan and apply is adopted by the rules, not written over blindly", async () => {
  const namespace = await newNamespace(stage.client, "meanwhile");
  const app = stage.application("meanwhile", { namespace });
  const planned = await app.plan([configMap("one"), configMap("theirs")]);
  await createAs(stage, "somebody", configMap("one", { data: { other: "x" } }), namespace);
  const annotations = { "meta.helm.sh/release-name": "shop" };
  await createAs(stage, "helm", configMap("theirs", { data: { a: "theirs" }, annotations }), namespace);
  const done = await app.apply(planned);
  expect(outcomesOf(done)).toEqual(["ConfigMap/one applied NotLive", "ConfigMap/theirs refused ManagedByOther"]);
  expect((await live(namespace))?.["data"]).toEqual({ a: "1", other: "x" });
  expect((await live(namespace, "theirs"))?.["data"]).toEqual({ a: "theirs" });
});

test("a create whose answer was lost is found to be ours when it is tried again", async () => {
  const namespace = await newNamespace(stage.client, "lost");
  const app = stage.application("lost", { namespace });
  const planned = await app.plan([configMap("one")]);
  await app.apply(planned);
  const again = await app.apply(planned);
  expect(outcomesOf(again)).toEqual(["ConfigMap/one applied NotLive"]);
  expect(again.failures).toEqual([]);
});
