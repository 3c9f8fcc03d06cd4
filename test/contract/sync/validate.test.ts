import { afterAll, beforeAll, expect, test } from "vitest";
import type { RawObject } from "../../../schemas/artifact.ts";
import { newNamespace, outcomesOf, syncStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

const service = (options?: string): RawObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", ...(options ? { annotations: { "argocd.argoproj.io/sync-options": options } } : {}) },
  spec: { bogus: 1, selector: { app: "web" }, ports: [{ port: 80, wrong: { deep: true } }] },
});

test("a field that the kind does not know fails its object, and Validate=false leaves the field out and says which", async () => {
  const namespace = await newNamespace(stage.client, "unknown-field");
  const strict = await stage.application("unknown-field", { namespace }).sync([service()]);
  expect(outcomesOf(strict)).toEqual(["Service/web failed ApplyFailed"]);
  expect(strict.failures[0]?.message).toContain(".spec.bogus: field not declared in schema");

  for (const [name, syncOptions, object] of [
    ["unknown-field", ["Validate=false"], service()],
    ["unknown-field", [], service("Validate=false")],
  ] as const) {
    const app = stage.application(name, { namespace, syncOptions: [...syncOptions] });
    const done = await app.sync([object]);
    expect(outcomesOf(done)).toMatchObject([/^Service\/web applied/].map((pattern) => expect.stringMatching(pattern)));
    expect(done.reportBlob.outcomes[0]?.message).toContain(".spec.bogus");
    const live = await stage.live("v1", "Service", { namespace, name: "web" });
    expect(live?.["spec"]).toMatchObject({ ports: [{ port: 80 }], selector: { app: "web" } });
    expect(await app.steps([object])).toEqual(["Service/web unchanged Recorded"]);
  }
});

test("Validate=true on the object is stricter than its application", async () => {
  const namespace = await newNamespace(stage.client, "strict-object");
  const app = stage.application("strict-object", { namespace, syncOptions: ["Validate=false"] });
  expect(outcomesOf(await app.sync([service("Validate=true")]))).toEqual(["Service/web failed ApplyFailed"]);
});
