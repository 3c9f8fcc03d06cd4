import type { ProjectSpec } from "../../schemas/kinds/project.ts";
import type {
  ChartSubscription,
  GitSubscription,
  ImageSubscription,
  ReleaseSourceSpec,
} from "../../schemas/kinds/release-source.ts";
import type { Finding } from "../configuration/references.ts";
import { patternProblem } from "../pattern/pattern.ts";
import { repositoryAllowed } from "../project/source-repos.ts";
import { parseRepoURL } from "../routing/repo-url.ts";
import { parseRange } from "../source/semver-range.ts";
import { imageAddress } from "./image-name.ts";

/** What is wrong with what a release source looks at, in places such as `spec.subscriptions.0.image.allowTags`. */
export function checkSubscribed(spec: ReleaseSourceSpec, projects: ReadonlyMap<string, ProjectSpec>): Finding[] {
  const allowed = projects.get(spec.project)?.sourceRepos;
  const found = spec.subscriptions.flatMap(({ git, image, chart }, index) => {
    const problems = [
      ...(git ? checkGit(git) : []),
      ...(image ? checkImage(image) : []),
      ...(chart ? checkChart(chart) : []),
    ];
    const kind = git ? "git" : image ? "image" : "chart";
    // As with applications: where manifests come from. Of an image only its tags are read.
    const repoURL = git?.repoURL ?? chart?.repoURL;
    if (problems.length === 0 && repoURL !== undefined && allowed && !repositoryAllowed(allowed, repoURL)) {
      problems.push({
        path: "repoURL",
        message: `Project ${spec.project} does not allow ${repoURL}`,
        next: "add it to sourceRepos of the Project",
      });
    }
    return problems.map((problem) => ({ ...problem, path: `spec.subscriptions.${index}.${kind}.${problem.path}` }));
  });
  return [...found, ...expression("spec.ticketPattern", spec.ticketPattern)];
}

function checkGit({ repoURL, strategy, semverConstraint, allowTags }: GitSubscription): Finding[] {
  const parts = parseRepoURL(repoURL);
  return [
    ...("refused" in parts ? [{ path: "repoURL", message: parts.refused }] : []),
    ...version(strategy, semverConstraint),
    ...expression("allowTags", allowTags),
    ...(strategy === "NewestFromBranch" ? withoutTags(strategy, allowTags) : []),
  ];
}

function checkImage({ repoURL, strategy, semverConstraint, allowTags }: ImageSubscription): Finding[] {
  return [
    ...imageName("repoURL", repoURL),
    ...version(strategy, semverConstraint),
    ...expression("allowTags", allowTags),
    ...(strategy === "Digest" ? withoutTags(strategy, allowTags) : []),
  ];
}

function checkChart({ repoURL, name, semverConstraint, insecure }: ChartSubscription): Finding[] {
  const constraint = version("SemVer", semverConstraint);
  if (repoURL.startsWith("oci://")) {
    const named = { path: "name", message: "an oci:// address names the chart already", next: "leave name out" };
    return [...imageName("repoURL", repoURL), ...(name === undefined ? [] : [named]), ...constraint];
  }
  const parsed = URL.canParse(repoURL) ? new URL(repoURL) : undefined;
  const reached = parsed?.protocol === "https:" || (parsed?.protocol === "http:" && insecure);
  return [
    ...(reached && parsed.username === "" && parsed.search === ""
      ? []
      : [
          {
            path: "repoURL",
            message: "expected https:// of a chart repository, or oci:// of a chart",
            next: "plain http takes insecure: true; credentials belong to a Repository",
          },
        ]),
    ...(name === undefined ? [{ path: "name", message: "a chart repository has many charts: name one" }] : []),
    ...constraint,
  ];
}

const imageName = (path: string, name: string): Finding[] =>
  imageAddress(name) === undefined
    ? [{ path, message: "expected a name without tag, as in ghcr.io/acme/web", next: "tags are chosen by strategy" }]
    : [];

function version(strategy: string, constraint: string | undefined): Finding[] {
  if (constraint === undefined) return [];
  if (strategy !== "SemVer") {
    return [{ path: "semverConstraint", message: `strategy ${strategy} takes none`, next: "set strategy: SemVer" }];
  }
  return parseRange(constraint)
    ? []
    : [
        {
          path: "semverConstraint",
          message: "is no range of versions",
          next: "write it as in ^1.2.0 or >=1.0.0 <2.0.0",
        },
      ];
}

function expression(path: string, text: string | undefined): Finding[] {
  const problem = text === undefined ? undefined : patternProblem(text);
  return problem === undefined ? [] : [{ path, message: problem, next: "write it in RE2's syntax" }];
}

const withoutTags = (strategy: string, allowTags: string | undefined): Finding[] =>
  allowTags === undefined ? [] : [{ path: "allowTags", message: `strategy ${strategy} chooses among no tags` }];
