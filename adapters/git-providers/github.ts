import type { MergeOutcome, PullRequest } from "../../activities/promotion/pull-request.ts";
import { at } from "../../domain/webhook/payload.ts";
import { toSluiceError } from "../../schemas/errors.ts";
import { numbered, paged, segments, type Api } from "./api.ts";
import { sayingOf } from "./failure.ts";
import { htmlMarker, shortened, type Comment, type Open } from "./provider.ts";
import { commitId, count, markdown, optional, sameRepository, words } from "./read.ts";

/** Longest description of a status that GitHub takes. */
const MAX_DESCRIPTION = 140;
const PER_PAGE = 100;
/** In the order they are tried: a repository may allow only some of them. */
const METHODS = ["merge", "squash", "rebase"] as const;

/** GitHub and GitHub Enterprise Server. Source: docs.github.com/rest/pulls, /rest/issues/comments, /rest/commits/statuses, /rest/git/refs. */
export const github: Open = (api, [owner = "", name = ""], provider) => {
  const repo = `/repos${segments(owner, name)}`;
  const pull = (number: number): string => `${repo}/pulls/${number}`;
  const read = (body: unknown): PullRequest => pullRequest(body, provider);

  return {
    marker: htmlMarker,
    async find(branch, base) {
      const query = { state: "all", head: `${owner}:${branch}`, base, per_page: PER_PAGE };
      const { body } = await api({ method: "GET", path: `${repo}/pulls`, query, does: "list pull requests" });
      const found = numbered
        .entries(body)
        .find((each) => sameRepository(at(each, "head", "repo", "id"), at(each, "base", "repo", "id")));
      return found === undefined ? undefined : read(found);
    },
    async create({ branch, base, title, body }) {
      const does = "open the pull request";
      const made = await api({
        ...{ method: "POST" as const, path: `${repo}/pulls`, does },
        body: { title: shortened(title, 256), head: branch, base, body },
      });
      return { made: read(made.body), complaints: [] };
    },
    decorate: (number, { labels, reviewers }) => decorate(api, repo, { number, labels, reviewers }),
    async get(number) {
      return read((await api({ method: "GET", path: pull(number), does: "read the pull request" })).body);
    },
    merge: (found) => merge(api, pull(found.number), found.head),
    async close({ number }) {
      await api({ method: "PATCH", path: pull(number), body: { state: "closed" }, does: "close the pull request" });
    },
    async deleteBranch(branch) {
      const path = `${repo}/git/refs/heads/${branch.split("/").map(encodeURIComponent).join("/")}`;
      // 422 "Reference does not exist" is what it says of one that is gone.
      const gone = await api({ method: "DELETE", path, does: "delete the branch", accept: [404, 422] });
      if (gone.status === 422 && !/does not exist/i.test(sayingOf(gone.body))) throw gone.failure();
    },
    async *comments(number) {
      const query = { per_page: PER_PAGE };
      const path = `${repo}/issues/${number}/comments`;
      for await (const each of paged(api, { method: "GET", path, query, does: "read the comments" }, numbered)) {
        yield comment(each);
      }
    },
    async addComment(number, body) {
      const path = `${repo}/issues/${number}/comments`;
      return link(await api({ method: "POST", path, body: { body }, does: "comment on the pull request" }));
    },
    async editComment(_number, { id }, body) {
      const path = `${repo}/issues/comments${segments(id)}`;
      return link(await api({ method: "PATCH", path, body: { body }, does: "change the comment" }));
    },
    async commitStatus({ commit, context, state, description, url }) {
      await api({
        ...{ method: "POST" as const, path: `${repo}/statuses${segments(commit)}`, does: "set the commit status" },
        body: { state, context, description: shortened(description, MAX_DESCRIPTION), target_url: url },
      });
    },
  };
};

/** A pull request in GitHub's shape, which Gitea keeps. */
export function pullRequest(body: unknown, provider: string): PullRequest {
  const merged = at(body, "merged") === true || typeof at(body, "merged_at") === "string";
  const closed = at(body, "state") === "closed";
  const mergeCommit = merged ? commitId(body, "merge_commit_sha") : undefined;
  return {
    provider,
    number: count(body, "number"),
    url: words(body, "html_url"),
    state: merged ? "Merged" : closed ? "Closed" : "Open",
    head: commitId(body, "head", "sha"),
    branch: words(body, "head", "ref"),
    base: words(body, "base", "ref"),
    ...(mergeCommit !== undefined && { mergeCommit }),
    ...optional("by", at(body, "merged_by", "login")),
  };
}

const comment = (body: unknown): Comment => ({
  id: String(count(body, "id")),
  body: markdown(body, "body"),
  ...optional("url", at(body, "html_url")),
});

const link = ({ body }: { body: unknown }): { url?: string } => optional("url", at(body, "html_url"));

async function decorate(
  api: Api,
  repo: string,
  asked: { number: number; labels: readonly string[]; reviewers: readonly string[] },
): Promise<string[]> {
  const { number, labels, reviewers } = asked;
  const complaints: string[] = [];
  const attempt = async (path: string, body: unknown, does: string): Promise<void> => {
    try {
      await api({ method: "POST", path, body, does });
    } catch (thrown) {
      const error = toSluiceError(thrown);
      if (error.retryable) throw error;
      complaints.push(error.message);
    }
  };
  if (labels.length > 0) await attempt(`${repo}/issues/${number}/labels`, { labels }, "label the pull request");
  // A team is written as organisation/team.
  const teams = reviewers.filter((each) => each.includes("/")).map((each) => each.split("/").at(-1));
  const people = reviewers.filter((each) => !each.includes("/"));
  if (reviewers.length > 0) {
    const body = { reviewers: people, team_reviewers: teams };
    await attempt(`${repo}/pulls/${number}/requested_reviewers`, body, "ask for reviewers");
  }
  return complaints;
}

async function merge(api: Api, pull: string, head: string): Promise<MergeOutcome> {
  let why = "";
  for (const method of METHODS) {
    const { status, body } = await api({
      ...{ method: "PUT" as const, path: `${pull}/merge`, does: "merge the pull request" },
      body: { sha: head, merge_method: method },
      accept: [405, 409, 422],
    });
    if (status === 200) return { merged: true };
    why = sayingOf(body);
    // "Merge commits are not allowed on this repository."
    if (status !== 405 || !/not allowed on this repository/i.test(why)) break;
  }
  return { merged: false, why };
}
