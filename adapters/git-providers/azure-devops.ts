import type { CommitState, MergeOutcome, PullRequest } from "../../activities/promotion/pull-request.ts";
import { at, list } from "../../domain/webhook/payload.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { segments, type Accepted, type Api, type ApiCall } from "./api.ts";
import { sayingOf } from "./failure.ts";
import { htmlMarker, shortened, type Comment, type Open } from "./provider.ts";
import { branchName, commitId, count, markdown, optional, words } from "./read.ts";

/** Azure DevOps Services has it, and so has Azure DevOps Server 2022. */
const API_VERSION = "7.0";
const MAX_DESCRIPTION = 4_000;
const NOTHING = "0".repeat(40);
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const STATES: Readonly<Record<CommitState, string>> = {
  pending: "pending",
  success: "succeeded",
  failure: "failed",
  error: "error",
};
const REF = { of: (branch: string): string => `refs/heads/${branch}` };

/** Azure DevOps Services and Server. Source: learn.microsoft.com/rest/api/azure/devops/git: pull requests, threads, comments, statuses, refs. */
export const azureDevops: Open = (plain, [project = "", repository = ""], provider) => {
  const repo = `${segments(project)}/_apis/git/repositories${segments(repository)}`;
  const one = (number: number): string => `${repo}/pullrequests/${number}`;
  const api = versioned(plain);
  const read = (body: unknown): PullRequest => pullRequest(body, provider);

  return {
    marker: htmlMarker,
    async find(branch, base) {
      const query = {
        "searchCriteria.sourceRefName": REF.of(branch),
        "searchCriteria.targetRefName": REF.of(base),
        "searchCriteria.status": "all",
      };
      const { body } = await api({ method: "GET", path: `${repo}/pullrequests`, query, does: "list pull requests" });
      const found = list(body, "value").find((each) => at(each, "forkSource") === undefined);
      return found === undefined ? undefined : read(found);
    },
    async create({ branch, base, title, body, labels, reviewers }) {
      const known = reviewers.filter((each) => ID.test(each));
      const made = await api({
        ...{ method: "POST" as const, path: `${repo}/pullrequests`, does: "open the pull request" },
        body: {
          ...{ sourceRefName: REF.of(branch), targetRefName: REF.of(base), title: shortened(title, 400) },
          description: shortened(body, MAX_DESCRIPTION),
          ...(labels.length > 0 && { labels: labels.map((name) => ({ name })) }),
          ...(known.length > 0 && { reviewers: known.map((id) => ({ id })) }),
        },
      });
      const unknown = reviewers.filter((each) => !ID.test(each));
      return {
        made: read(made.body),
        complaints: unknown.map((name) => `Azure DevOps takes reviewers by id only, not ${name}.`),
      };
    },
    async get(number) {
      return read((await api({ method: "GET", path: one(number), does: "read the pull request" })).body);
    },
    merge: ({ number, head }) => merge(api, one(number), head),
    async close({ number }) {
      const body = { status: "abandoned" };
      await api({ method: "PATCH", path: one(number), body, does: "abandon the pull request" });
    },
    deleteBranch: (branch) => deleteBranch(api, `${repo}/refs`, branch),
    comments: (number) => comments(api, `${one(number)}/threads`),
    async addComment(number, body) {
      // A thread that is closed holds up no merge.
      const thread = { comments: [{ parentCommentId: 0, content: body, commentType: "text" }], status: "closed" };
      const path = `${one(number)}/threads`;
      await api({ method: "POST", path, body: thread, does: "comment on the pull request" });
      return {};
    },
    async editComment(number, { id }, body) {
      const [thread = "", comment = ""] = id.split("/");
      const path = `${one(number)}/threads${segments(thread)}/comments${segments(comment)}`;
      await api({ method: "PATCH", path, body: { content: body }, does: "change the comment" });
      return {};
    },
    async commitStatus({ commit, context, state, description, url }) {
      await api({
        ...{
          method: "POST" as const,
          path: `${repo}/commits${segments(commit)}/statuses`,
          does: "set the commit status",
        },
        body: {
          ...{ state: STATES[state], description: shortened(description, 250), targetUrl: url },
          context: { name: context, genre: "sluice" },
        },
      });
    },
  };
};

