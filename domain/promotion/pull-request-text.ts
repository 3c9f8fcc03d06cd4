import type { PullRequestMethod } from "../../schemas/kinds/promotion-method.ts";
import type { ReleaseView } from "../../schemas/promotion-views.ts";
import type { DifferenceCounts } from "../../schemas/promotion.ts";

/** What the title and the body of a pull request are made of. */
export interface PullRequestFacts {
  pipeline: string;
  stage: string;
  promotion: string;
  release: Pick<ReleaseView, "release" | "alias" | "content" | "commits" | "more">;
  counts?: DifferenceCounts | undefined;
}

/** Commits that are named; what a provider takes of a body ends somewhere, and so does what is read. */
const NAMED_COMMITS = 50;

/** Title and body: those of the method with their `{names}` filled in, or what there is to say. */
export function pullRequestText(
  method: Pick<PullRequestMethod, "title" | "body"> | undefined,
  facts: PullRequestFacts,
): { title: string; body: string } {
  const { pipeline, stage, release } = facts;
  const title = method?.title ? filled(method.title, facts) : `Promote ${release.alias} to ${pipeline}/${stage}`;
  return { title: title.replaceAll(/\s+/g, " ").trim(), body: method?.body ? filled(method.body, facts) : body(facts) };
}

/** A text with `{pipeline}`, `{stage}`, `{release}`, `{alias}` and `{promotion}` in it. */
function filled(text: string, { pipeline, stage, promotion, release }: PullRequestFacts): string {
  const values: Record<string, string> = {
    ...{ pipeline, stage, promotion },
    ...{ release: release.release, alias: release.alias },
  };
  return text.replaceAll(/\{(pipeline|stage|release|alias|promotion)\}/g, (_, name: string) => values[name]!);
}

function body({ pipeline, stage, promotion, release, counts }: PullRequestFacts): string {
  const { images, charts, commits } = release.content;
  const rows = [
    ...images.map(({ repository, tag, digest }) => ["image", repository, [tag, digest].filter(Boolean).join(" ")]),
    ...charts.map(({ repoURL, name, version }) => ["chart", [repoURL, name].filter(Boolean).join(" "), version]),
    ...commits.map(({ repoURL, commit, tag }) => ["git", repoURL, [tag, commit].filter(Boolean).join(" ")]),
  ];
  const table = rows.map(([kind, what, version]) => `| ${kind} | ${code(what!)} | ${code(version!)} |`);
  const carried = release.commits
    .slice(0, NAMED_COMMITS)
    .map(({ commit, author, subject }) => `- ${code(commit.slice(0, 12))} ${code(subject)} (${code(author.name)})`);
  const left = release.commits.length - carried.length + (release.more ?? 0);
  return [
    `Brings release ${code(release.alias)} into stage ${code(stage)} of pipeline ${code(pipeline)}.`,
    ["| what | where | version |", "| --- | --- | --- |", ...table].join("\n"),
    counts &&
      `It creates ${counts.created}, changes ${counts.changed} and deletes ${counts.deleted} objects in ${plural(counts.applications)}.`,
    carried.length > 0 && ["Commits:", "", ...carried, ...(left > 0 ? [`- and ${left} more`] : [])].join("\n"),
    `Merge it to go on. Close it to end promotion ${code(promotion)}; it is also closed when a newer release takes its place.`,
  ]
    .filter(Boolean)
    .join("\n\n");
}

const plural = (count: number): string => (count === 1 ? "1 application" : `${count} applications`);

/** Others' words as they are: in a code span no name is called and no issue is closed. */
const code = (text: string): string => `\`${text.replaceAll(/[`|\s]+/g, " ").trim() || " "}\``;
