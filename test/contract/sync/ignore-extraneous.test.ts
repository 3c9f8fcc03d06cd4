import { afterAll, beforeAll, expect, test } from "vitest";
import { configMap } from "./others.ts";
import { newNamespace, outcomesOf, syncStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

const keep = configMap("keep");

test("IgnoreExtraneous: an object that left Git and may not be pruned makes nobody OutOfSync, and is still pruned when it may", async () => {
  const namespace = await newNamespace(stage.client, "extraneous");
  const app = stage.application("extraneous", { namespace, prune: false });
  const annotations = { "argocd.argoproj.io/compare-options": "IgnoreExtraneous" };
  await app.sync([keep, configMap("generated", { annotations }), configMap("plain")]);
  const planned = await app.plan([keep]);
  expect(planned.counts).toMatchObject({ unchanged: 2, refused: 1 });
  const done = await app.apply(planned);
  expect(outcomesOf(done)).toEqual([
    "ConfigMap/keep unchanged Recorded",
    "ConfigMap/plain refused PruneDisabled",
    "ConfigMap/generated unchanged Extraneous",
  ]);
  // It is still ours.
  const pruned = await app.sync([keep], { prune: true });
  expect(outcomesOf(pruned).sort()).toEqual([
    "ConfigMap/generated pruned NotDesired",
    "ConfigMap/keep unchanged Recorded",
    "ConfigMap/plain pruned NotDesired",
  ]);
});
