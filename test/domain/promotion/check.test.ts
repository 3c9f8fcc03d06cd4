import { describe, expect, test } from "vitest";
import { checkPipeline, checkReleaseSource } from "../../../domain/promotion/check.ts";
import type { PipelineKnown } from "../../../domain/promotion/check-known.ts";
import { denyDeleteOfNamed, namersOf } from "../../../domain/promotion/namers.ts";
import { AnalysisTemplateSpec } from "../../../schemas/kinds/analysis-template.ts";
import { ApplicationSpec } from "../../../schemas/kinds/application.ts";
import { GatePolicySpec } from "../../../schemas/kinds/gate-policy.ts";
import type { PipelineSpec } from "../../../schemas/kinds/pipeline.ts";
import { ProjectSpec } from "../../../schemas/kinds/project.ts";
import { ReleaseSourceSpec } from "../../../schemas/kinds/release-source.ts";
import { pipelineOf } from "./world.ts";

const application = ApplicationSpec.parse({
  source: { repoURL: "https://git.example/shop.git", path: "deploy" },
  destination: { name: "prod", namespace: "shop" },
});
const source = (more: object = {}) =>
  ReleaseSourceSpec.parse({
    subscriptions: [
      { name: "web", git: { repoURL: "https://git.example/shop.git" } },
      { name: "image", image: { repoURL: "ghcr.io/acme/web" } },
    ],
    ...more,
  });

/** Three applications, labelled by their region. */
function known(more: Partial<PipelineKnown> = {}): PipelineKnown {
  const names = ["staging-a", "prod-a", "prod-b"];
  return {
    applications: new Map(names.map((name) => [name, application])),
    labels: new Map(names.map((name) => [name, { region: name.endsWith("a") ? "eu" : "us" }])),
    projects: new Map([["default", ProjectSpec.parse({ sourceRepos: ["*"] })]]),
    pipelines: new Map(),
    releaseSources: new Map([["shop", source()]]),
    gatePolicies: new Map(),
    ...more,
  };
}

const check = (spec: PipelineSpec, more: Partial<PipelineKnown> = {}) => checkPipeline("shop", spec, known(more));
const staging = { name: "staging" };
const prod = { name: "prod" };

describe("a pipeline at the door", () => {
  test("is taken when all it names is there", () => {
    expect(check(pipelineOf(staging, { ...prod, waves: [{ selector: "region=eu" }, {}] }))).toEqual([]);
  });

  test.each([
    ["a project", { ...pipelineOf(staging), project: "nope" }, "spec.project", "there is no Project nope"],
    [
      ...(["a release source", { ...pipelineOf(staging), releaseSource: "shopp" }] as const),
      ...(["spec.releaseSource", "there is no ReleaseSource shopp"] as const),
    ],
    [
      ...(["a stage before", pipelineOf(staging, { ...prod, after: ["stagin"] })] as const),
      ...(["spec.stages.1.after.0", "there is no stage stagin"] as const),
    ],
  ])("is refused with %s that is not there, with what was meant", (_, spec, path, message) => {
    expect(check(spec)).toContainEqual(expect.objectContaining({ path, message }));
  });

  test("knows what was meant", () => {
    expect(check(pipelineOf(staging, { ...prod, after: ["stagin"] }))).toMatchObject([
      { next: "did you mean staging?" },
    ]);
  });

  test("is refused with two stages of one name, or a stage before named twice", () => {
    expect(check(pipelineOf(staging, staging)).map(({ path }) => path)).toContain("spec.stages.1.name");
    expect(check(pipelineOf(staging, { ...prod, after: ["staging", "staging"] }))).toMatchObject([
      { path: "spec.stages.1.after.1", message: "stage staging is named twice" },
    ]);
  });

  test("is refused with stages in a circle, each with its way", () => {
    const circle = check(pipelineOf({ ...staging, after: ["prod"] }, { ...prod, after: ["staging"] }));
    expect(circle.map(({ path, message }) => [path, message])).toEqual([
      ["spec.stages.0.after.0", "stages wait for each other: staging after prod after staging"],
      ["spec.stages.1.after.0", "stages wait for each other: prod after staging after prod"],
    ]);
    expect(check(pipelineOf({ ...staging, after: ["staging"] }))).toMatchObject([{ path: "spec.stages.0.after.0" }]);
  });

  test("a circle over the stage that is before by its place is one too", () => {
    const spec = pipelineOf({ ...staging, after: ["prod"] }, prod);
    expect(check(spec)).toMatchObject([{ path: "spec.stages.0.after.0" }]);
  });

  test("is refused with a stage that selects nothing, and says what there is", () => {
    const none = check(pipelineOf({ ...staging, applications: { names: ["web-*"] } }));
    expect(none).toEqual([
      {
        path: "spec.stages.0.applications",
        message: "stage staging selects no application of project default",
        next: "the project's applications are prod-a, prod-b, staging-a",
      },
    ]);
    expect(check(pipelineOf(staging), { applications: new Map() })).toMatchObject([
      { next: "apply its applications first or together with this" },
    ]);
  });

  test("is refused with an application in two stages, here or in another pipeline", () => {
    const own = check(pipelineOf(staging, { ...prod, applications: { selector: "region=eu" } }));
    expect(own).toMatchObject([{ path: "spec.stages.1.applications", message: "staging-a is in stage staging too" }]);
    const other = check(pipelineOf(staging), { pipelines: new Map([["other", pipelineOf(staging)]]) });
    expect(other).toMatchObject([{ message: "staging-a is in stage staging of Pipeline other too" }]);
    expect(check(pipelineOf(staging), { pipelines: new Map([["shop", pipelineOf(staging)]]) })).toEqual([]);
  });

  test("names the applications of each stage that has them too", () => {
    const names = { names: ["staging-a", "prod-a", "prod-b"] };
    const first = pipelineOf({ name: "one", applications: { names: ["prod-a"] } });
    const spec = pipelineOf(staging, { ...prod, applications: names });
    expect(check(spec, { pipelines: new Map([["other", first]]) }).map(({ message }) => message)).toEqual([
      "prod-a is in stage one of Pipeline other too",
      "staging-a is in stage staging too",
    ]);
  });

  test("is refused with an application that no wave takes", () => {
    expect(check(pipelineOf(staging, { ...prod, waves: [{ selector: "region=eu" }] }))).toMatchObject([
      { path: "spec.stages.1.waves", message: "no wave takes prod-b" },
    ]);
  });

  test("is refused with selectors that are none, each at its place", () => {
    const spec = pipelineOf({ ...staging, applications: { selector: "a==b==c" }, waves: [{ selector: "!" }] });
    expect(check(spec).map(({ path }) => path)).toEqual([
      ...["spec.stages.0.applications.selector", "spec.stages.0.waves.0.selector"],
    ]);
  });
});

