import type { CommitState, MergeOutcome, PullRequest } from "../../activities/promotion/pull-request.ts";
import { at } from "../../domain/webhook/payload.ts";
import { numbered, paged, segments, type Api } from "./api.ts";
import { sayingOf } from "./failure.ts";
import { htmlMarker, shortened, type Open } from "./provider.ts";
import { commitId, count, markdown, optional, sameRepository, words } from "./read.ts";

const MAX_DESCRIPTION = 255;
const PER_PAGE = 100;
const STATES: Readonly<Record<CommitState, string>> = {
  pending: "pending",
  success: "success",
  failure: "failed",
  error: "failed",
};

/** GitLab's merge requests. Source: docs.gitlab.com/api/merge_requests, /api/notes, /api/commits (commit status), /api/branches, /api/users. */
export const gitlab: Open = (api, [project = ""], provider) => {
  const root = `/projects${segments(project)}`;
  const one = (number: number): string => `${root}/merge_requests/${number}`;
  const read = (body: unknown): PullRequest => mergeRequest(body, provider);
  const noteURL = async (number: number, answer: { body: unknown }): Promise<{ url?: string }> => {
    const { body } = await api({ method: "GET", path: one(number), does: "read the merge request" });
    return { url: `${words(body, "web_url")}#note_${count(answer.body, "id")}` };
  };

  return {
    marker: htmlMarker,
    async find(branch, base) {
      const query = { state: "all", source_branch: branch, target_branch: base, per_page: PER_PAGE };
      const { body } = await api({ method: "GET", path: `${root}/merge_requests`, query, does: "list merge requests" });
      const own = (each: unknown): boolean =>
        sameRepository(at(each, "source_project_id"), at(each, "target_project_id"));
      const found = numbered.entries(body).find(own);
      return found === undefined ? undefined : read(found);
    },
    async create({ branch, base, title, body, labels, reviewers }) {
      const found = await Promise.all(reviewers.map((name) => userId(api, name)));
      const unknown = reviewers.filter((_name, index) => found[index] === undefined);
      const made = await api({
        ...{ method: "POST" as const, path: `${root}/merge_requests`, does: "open the merge request" },
        body: {
          ...{ source_branch: branch, target_branch: base, title: shortened(title, 255), description: body },
          ...(labels.length > 0 && { labels: labels.join(",") }),
          ...(found.length > unknown.length && { reviewer_ids: found.filter((id) => id !== undefined) }),
        },
      });
      return { made: read(made.body), complaints: unknown.map((name) => `GitLab knows no user ${name}.`) };
    },
    async get(number) {
      return read((await api({ method: "GET", path: one(number), does: "read the merge request" })).body);
    },
    merge: ({ number, head }) => merge(api, one(number), head),
    async close({ number }) {
      const body = { state_event: "close" };
      await api({ method: "PUT", path: one(number), body, does: "close the merge request" });
    },
    async deleteBranch(branch) {
      const path = `${root}/repository/branches${segments(branch)}`;
      await api({ method: "DELETE", path, does: "delete the branch", accept: [404] });
    },
    async *comments(number) {
      const path = `${one(number)}/notes`;
      const query = { per_page: PER_PAGE };
      for await (const each of paged(api, { method: "GET", path, query, does: "read the comments" }, numbered)) {
        yield { id: String(count(each, "id")), body: markdown(each, "body") };
      }
    },
    async addComment(number, body) {
      const path = `${one(number)}/notes`;
      return noteURL(number, await api({ method: "POST", path, body: { body }, does: "comment on the merge request" }));
    },
    async editComment(number, { id }, body) {
      const path = `${one(number)}/notes${segments(id)}`;
      return noteURL(number, await api({ method: "PUT", path, body: { body }, does: "change the comment" }));
    },
    async commitStatus({ commit, context, state, description, url }) {
      const set = await api({
        ...{ method: "POST" as const, path: `${root}/statuses${segments(commit)}`, does: "set the commit status" },
        body: {
          ...{ state: STATES[state], name: context, target_url: url },
          description: shortened(description, MAX_DESCRIPTION),
        },
        accept: [400],
      });
      // What is pending can't become pending: it is what it was to be.
      if (set.status === 400 && !/cannot transition status/i.test(sayingOf(set.body))) throw set.failure();
    },
  };
};

function mergeRequest(body: unknown, provider: string): PullRequest {
  const state = words(body, "state");
  const commit = at(body, "merge_commit_sha") ?? at(body, "squash_commit_sha") ?? at(body, "sha");
  const by =
    at(body, "merge_user", "username") ?? at(body, "merged_by", "username") ?? at(body, "closed_by", "username");
  return {
    provider,
    number: count(body, "iid"),
    url: words(body, "web_url"),
    // `locked` is for the moment in which it is being merged.
    state: state === "merged" ? "Merged" : state === "closed" ? "Closed" : "Open",
    head: commitId(body, "sha"),
    branch: words(body, "source_branch"),
    base: words(body, "target_branch"),
    // A fast-forward has no commit of its own: then the head is what the target branch is at.
    ...(state === "merged" && { mergeCommit: commitId({ commit }, "commit") }),
    ...optional("by", by),
  };
}

async function userId(api: Api, username: string): Promise<number | undefined> {
  const { body } = await api({ method: "GET", path: "/users", query: { username }, does: `look ${username} up` });
  const found = numbered.entries(body)[0];
  return found === undefined ? undefined : count(found, "id");
}

/** 405 while it can't be merged, 409 when its head moved, 422 for conflicts; 401 is what GitLab says to who may not merge. */
async function merge(api: Api, path: string, head: string): Promise<MergeOutcome> {
  const { status, body } = await api({
    ...{ method: "PUT" as const, path: `${path}/merge`, does: "merge the merge request" },
    body: { sha: head },
    accept: [405, 406, 409, 422],
  });
  if (status === 200) return { merged: true };
  return { merged: false, why: sayingOf(body) || `status ${status}` };
}
