import { newEffort, type Effort } from "../../domain/pattern/pattern.ts";
import { carriedCommits } from "../../domain/release/carried.ts";
import type { CarriedCommit } from "../../domain/release/command.ts";
import { authorsOf } from "../../domain/release/decide.ts";
import { toSluiceError } from "../../schemas/errors.ts";
import type { ReleaseSourceSpec, Subscription } from "../../schemas/kinds/release-source.ts";
import type { ReleaseContent, ReleasedChart, ReleasedCommit, ReleasedImage } from "../../schemas/promotion.ts";
import { findChart } from "./find-chart.ts";
import { findCommit, pathsOf } from "./find-commit.ts";
import { findImage } from "./find-image.ts";
import { mapInTurn } from "./in-turn.ts";
import type { ChartIndexPort, HistoryPort, RegistryPort } from "./ports.ts";

export interface DiscoverDeps {
  registry: RegistryPort;
  charts: ChartIndexPort;
  history: HistoryPort;
}

export interface DiscoverInput {
  spec: ReleaseSourceSpec;
  /** Content of the newest release, for the commits that the next one carries. */
  before?: ReleaseContent | undefined;
  /** What is wanted of some subscriptions in place of the newest, by their names: a revision, a tag or digest, a version. */
  chosen?: Readonly<Record<string, string>> | undefined;
}

/** What a look at all subscriptions came to. */
export interface Discovery {
  /** Absent when some subscription could not be read. */
  found?: { content: ReleaseContent; commits: CarriedCommit[]; more: number; authors: string[] };
  looked: string[];
  /** By subscription. */
  failures: Record<string, { code: string; message: string; next?: string }>;
}

/** Commits of which authors and tickets are read. */
const MOST_COMMITS = 1_000;
const AT_ONCE = 8;

type Part =
  | { type: "commit"; value: ReleasedCommit }
  | { type: "image"; value: ReleasedImage }
  | { type: "chart"; value: ReleasedChart };

/** Looks at every subscription of a source for what is newest. Never throws for what one of them says. */
export function createDiscover(deps: DiscoverDeps): (input: DiscoverInput) => Promise<Discovery> {
  return async ({ spec, before, chosen = {} }) => {
    const effort = newEffort();
    const failures: Discovery["failures"] = {};
    const looked = spec.subscriptions.map(({ name }) => name);
    const tried = async <Value>(subscription: string, work: () => Promise<Value>): Promise<Value[]> => {
      try {
        return [await work()];
      } catch (thrown) {
        const { code, message, next } = toSluiceError(thrown);
        failures[subscription] = { code, message, ...(next !== undefined && { next }) };
        return [];
      }
    };
    const find = async ({ name, git, image, chart }: Subscription): Promise<Part> => {
      const how = { chosen: chosen[name], effort };
      if (git) return { type: "commit", value: { subscription: name, ...(await findCommit(deps.history, git, how)) } };
      if (image)
        return { type: "image", value: { subscription: name, ...(await findImage(deps.registry, image, how)) } };
      return { type: "chart", value: { subscription: name, ...(await findChart(deps, chart!, how)) } };
    };
    const parts = (
      await mapInTurn(AT_ONCE, spec.subscriptions, (subscription) => tried(subscription.name, () => find(subscription)))
    ).flat();
    if (parts.length < spec.subscriptions.length) return { looked, failures };
    const content: ReleaseContent = { commits: [], images: [], charts: [] };
    for (const part of parts) {
      if (part.type === "commit") content.commits.push(part.value);
      else if (part.type === "image") content.images.push(part.value);
      else content.charts.push(part.value);
    }
    const carried = (
      await mapInTurn(AT_ONCE, content.commits, (commit) =>
        tried(commit.subscription, () => carriedBy(deps.history, { spec, commit, before, effort })),
      )
    ).flat();
    if (carried.length < content.commits.length) return { looked, failures };
    const commits = carried
      .flatMap((each) => each.commits)
      .toSorted((one, other) => Date.parse(other.at) - Date.parse(one.at));
    const more = carried.reduce((sum, each) => sum + each.more, 0);
    const authors = [...new Set([...authorsOf(commits), ...carried.flatMap((each) => each.authors)])];
    return { found: { content, commits, more, authors }, looked, failures };
  };
}

async function carriedBy(
  history: HistoryPort,
  {
    spec,
    commit,
    before,
    effort,
  }: { spec: ReleaseSourceSpec; commit: ReleasedCommit; before: ReleaseContent | undefined; effort: Effort },
): Promise<{ commits: CarriedCommit[]; more: number; authors: string[] }> {
  const { subscription, repoURL } = commit;
  const earlier = before?.commits.find(
    (each) => each.subscription === subscription && each.repoURL === repoURL,
  )?.commit;
  const git = spec.subscriptions.find(({ name }) => name === subscription)?.git;
  if (earlier === commit.commit || !git) return { commits: [], more: 0, authors: [] };
  const range = { from: earlier, to: commit.commit, paths: pathsOf(git), most: MOST_COMMITS };
  const { commits, more, authors } = await history.between(repoURL, range);
  return {
    commits: carriedCommits(subscription, commits, { ticketPattern: spec.ticketPattern, effort }),
    more,
    authors,
  };
}
