import { describe, expect, it } from "vitest";
import { checkSubscribed } from "../../../domain/release/check.ts";
import { ProjectSpec } from "../../../schemas/kinds/project.ts";
import { ReleaseSourceSpec } from "../../../schemas/kinds/release-source.ts";

const projects = new Map([
  [
    "default",
    ProjectSpec.parse({ sourceRepos: ["https://git.example/shop/**", "https://charts.example/**", "oci://**"] }),
  ],
]);
const problems = (subscription: object, more: object = {}): string[] =>
  checkSubscribed(
    ReleaseSourceSpec.parse({ subscriptions: [{ name: "one", ...subscription }], ...more }),
    projects,
  ).map(({ path, message }) => `${path}: ${message}`);
const git = { repoURL: "https://git.example/shop/apps.git" };
const image = { repoURL: "ghcr.io/acme/web" };
const chart = { repoURL: "https://charts.example/stable", name: "web" };
const AT = "spec.subscriptions.0";

describe("a source that can be looked at", () => {
  it.each([
    { git },
    { git: { ...git, strategy: "SemVer", semverConstraint: "^1.0.0", allowTags: "^v" } },
    { image: { ...image, allowTags: "(?i)^release-\\d+$", strategy: "Lexical" } },
    { image: { repoURL: "nginx", strategy: "Digest", tag: "stable" } },
    { chart },
    { chart: { repoURL: "oci://ghcr.io/acme/charts/web", semverConstraint: "1.x" } },
  ])("has no problem: %j", (subscription) => expect(problems(subscription)).toEqual([]));
});

describe("a source that can't be", () => {
  it.each([
    [
      { git: { repoURL: "ftp://git.example/shop" } },
      `${AT}.git.repoURL: the scheme ftp is not allowed, only https and ssh are`,
    ],
    [
      { git: { repoURL: "https://git.example/other/apps" } },
      `${AT}.git.repoURL: Project default does not allow https://git.example/other/apps`,
    ],
    [
      { git: { ...git, semverConstraint: "^1.0.0" } },
      `${AT}.git.semverConstraint: strategy NewestFromBranch takes none`,
    ],
    [
      { git: { ...git, strategy: "SemVer", semverConstraint: "newest" } },
      `${AT}.git.semverConstraint: is no range of versions`,
    ],
    [{ git: { ...git, allowTags: "^v" } }, `${AT}.git.allowTags: strategy NewestFromBranch chooses among no tags`],
    [
      { image: { repoURL: "ghcr.io/acme/web:1.0" } },
      `${AT}.image.repoURL: expected a name without tag, as in ghcr.io/acme/web`,
    ],
    [
      { image: { ...image, allowTags: "(?=a)" } },
      `${AT}.image.allowTags: look-around can't be matched in linear time: (?=a`,
    ],
    [
      { image: { ...image, strategy: "Digest", tag: "x", allowTags: "x" } },
      `${AT}.image.allowTags: strategy Digest chooses among no tags`,
    ],
    [
      { chart: { repoURL: "https://charts.example/stable" } },
      `${AT}.chart.name: a chart repository has many charts: name one`,
    ],
    [
      { chart: { ...chart, repoURL: "http://charts.example/stable" } },
      `${AT}.chart.repoURL: expected https:// of a chart repository, or oci:// of a chart`,
    ],
    [
      { chart: { repoURL: "oci://ghcr.io/acme/web", name: "web" } },
      `${AT}.chart.name: an oci:// address names the chart already`,
    ],
  ])("is refused with the place: %j", (subscription, problem) => expect(problems(subscription)).toEqual([problem]));

  it("for its tickets too", () => {
    expect(problems({ image }, { ticketPattern: "[A-Z" })).toEqual(["spec.ticketPattern: a `[` is not closed"]);
  });
});
