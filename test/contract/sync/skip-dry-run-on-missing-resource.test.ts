import { afterAll, beforeAll, expect, test } from "vitest";
import type { RawObject } from "../../../schemas/artifact.ts";
import { crdAndObject } from "./builtin-kinds.ts";
import { newNamespace, outcomesOf, served, syncStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

/** The object first, then its CRD. */
const split = (group: string): [RawObject, RawObject] => {
  const [crd, object] = crdAndObject(group).sort((a, b) => a.kind.localeCompare(b.kind)) as [RawObject, RawObject];
  return [object, crd];
};

test("SkipDryRunOnMissingResource=true waits for a kind that something else brings during the sync", async () => {
  const namespace = await newNamespace(stage.client, "operator");
  const [object, crd] = split("operator.example");
  const app = stage.application("operator", { namespace, syncOptions: ["SkipDryRunOnMissingResource=true"] });
  const planned = await app.plan([object]);
  expect((await app.blobs.getJson<{ steps: { reason: string }[] }>(planned.plan)).steps[0]?.reason).toBe("KindLater");
  const applying = app.apply(planned);
  const kind = await served(stage.client, "apiextensions.k8s.io/v1", "CustomResourceDefinition");
  await stage.client.apply(kind, crd, { force: false });
  expect(outcomesOf(await applying)).toEqual(["Widget/one applied KindLater"]);
});

test("without it a kind that is not there fails at once", async () => {
  const namespace = await newNamespace(stage.client, "no-operator");
  const [object] = split("absent.example");
  const started = performance.now();
  const done = await stage.application("no-operator", { namespace }).sync([object]);
  expect(outcomesOf(done)).toEqual(["Widget/one failed KindUnknown"]);
  expect(performance.now() - started).toBeLessThan(5_000);
});
