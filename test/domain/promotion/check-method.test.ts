import { describe, expect, it } from "vitest";
import { checkMethods } from "../../../domain/promotion/check-method.ts";
import { ApplicationSpec } from "../../../schemas/kinds/application.ts";
import { PipelineSpec } from "../../../schemas/kinds/pipeline.ts";
import { ProjectSpec } from "../../../schemas/kinds/project.ts";

const REPOSITORY = "https://git.example/acme/shop.git";
const known = (sourceRepos = ["*"]) => ({
  applications: new Map([
    ["shop", ApplicationSpec.parse({ source: { repoURL: "git@git.example:acme/shop" }, destination: { name: "eu" } })],
  ]),
  labels: new Map(),
  projects: new Map([["default", ProjectSpec.parse({ sourceRepos, destinations: [{ name: "*", namespace: "*" }] })]]),
  ...{ pipelines: new Map(), releaseSources: new Map(), gatePolicies: new Map() },
});
const value = { image: "web", part: "tag" };
const findings = (promotion: object, repositories?: string[], applications: object = { names: ["*"] }) =>
  checkMethods(
    PipelineSpec.parse({ releaseSource: "shop", stages: [{ name: "prod", applications, promotion }] }),
    known(repositories),
  );
const commit = (more: object, edits: object[] = [{ yaml: { path: "a.yaml", key: "a", value } }]) => ({
  mode: "commit",
  commit: { repoURL: REPOSITORY, edits, ...more },
});
const PLACE = "spec.stages.0.promotion";

describe("how releases come into stages", () => {
  it("is right with a repository that an application reads, however it is spelled", () => {
    expect(findings(commit({}))).toEqual([]);
    expect(findings({ mode: "pin", pin: [{ helmParameter: "a", value }] })).toEqual([]);
  });

  it("is refused for a repository that nobody may use, that nobody reads, or that is none", () => {
    expect(findings(commit({}), ["https://git.example/other/*"])).toEqual([
      { path: `${PLACE}.commit.repoURL`, message: expect.stringContaining("project default does not allow") },
    ]);
    expect(findings(commit({ repoURL: "https://git.example/acme/other" }))).toMatchObject([
      { path: `${PLACE}.commit.repoURL`, message: "no application of stage prod reads this repository" },
    ]);
    expect(findings(commit({ repoURL: "file:///etc" }))).toMatchObject([{ path: `${PLACE}.commit.repoURL` }]);
    // That the stage selects nothing is said elsewhere.
    expect(findings(commit({ repoURL: "https://git.example/acme/other" }), ["*"], { names: ["none"] })).toEqual([]);
  });

  it("is refused for what is no branch, for paths that leave the repository, and for parts that there are none of", () => {
    const edits = [
      { yaml: { path: "../a.yaml", key: "a", value: { image: "web", part: "version" } } },
      { kustomize: { path: "/prod", images: [{ image: "web" }] } },
      { helm: { path: ".git/config", values: [{ key: "a", value: { chart: "base", part: "digest" } }] } },
      { copy: { git: "code", from: "a/../../b", to: "ok" } },
    ];
    expect(findings(commit({ branch: "-x" }, edits)).map(({ path }) => path)).toEqual([
      `${PLACE}.commit.branch`,
      `${PLACE}.commit.edits.0.yaml.path`,
      `${PLACE}.commit.edits.1.kustomize.path`,
      `${PLACE}.commit.edits.2.helm.path`,
      `${PLACE}.commit.edits.3.copy.from`,
      `${PLACE}.commit.edits.0.yaml.value.part`,
      `${PLACE}.commit.edits.2.helm.values.0.value.part`,
    ]);
    const pin = [{ helmParameter: "a", value: { git: "code", part: "digest" } }];
    expect(findings({ mode: "pin", pin })).toEqual([
      { path: `${PLACE}.pin.0.value.part`, message: "git has no part digest", next: "it has commit, tag" },
    ]);
  });
});
