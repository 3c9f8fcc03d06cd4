import { describe, expect, it } from "vitest";
import { checkAutomated, checkWaits } from "../../../domain/promotion/check-automated.ts";
import { ApplicationSpec } from "../../../schemas/kinds/application.ts";
import { PipelineSpec } from "../../../schemas/kinds/pipeline.ts";

const REPOSITORY = "https://git.example/acme/shop.git";
const application = (automated?: object) =>
  ApplicationSpec.parse({
    source: { repoURL: REPOSITORY },
    destination: { name: "eu" },
    syncPolicy: automated ? { automated } : {},
  });
const commit = { mode: "commit", commit: { repoURL: REPOSITORY, edits: [{ copy: { git: "m", from: "a", to: "b" } }] } };
const pipeline = (stage: object) =>
  PipelineSpec.parse({
    releaseSource: "shop",
    stages: [{ name: "prod", applications: { names: ["shop-*"] }, promotion: commit, ...stage }],
  });
const WAVES = { waves: [{ names: ["shop-eu"] }, {}] };
const known = (spec: PipelineSpec, us?: object) => ({
  applications: new Map([
    ["shop-eu", application()],
    ["shop-us", application(us)],
    ["other", application({})],
  ]),
  labels: new Map<string, Record<string, string>>(),
  pipelines: new Map([["shop", spec]]),
});

describe("a stage that commits wave by wave", () => {
  const spec = pipeline(WAVES);

  it("takes no application that syncs by itself, from whichever side it comes", () => {
    expect(checkAutomated(spec, known(spec, {}))).toMatchObject([
      { path: "spec.stages.0.waves", message: "shop-us would sync the commit without waiting for a wave" },
    ]);
    expect(checkWaits("shop-us", known(spec, {}))).toMatchObject([{ path: "spec.syncPolicy.automated" }]);
  });

  it("takes those that don't, and says nothing of others", () => {
    expect(checkAutomated(spec, known(spec))).toEqual([]);
    expect(checkAutomated(spec, known(spec, { enabled: false }))).toEqual([]);
    expect(checkWaits("shop-us", known(spec))).toEqual([]);
    expect(checkWaits("other", known(spec))).toEqual([]);
  });
});

it("a stage of one wave, or one that pins, takes any", () => {
  for (const spec of [pipeline({}), pipeline({ ...WAVES, promotion: {} })]) {
    expect(checkAutomated(spec, known(spec, {}))).toEqual([]);
    expect(checkWaits("shop-us", known(spec, {}))).toEqual([]);
  }
});