describe("subscriptions that stages name", () => {
  const commit = (...edits: object[]) => ({
    ...staging,
    promotion: { mode: "commit", commit: { repoURL: "https://git.example/shop.git", edits } },
  });

  test("have to be there, and of their kind", () => {
    const pin = { ...staging, promotion: { pin: [{ git: "image" }, { image: "nope" }] } };
    expect(check(pipelineOf(pin))).toMatchObject([
      { path: "spec.stages.0.promotion.pin.0.git", message: "subscription image is not of a Git repository" },
      { path: "spec.stages.0.promotion.pin.1.image", message: "the ReleaseSource has no subscription nope" },
    ]);
  });

  test("are found in every edit", () => {
    const value = { image: "imagee" };
    const spec = pipelineOf(
      commit(
        { yaml: { path: "a", key: "b", value } },
        { kustomize: { path: "a", images: [{ image: "imagee" }] } },
        { helm: { path: "a", values: [{ key: "b", value }], dependencies: [{ name: "x", chart: "y" }] } },
        { copy: { git: "webb", from: "a", to: "b" } },
      ),
    );
    const place = "spec.stages.0.promotion.commit.edits";
    expect(check(spec).map(({ path, next }) => [path, next])).toEqual([
      [`${place}.0.yaml.value.image`, "did you mean image?"],
      [`${place}.1.kustomize.images.0.image`, "did you mean image?"],
      [`${place}.2.helm.values.0.value.image`, "did you mean image?"],
      [`${place}.2.helm.dependencies.0.chart`, "it has no chart subscription"],
      [`${place}.3.copy.git`, "did you mean web?"],
    ]);
  });

  test("can't go away while a pipeline names them, and the source stays in its pipelines' project", () => {
    const pin = pipelineOf({ ...staging, promotion: { pin: [{ image: "image" }] } });
    const pipelines = new Map([["shop", pin]]);
    const less = source({ subscriptions: source().subscriptions.slice(0, 1) });
    expect(checkReleaseSource("shop", less, known({ pipelines }))).toMatchObject([
      {
        path: "spec.subscriptions",
        message: expect.stringContaining("Pipeline shop needs another one at spec.stages.0"),
      },
    ]);
    const projects = new Map(["default", "other"].map((name) => [name, ProjectSpec.parse({})]));
    expect(checkReleaseSource("shop", source({ project: "other" }), known({ pipelines, projects }))).toMatchObject([
      { path: "spec.project", message: "Pipeline shop uses it and is of project default" },
    ]);
    expect(check(pin, { projects, releaseSources: new Map([["shop", source({ project: "other" })]]) })).toMatchObject([
      { path: "spec.releaseSource" },
    ]);
  });
});

