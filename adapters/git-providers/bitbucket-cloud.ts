import { createHash } from "node:crypto";
import type { CommitState, PullRequest } from "../../activities/promotion/pull-request.ts";
import { at, list } from "../../domain/webhook/payload.ts";
import { paged, segments, type ApiAnswer, type ApiCall, type Api } from "./api.ts";
import { sayingOf } from "./failure.ts";
import { linkMarker, shortened, type Comment, type Open } from "./provider.ts";
import { commitId, count, markdown, optional, sameRepository, words } from "./read.ts";

const PAGE = 50;
/** Longest key of a build status. */
const MAX_KEY = 40;
const STATES: Readonly<Record<CommitState, string>> = {
  pending: "INPROGRESS",
  success: "SUCCESSFUL",
  failure: "FAILED",
  error: "STOPPED",
};
/** 555 is Bitbucket's own: the merge takes longer than it waits. */
const NOT_MERGED = [400, 409, 555];

/** Bitbucket Cloud. Source: developer.atlassian.com/cloud/bitbucket/rest: pullrequests, commit statuses, refs; filter and sort (q). */
export const bitbucketCloud: Open = (api, [workspace = "", slug = ""], provider) => {
  const repo = `/repositories${segments(workspace, slug)}`;
  const one = (number: number): string => `${repo}/pullrequests/${number}`;

  /** Pull requests carry the first 12 digits of commits only. */
  const whole = async (short: string): Promise<string> => {
    if (short.length >= 40) return short;
    const path = `${repo}/commit${segments(short)}`;
    return commitId((await api({ method: "GET", path, does: "read the commit" })).body, "hash");
  };
  const read = async (body: unknown): Promise<PullRequest> => {
    const state = words(body, "state");
    const merged = state === "MERGED" ? await whole(commitId(body, "merge_commit", "hash")) : undefined;
    return {
      provider,
      number: count(body, "id"),
      url: words(body, "links", "html", "href"),
      state: state === "MERGED" ? "Merged" : state === "OPEN" ? "Open" : "Closed",
      head: await whole(commitId(body, "source", "commit", "hash")),
      branch: words(body, "source", "branch", "name"),
      base: words(body, "destination", "branch", "name"),
      ...(merged !== undefined && { mergeCommit: merged }),
      ...optional("by", at(body, "closed_by", "nickname") ?? at(body, "closed_by", "display_name")),
    };
  };

  return {
    marker: linkMarker,
    async find(branch, base) {
      // Without a word on it only open ones are listed.
      const of = ["OPEN", "MERGED", "DECLINED", "SUPERSEDED"].map((each) => `state = "${each}"`).join(" OR ");
      const query = {
        q: `source.branch.name = ${quoted(branch)} AND destination.branch.name = ${quoted(base)} AND (${of})`,
        ...{ sort: "-created_on", pagelen: PAGE },
      };
      const { body } = await api({ method: "GET", path: `${repo}/pullrequests`, query, does: "list pull requests" });
      const nameOf = (each: unknown, side: string): unknown => at(each, side, "repository", "full_name");
      const found = list(body, "values").find((each) =>
        sameRepository(nameOf(each, "source"), nameOf(each, "destination")),
      );
      return found === undefined ? undefined : read(found);
    },
    async create({ branch, base, title, body, reviewers }) {
      const made = await api({
        ...{ method: "POST" as const, path: `${repo}/pullrequests`, does: "open the pull request" },
        body: {
          ...{ title: shortened(title, 255), description: body, close_source_branch: false },
          ...{ source: { branch: { name: branch } }, destination: { branch: { name: base } } },
          // People are named by uuid or account id: user names are gone from this API.
          reviewers: reviewers.map((each) => (each.startsWith("{") ? { uuid: each } : { account_id: each })),
        },
      });
      return { made: await read(made.body), complaints: [] };
    },
    decorate: async (_number, { labels }) =>
      labels.length === 0 ? [] : ["Bitbucket has no labels for pull requests, so it has none."],
    async get(number) {
      return read((await api({ method: "GET", path: one(number), does: "read the pull request" })).body);
    },
    async merge({ number }) {
      const { status, body } = await api({
        ...{ method: "POST" as const, path: `${one(number)}/merge`, does: "merge the pull request" },
        body: { type: "pullrequest", close_source_branch: false },
        accept: NOT_MERGED,
      });
      if (status === 200) return { merged: true };
      return { merged: false, why: sayingOf(body) || "Bitbucket is still merging it" };
    },
    async close({ number }) {
      await api({ method: "POST", path: `${one(number)}/decline`, body: {}, does: "decline the pull request" });
    },
    async deleteBranch(branch) {
      const path = `${repo}/refs/branches${segments(branch)}`;
      await api({ method: "DELETE", path, does: "delete the branch", accept: [404] });
    },
    comments: (number) => comments(api, `${one(number)}/comments`),
    async addComment(number, body) {
      const path = `${one(number)}/comments`;
      const call = {
        method: "POST" as const,
        path,
        body: { content: { raw: body } },
        does: "comment on the pull request",
      };
      return optional("url", at((await api(call)).body, "links", "html", "href"));
    },
    async editComment(number, { id }, body) {
      const path = `${one(number)}/comments${segments(id)}`;
      const call = { method: "PUT" as const, path, body: { content: { raw: body } }, does: "change the comment" };
      return optional("url", at((await api(call)).body, "links", "html", "href"));
    },
    async commitStatus({ commit, context, state, description, url }) {
      await api({
        ...{ method: "POST" as const, path: `${repo}/commit${segments(commit)}/statuses/build` },
        does: "set the commit status",
        body: {
          key: statusKey(context),
          state: STATES[state],
          name: context,
          url,
          description: shortened(description, 255),
        },
      });
    },
  };
};

async function* comments(api: Api, path: string): AsyncGenerator<Comment> {
  const first: ApiCall = { method: "GET", path, query: { pagelen: PAGE, page: 1 }, does: "read the comments" };
  for await (const each of paged(api, first, { entries: (body) => list(body, "values"), next })) {
    if (at(each, "deleted") === true) continue;
    const url = optional("url", at(each, "links", "html", "href"));
    yield { id: String(count(each, "id")), body: markdown(each, "content", "raw"), ...url };
  }
}

/** The parameters of the address in `next`, on the address that was asked: behind a proxy they are not the same. */
function next({ body }: ApiAnswer, call: ApiCall): ApiCall | undefined {
  const address = at(body, "next");
  if (typeof address !== "string" || !URL.canParse(address)) return undefined;
  return { ...call, query: Object.fromEntries(new URL(address).searchParams) };
}

const quoted = (text: string): string => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

const statusKey = (context: string): string =>
  context.length <= MAX_KEY ? context : createHash("sha256").update(context).digest("hex").slice(0, MAX_KEY);
