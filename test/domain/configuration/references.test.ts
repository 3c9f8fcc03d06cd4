import { describe, expect, it } from "vitest";
import {
  checkApplication,
  checkCluster,
  checkRepository,
  clusterOf,
  denyDelete,
  type Known,
  referrers,
  repositoryOf,
} from "../../../domain/configuration/references.ts";
import { DEFAULT_PROJECT_SPEC } from "../../../domain/configuration/system.ts";
import { ApplicationSpec } from "../../../schemas/kinds/application.ts";
import { ProjectSpec } from "../../../schemas/kinds/project.ts";

const spec = (change: {
  repoURL?: string;
  path?: string;
  targetRevision?: string;
  project?: string;
  destination?: object;
}) =>
  ApplicationSpec.parse({
    ...(change.project !== undefined && { project: change.project }),
    source: {
      repoURL: change.repoURL ?? "https://git.example/team/shop.git",
      ...(change.path !== undefined && { path: change.path }),
      ...(change.targetRevision !== undefined && { targetRevision: change.targetRevision }),
    },
    destination: change.destination ?? { name: "staging" },
  });

const known = (more: Partial<Known> = {}): Known => ({
  applications: new Map(),
  projects: new Map([
    ["default", DEFAULT_PROJECT_SPEC],
    ["nothing", ProjectSpec.parse({})],
  ]),
  clusters: new Map([["staging", { server: "https://staging.example:6443" }]]),
  repositories: new Map(),
  ...more,
});

const paths = (change: Parameters<typeof spec>[0]) => checkApplication(spec(change), known()).map(({ path }) => path);

describe("an application's references", () => {
  it("are fine when project and cluster are there and allow it, by name or by server", () => {
    expect(paths({})).toEqual([]);
    expect(paths({ destination: { server: "https://staging.example:6443/" } })).toEqual([]);
  });

  it("are refused when they lead to nothing, each with what there is", () => {
    expect(paths({ project: "none", destination: { name: "prod" } })).toEqual([
      "spec.project",
      "spec.destination.name",
    ]);
    expect(paths({ destination: { server: "https://other.example" } })).toEqual(["spec.destination.server"]);
    const [finding] = checkApplication(spec({ destination: { name: "prod" } }), known());
    expect(finding?.next).toContain("there are staging");
  });

  it("are refused by a project that lists nothing", () => {
    expect(paths({ project: "nothing" })).toEqual(["spec.source.repoURL", "spec.destination"]);
  });

  it.each([
    "--upload-pack=x",
    "ext::sh -c id",
    "file:///etc",
    "https://user:CANARY@git.example/a",
    "a\nb",
    "https://git.example/../x",
  ])("an address that git must not see is refused and not repeated: %j", (repoURL) => {
    const findings = checkApplication(spec({ repoURL }), known());
    expect(findings.map(({ path }) => path)).toEqual(["spec.source.repoURL"]);
    expect(JSON.stringify(findings)).not.toContain("CANARY");
  });

  it.each(["/etc", "../other", "a/../../b", "a\\..\\b", "a\0b"])(
    "a path out of the repository is refused: %j",
    (path) => {
      expect(paths({ path })).toEqual(["spec.source.path"]);
    },
  );

  it("a revision that git would take for an option is refused, a range is not", () => {
    expect(paths({ targetRevision: "--output=x" })).toEqual(["spec.source.targetRevision"]);
    expect(paths({ targetRevision: "two words" })).toEqual(["spec.source.targetRevision"]);
    expect(paths({ targetRevision: ">=1.2.0 <2.0.0" })).toEqual([]);
  });
});

describe("what must be the only one", () => {
  it("two clusters of one address, two repositories of one address", () => {
    expect(checkCluster("prod", "https://staging.example:6443/", known())).toMatchObject([{ path: "spec.server" }]);
    expect(checkCluster("staging", "https://staging.example:6443", known())).toEqual([]);
    const repositories = new Map([["shop", { url: "https://git.example/team/shop.git", match: "exact" as const }]]);
    const other = { url: "https://GIT.example/team/shop", match: "exact" as const };
    expect(checkRepository("again", other, known({ repositories }))).toMatchObject([{ path: "spec.url" }]);
    expect(checkRepository("again", { ...other, match: "prefix" }, known({ repositories }))).toEqual([]);
    expect(checkRepository("host", { url: "https://git.example/", match: "prefix" }, known())).toEqual([]);
    expect(checkRepository("bad", { url: "ext::x", match: "exact" }, known())).toMatchObject([{ path: "spec.url" }]);
  });
});

describe("a delete", () => {
  const repositories: Known["repositories"] = new Map([
    ["team", { url: "https://git.example/team", match: "prefix" }],
    ["shop", { url: "https://git.example/team/shop.git", match: "exact" }],
  ]);
  const applications = new Map([
    ["b", spec({})],
    ["a", spec({ repoURL: "https://git.example/team/docs" })],
    ["c", spec({ repoURL: "https://elsewhere.example/x", destination: { server: "https://staging.example:6443" } })],
  ]);
  const all = known({ repositories, applications });

  it("is refused while it is referred to, by whatever way", () => {
    expect(referrers("Cluster", "staging", all)).toEqual(["a", "b", "c"]);
    expect(referrers("Repository", "shop", all)).toEqual(["b"]);
    expect(referrers("Repository", "team", all)).toEqual(["a"]);
    expect(referrers("Project", "nothing", all)).toEqual([]);
    expect(denyDelete("Cluster", "staging", all)?.message).toBe("Cluster staging is used by 3 Applications: a, b, c");
    expect(denyDelete("Repository", "shop", all)?.message).toBe("Repository shop is used by Application b");
    expect(denyDelete("Project", "nothing", all)).toBeUndefined();
    expect(denyDelete("Project", "default", known())?.next).toContain("narrow it");
  });

  it("the nearest repository is whose credentials are used", () => {
    expect(repositoryOf("ssh://git@git.example/team/shop", repositories)).toBe("shop");
    expect(repositoryOf("https://git.example/team/a/b", repositories)).toBe("team");
    expect(repositoryOf("https://git.example/teamster/a", repositories)).toBeUndefined();
    expect(clusterOf({ name: "none" }, all.clusters)).toBeUndefined();
  });
});