describe("dependencies between pipelines", () => {
  const dependsOn = (pipeline: string, stage: string) => ({ name: "other", dependency: { pipeline, stage } });

  test("are on stages that are there", () => {
    const spec = (gate: object) => pipelineOf({ ...staging, gates: [gate] });
    expect(check(spec(dependsOn("nope", "prod")))).toMatchObject([
      { path: "spec.stages.0.gates.0.dependency.pipeline", message: "there is no Pipeline nope" },
    ]);
    expect(check(spec(dependsOn("shop", "nope")))).toMatchObject([
      { path: "spec.stages.0.gates.0.dependency.stage", message: "Pipeline shop has no stage nope" },
    ]);
  });

  test("never open in a circle: over stages behind, over other pipelines, over policies", () => {
    const behind = pipelineOf({ ...staging, gates: [dependsOn("shop", "prod")] }, prod);
    expect(check(behind)).toMatchObject([
      {
        path: "spec.stages.0.gates.0.dependency",
        message: "the gate can never open: shop/prod waits for shop/staging",
      },
    ]);
    const other = pipelineOf({ name: "eu", applications: { names: ["x"] }, gates: [dependsOn("shop", "staging")] });
    const across = pipelineOf({ ...staging, gates: [dependsOn("other", "eu")] });
    expect(check(across, { pipelines: new Map([["other", other]]) })).toMatchObject([
      { path: "spec.stages.0.gates.0.dependency" },
    ]);
    const policy = GatePolicySpec.parse({ gates: [dependsOn("other", "eu")] });
    const byPolicy = pipelineOf({ ...staging, gates: [{ name: "shared", policy: "all" }] });
    expect(
      check(byPolicy, { pipelines: new Map([["other", other]]), gatePolicies: new Map([["all", policy]]) }),
    ).toMatchObject([{ path: "spec.stages.0.gates.0.policy" }]);
  });

  test("open where they go one way", () => {
    const other = pipelineOf({ name: "eu", applications: { names: ["x"] } });
    const spec = pipelineOf(staging, {
      ...prod,
      gates: [dependsOn("other", "eu"), dependsOn("shop", "staging")].map((gate, at) => ({ ...gate, name: `g${at}` })),
    });
    expect(check(spec, { pipelines: new Map([["other", other]]) })).toEqual([]);
  });
});

describe("what is named can't be deleted", () => {
  const metrics = { analysisTemplates: [{ name: "errors" }] };
  const pipeline = pipelineOf({
    ...staging,
    gates: [
      { name: "shared", policy: "all" },
      { name: "people", approval: { people: ["ada"] } },
      { name: "other", dependency: { pipeline: "base", stage: "x" } },
    ],
    verification: metrics,
  });
  const everything = {
    pipelines: new Map([["shop", pipeline]]),
    releaseSources: new Map([["shop", source()]]),
    gatePolicies: new Map([
      ["all", GatePolicySpec.parse({ gates: [{ name: "measured", verification: metrics }] })],
      ["pairs", GatePolicySpec.parse({ gates: [{ name: "pair", approval: { people: ["ada", "bob"] } }] })],
    ]),
    analysisTemplates: new Map([["both", AnalysisTemplateSpec.parse({ templates: [{ templateName: "errors" }] })]]),
  };

  test.each([
    ["Project", "default", ["Pipeline shop", "ReleaseSource shop"]],
    ["ReleaseSource", "shop", ["Pipeline shop"]],
    ["GatePolicy", "all", ["Pipeline shop"]],
    ["Pipeline", "base", ["Pipeline shop"]],
    ["AnalysisTemplate", "errors", ["AnalysisTemplate both", "GatePolicy all", "Pipeline shop"]],
    ["Account", "ada", ["GatePolicy pairs", "Pipeline shop"]],
    ["Account", "bob", ["GatePolicy pairs"]],
    ["Pipeline", "shop", []],
    ["GatePolicy", "unused", []],
  ] as const)("%s %s is named by %j", (kind, name, by) => {
    expect(namersOf(kind, name, everything)).toEqual(by);
  });

  test("and says by whom", () => {
    expect(denyDeleteOfNamed("GatePolicy", "all", everything)).toEqual({
      message: "GatePolicy all is used by Pipeline shop",
      next: "delete or change them first",
    });
    expect(denyDeleteOfNamed("GatePolicy", "unused", everything)).toBeUndefined();
  });
});
