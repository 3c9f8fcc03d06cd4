import { afterAll, beforeAll, expect, test } from "vitest";
import { configMap } from "./others.ts";
import { newNamespace, outcomesOf, syncStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

const live = (namespace: string, name: string) => stage.live("v1", "ConfigMap", { namespace, name });
const keep = configMap("keep");

test("Prune=confirm waits for an operator's yes, and without it the object stays and says so", async () => {
  const namespace = await newNamespace(stage.client, "guarded");
  const app = stage.application("guarded", { namespace });
  await app.sync([keep, configMap("old", { options: "Prune=confirm" })]);
  const planned = await app.plan([keep]);
  const refused = await app.apply(planned);
  expect(refused.planBlob.steps[1]).toMatchObject({ action: "prune", confirm: true });
  expect(refused.refused).toMatchObject([{ object: "/ConfigMap/guarded/old", reason: "NotConfirmed" }]);
  expect(refused.refused[0]?.message).toContain("its sync option Prune=confirm");
  expect(await live(namespace, "old")).toBeDefined();

  const done = await app.apply(await app.plan([keep]), undefined, { confirmed: true });
  expect(outcomesOf(done)).toEqual(["ConfigMap/keep unchanged Recorded", "ConfigMap/old pruned NotDesired"]);
  expect(await live(namespace, "old")).toBeUndefined();
});

test("a yes does not free what Prune=false keeps, and one for the application holds for objects without a word of their own", async () => {
  const namespace = await newNamespace(stage.client, "levels");
  const app = stage.application("levels", { namespace, syncOptions: ["Prune=confirm"] });
  const own = [configMap("kept", { options: "Prune=false" }), configMap("free", { options: "Prune=true" })];
  await app.sync([keep, ...own, configMap("asked")]);
  const planned = await app.plan([keep]);
  const { steps } = await app.blobs.getJson<{ steps: { key: { name: string }; confirm?: true }[] }>(planned.plan);
  expect(steps.filter(({ confirm }) => confirm).map(({ key }) => key.name)).toEqual(["asked"]);
  const done = await app.apply(planned, undefined, { confirmed: true });
  expect(outcomesOf(done).sort()).toEqual([
    "ConfigMap/asked pruned NotDesired",
    "ConfigMap/free pruned NotDesired",
    "ConfigMap/keep unchanged Recorded",
    "ConfigMap/kept refused Protected",
  ]);
});
