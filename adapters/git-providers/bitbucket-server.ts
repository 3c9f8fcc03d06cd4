import type { CommitState, MergeOutcome, PullRequest } from "../../activities/promotion/pull-request.ts";
import { at, list } from "../../domain/webhook/payload.ts";
import { paged, segments, type Api, type ApiAnswer, type ApiCall } from "./api.ts";
import { sayingOf } from "./failure.ts";
import { linkMarker, shortened, type Comment, type Open } from "./provider.ts";
import { branchName, commitId, count, markdown, sameRepository, words } from "./read.ts";

const LIMIT = 50;
const STATES: Readonly<Record<CommitState, string>> = {
  pending: "INPROGRESS",
  success: "SUCCESSFUL",
  failure: "FAILED",
  error: "FAILED",
};

/** Bitbucket Server and Data Center from 7.4. Source: developer.atlassian.com/server/bitbucket/rest: pull requests, builds and deployments, branch-utils. */
export const bitbucketServer: Open = (api, [key = "", slug = ""], provider) => {
  const place = `/projects${segments(key)}/repos${segments(slug)}`;
  const repo = `/api/latest${place}`;
  const one = (number: number): string => `${repo}/pull-requests/${number}`;
  const read = (body: unknown): PullRequest => pullRequest(body, provider);
  const look = async (number: number): Promise<unknown> =>
    (await api({ method: "GET", path: one(number), does: "read the pull request" })).body;
  const link = async (number: number, answer: ApiAnswer): Promise<{ url?: string }> => ({
    url: `${read(await look(number)).url}/overview?commentId=${count(answer.body, "id")}`,
  });

  return {
    marker: linkMarker,
    async find(branch, base) {
      const query = {
        ...{ direction: "OUTGOING", at: `refs/heads/${branch}`, state: "ALL" },
        ...{ order: "NEWEST", limit: LIMIT, start: 0 },
      };
      const call: ApiCall = { method: "GET", path: `${repo}/pull-requests`, query, does: "list pull requests" };
      for await (const each of paged(api, call, PAGES)) {
        const own = sameRepository(at(each, "fromRef", "repository", "id"), at(each, "toRef", "repository", "id"));
        if (own && branchName(words(each, "toRef", "id")) === base) return read(each);
      }
      return undefined;
    },
    async create({ branch, base, title, body, reviewers }) {
      const repository = { slug, project: { key } };
      const made = await api({
        ...{ method: "POST" as const, path: `${repo}/pull-requests`, does: "open the pull request" },
        body: {
          ...{ title: shortened(title, 255), description: shortened(body, 32_768) },
          fromRef: { id: `refs/heads/${branch}`, repository },
          toRef: { id: `refs/heads/${base}`, repository },
          reviewers: reviewers.map((name) => ({ user: { name } })),
        },
      });
      return { made: read(made.body), complaints: [] };
    },
    decorate: async (_number, { labels }) =>
      labels.length === 0 ? [] : ["Bitbucket has no labels for pull requests, so it has none."],
    get: async (number) => read(await look(number)),
    merge: async (found) => merge(api, one(found.number), { found, now: await look(found.number) }),
    async close({ number }) {
      const version = count(await look(number), "version");
      const path = `${one(number)}/decline`;
      await api({ method: "POST", path, query: { version }, body: {}, does: "decline the pull request" });
    },
    async deleteBranch(branch) {
      const gone = await api({
        ...{ method: "DELETE" as const, path: `/branch-utils/latest${place}/branches`, does: "delete the branch" },
        body: { name: `refs/heads/${branch}`, dryRun: false },
        accept: [400, 404],
      });
      const known = gone.status < 300 || /does not exist|no such branch|could not be found/i.test(sayingOf(gone.body));
      if (!known) throw gone.failure();
    },
    comments: (number) => comments(api, one(number)),
    async addComment(number, body) {
      const path = `${one(number)}/comments`;
      return link(
        number,
        await api({ method: "POST", path, body: { text: body }, does: "comment on the pull request" }),
      );
    },
    async editComment(number, { id, version }, body) {
      const path = `${one(number)}/comments${segments(id)}`;
      const text = { text: body, version: Number(version) };
      return link(number, await api({ method: "PUT", path, body: text, does: "change the comment" }));
    },
    async commitStatus({ commit, context, state, description, url }) {
      await api({
        ...{
          method: "POST" as const,
          path: `${repo}/commits${segments(commit)}/builds`,
          does: "set the commit status",
        },
        body: { key: context, state: STATES[state], url, name: context, description: shortened(description, 255) },
      });
    },
  };
};

const PAGES = {
  entries: (body: unknown): readonly unknown[] => list(body, "values"),
  next: ({ body }: ApiAnswer, call: ApiCall): ApiCall | undefined =>
    at(body, "isLastPage") === false
      ? { ...call, query: { ...call.query, start: count(body, "nextPageStart") } }
      : undefined,
};

function pullRequest(body: unknown, provider: string): PullRequest {
  const state = words(body, "state");
  const head = commitId(body, "fromRef", "latestCommit");
  return {
    provider,
    number: count(body, "id"),
    url: words(list(body, "links", "self")[0], "href"),
    state: state === "MERGED" ? "Merged" : state === "OPEN" ? "Open" : "Closed",
    head,
    branch: branchName(words(body, "fromRef", "id")),
    base: branchName(words(body, "toRef", "id")),
    // A fast-forward has no commit of its own.
    ...(state === "MERGED" && {
      mergeCommit:
        at(body, "properties", "mergeCommit") === undefined ? head : commitId(body, "properties", "mergeCommit", "id"),
    }),
  };
}

/** What was said of is commented in the activities: the list of comments is by file. */
async function* comments(api: Api, path: string): AsyncGenerator<Comment> {
  const query = { limit: LIMIT, start: 0 };
  const call: ApiCall = { method: "GET", path: `${path}/activities`, query, does: "read the comments" };
  for await (const each of paged(api, call, PAGES)) {
    if (at(each, "action") !== "COMMENTED" || at(each, "commentAction") !== "ADDED") continue;
    const comment = at(each, "comment");
    yield {
      id: String(count(comment, "id")),
      body: markdown(comment, "text"),
      version: String(count(comment, "version")),
    };
  }
}

/** 409 for conflicts, vetoes of merge checks, and a version that is not the last any more. */
async function merge(
  api: Api,
  path: string,
  { found, now }: { found: PullRequest; now: unknown },
): Promise<MergeOutcome> {
  if (commitId(now, "fromRef", "latestCommit") !== found.head) return { merged: false, why: "its branch moved" };
  const query = { version: count(now, "version") };
  const { status, body } = await api({
    ...{ method: "POST" as const, path: `${path}/merge`, query, body: {}, does: "merge the pull request" },
    accept: [409],
  });
  if (status === 200) return { merged: true };
  const vetoes = list(body, "errors").flatMap((error) =>
    list(error, "vetoes").flatMap((veto) => [markdown(veto, "summaryMessage")]),
  );
  return { merged: false, why: [sayingOf(body), ...vetoes].filter(Boolean).join("; ") };
}
