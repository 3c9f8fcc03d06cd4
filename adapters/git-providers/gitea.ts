import type { MergeOutcome, PullRequest } from "../../activities/promotion/pull-request.ts";
import { at } from "../../domain/webhook/payload.ts";
import { toSluiceError } from "../../schemas/errors.ts";
import { numbered, paged, segments, type Api, type ApiCall } from "./api.ts";
import { sayingOf } from "./failure.ts";
import { pullRequest } from "./github.ts";
import { htmlMarker, shortened, type Open } from "./provider.ts";
import { count, markdown, optional, sameRepository, words } from "./read.ts";

/** Gitea's default for the largest page. */
const LIMIT = 50;
const STYLES = ["merge", "squash", "rebase"] as const;
/** Colour of a label that is made here; Gitea wants one. */
const LABEL_COLOUR = "#70c24a";

/** Gitea and Forgejo. Source: their OpenAPI documents (docs.gitea.com/api, codeberg.org/api/swagger): repository, issue. */
export const gitea: Open = (api, [owner = "", name = ""], provider) => {
  const repo = `/repos${segments(owner, name)}`;
  const pull = (number: number): string => `${repo}/pulls/${number}`;
  const read = (body: unknown): PullRequest => pullRequest(body, provider);

  return {
    marker: htmlMarker,
    async find(branch, base) {
      if (!base.includes("/")) {
        const path = `${repo}/pulls${segments(base)}/${branch.split("/").map(encodeURIComponent).join("/")}`;
        const { status, body } = await api({ method: "GET", path, does: "look for the pull request", accept: [404] });
        return status === 404 ? undefined : read(body);
      }
      // A base with a slash can't be asked for, so the list is gone through, the newest first.
      const query = { state: "all", limit: LIMIT };
      const call: ApiCall = { method: "GET", path: `${repo}/pulls`, query, does: "list pull requests" };
      for await (const each of paged(api, call, numbered)) {
        if (at(each, "head", "ref") !== branch || at(each, "base", "ref") !== base) continue;
        if (sameRepository(at(each, "head", "repo_id"), at(each, "base", "repo_id"))) return read(each);
      }
      return undefined;
    },
    async create({ branch, base, title, body }) {
      const made = await api({
        ...{ method: "POST" as const, path: `${repo}/pulls`, does: "open the pull request" },
        body: { title: shortened(title, 255), head: branch, base, body },
      });
      return { made: read(made.body), complaints: [] };
    },
    decorate: (number, asked) => decorate(api, repo, { number, ...asked }),
    async get(number) {
      return read((await api({ method: "GET", path: pull(number), does: "read the pull request" })).body);
    },
    merge: ({ number, head }) => merge(api, pull(number), head),
    async close({ number }) {
      await api({ method: "PATCH", path: pull(number), body: { state: "closed" }, does: "close the pull request" });
    },
    async deleteBranch(branch) {
      const path = `${repo}/branches/${branch.split("/").map(encodeURIComponent).join("/")}`;
      await api({ method: "DELETE", path, does: "delete the branch", accept: [404] });
    },
    async *comments(number) {
      // Gitea gives all comments of an issue at once.
      const path = `${repo}/issues/${number}/comments`;
      const { body } = await api({ method: "GET", path, does: "read the comments" });
      for (const each of numbered.entries(body)) {
        yield { id: String(count(each, "id")), body: markdown(each, "body"), ...optional("url", at(each, "html_url")) };
      }
    },
    async addComment(number, body) {
      const path = `${repo}/issues/${number}/comments`;
      const made = await api({ method: "POST", path, body: { body }, does: "comment on the pull request" });
      return optional("url", at(made.body, "html_url"));
    },
    async editComment(_number, { id }, body) {
      const path = `${repo}/issues/comments${segments(id)}`;
      const made = await api({ method: "PATCH", path, body: { body }, does: "change the comment" });
      return optional("url", at(made.body, "html_url"));
    },
    async commitStatus({ commit, context, state, description, url }) {
      await api({
        ...{ method: "POST" as const, path: `${repo}/statuses${segments(commit)}`, does: "set the commit status" },
        body: { state, context, description: shortened(description, 255), target_url: url },
      });
    },
  };
};

async function decorate(
  api: Api,
  repo: string,
  asked: { number: number; labels: readonly string[]; reviewers: readonly string[] },
): Promise<string[]> {
  const complaints: string[] = [];
  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (thrown) {
      const error = toSluiceError(thrown);
      if (error.retryable) throw error;
      complaints.push(error.message);
    }
  };
  const { number, labels, reviewers } = asked;
  if (labels.length > 0) {
    await attempt(async () => {
      const ids = await labelIds(api, repo, labels);
      const path = `${repo}/issues/${number}/labels`;
      await api({ method: "POST", path, body: { labels: ids }, does: "label the pull request" });
    });
  }
  if (reviewers.length > 0) {
    const teams = reviewers.filter((each) => each.includes("/")).map((each) => each.split("/").at(-1));
    const body = { reviewers: reviewers.filter((each) => !each.includes("/")), team_reviewers: teams };
    const path = `${repo}/pulls/${number}/requested_reviewers`;
    await attempt(() => api({ method: "POST", path, body, does: "ask for reviewers" }));
  }
  return complaints;
}

/** Labels are given by id; one that is not there yet is made. */
async function labelIds(api: Api, repo: string, labels: readonly string[]): Promise<number[]> {
  const known = new Map<string, number>();
  const call: ApiCall = { method: "GET", path: `${repo}/labels`, query: { limit: LIMIT }, does: "read the labels" };
  for await (const each of paged(api, call, numbered)) known.set(words(each, "name"), count(each, "id"));
  const ids: number[] = [];
  for (const name of labels) {
    const body = { name, color: LABEL_COLOUR };
    const id =
      known.get(name) ??
      count((await api({ method: "POST", path: `${repo}/labels`, body, does: `make the label ${name}` })).body, "id");
    ids.push(id);
  }
  return ids;
}

async function merge(api: Api, pull: string, head: string): Promise<MergeOutcome> {
  let why = "";
  for (const style of STYLES) {
    const { status, body } = await api({
      ...{ method: "POST" as const, path: `${pull}/merge`, does: "merge the pull request" },
      body: { Do: style, head_commit_id: head },
      accept: [405, 409],
    });
    if (status < 300) return { merged: true };
    why = sayingOf(body) || `status ${status}`;
    if (status !== 405 || !/allowed merge style/i.test(why)) break;
  }
  return { merged: false, why };
}