/** Calls with the API's version; who is not known is answered with a page to sign in, as 203 or as a redirect to it. */
const versioned =
  (api: Api): Api =>
  async (call: ApiCall): Promise<Accepted> => {
    const query = { ...call.query, "api-version": API_VERSION };
    const answer = await api({ ...call, query, accept: [...(call.accept ?? []), 302] });
    if (answer.status !== 203 && answer.status !== 302) return answer;
    throw new SluiceError("SourceForbidden", `Azure DevOps asked to sign in, so it did not ${call.does}.`, {
      next: "give the Repository a personal access token with Code (read & write) as its password; it may have expired",
    });
  };

function pullRequest(body: unknown, provider: string): PullRequest {
  const status = words(body, "status");
  const number = count(body, "pullRequestId");
  const web = at(body, "repository", "webUrl") ?? at(body, "repository", "remoteUrl");
  return {
    provider,
    number,
    url: `${words({ web }, "web").replace(/^(https?:\/\/)[^/@]*@/, "$1")}/pullrequest/${number}`,
    state: status === "completed" ? "Merged" : status === "abandoned" ? "Closed" : "Open",
    head: commitId(body, "lastMergeSourceCommit", "commitId"),
    branch: branchName(words(body, "sourceRefName")),
    base: branchName(words(body, "targetRefName")),
    ...(status === "completed" && { mergeCommit: commitId(body, "lastMergeCommit", "commitId") }),
    ...optional("by", at(body, "closedBy", "uniqueName") ?? at(body, "closedBy", "displayName")),
  };
}

async function merge(api: Api, path: string, head: string): Promise<MergeOutcome> {
  const answer = await api({
    ...{ method: "PATCH" as const, path, does: "complete the pull request" },
    body: {
      status: "completed",
      lastMergeSourceCommit: { commitId: head },
      completionOptions: { deleteSourceBranch: false },
    },
    accept: [400, 403, 409],
  });
  const { status, body } = answer;
  if (status === 403 && !/Policy/.test(markdown(body, "typeKey"))) throw answer.failure();
  if (status >= 300) return { merged: false, why: sayingOf(body) };
  // It is completed in the background.
  if (at(body, "status") === "completed") return { merged: true };
  return { merged: false, why: `Azure DevOps is merging it (${markdown(body, "mergeStatus") || "queued"})` };
}

async function* comments(api: Api, path: string): AsyncGenerator<Comment> {
  const { body } = await api({ method: "GET", path, does: "read the comments" });
  for (const thread of list(body, "value")) {
    for (const comment of list(thread, "comments")) {
      if (at(thread, "isDeleted") === true || at(comment, "isDeleted") === true) continue;
      yield { id: `${count(thread, "id")}/${count(comment, "id")}`, body: markdown(comment, "content") };
    }
  }
}

/** A ref goes by being set to nothing, from what it is. */
async function deleteBranch(api: Api, path: string, branch: string): Promise<void> {
  const query = { filter: `heads/${branch}` };
  const { body } = await api({ method: "GET", path, query, does: "read the branch" });
  const found = list(body, "value").find((each) => at(each, "name") === REF.of(branch));
  if (found === undefined) return;
  const update = { name: REF.of(branch), oldObjectId: commitId(found, "objectId"), newObjectId: NOTHING };
  const deleted = await api({ method: "POST", path, body: [update], does: "delete the branch" });
  const result = list(deleted.body, "value")[0];
  if (at(result, "success") === true) return;
  throw new SluiceError(
    "Conflict",
    `Azure DevOps did not delete the branch: ${markdown(result, "updateStatus") || "no reason was given"}.`,
  );
}
