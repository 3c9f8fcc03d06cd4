import type { GitProvider as Provider } from "../../../schemas/providers.ts";
import type { Sample } from "./payloads.ts";
import { PUSHES } from "./payloads.ts";

const BRANCH = "sluice/shop/prod/prod-7c1f4a2b";

/** A pull request of a promotion that was merged, as each provider's documentation shows the webhook of it, cut to what names things. */
export const MERGED: Partial<Record<Provider, Sample & { number: number; sender: string }>> = {
  github: {
    number: 42,
    sender: "octocat",
    headers: { ...PUSHES.github.headers, "x-github-event": "pull_request" },
    body: {
      action: "closed",
      number: 42,
      pull_request: {
        number: 42,
        state: "closed",
        merged: true,
        merge_commit_sha: "6dcb09b5b57875f334f61aebed695e2e4193db5e",
        head: { label: `acme:${BRANCH}`, ref: BRANCH, sha: "6113728f27ae82c7b1a177c8d03f9e96e0adf246" },
        base: { label: "acme:main", ref: "main" },
      },
      repository: PUSHES.github.body["repository"],
      sender: { login: "octocat", id: 1 },
    },
  },
  gitlab: {
    number: 7,
    sender: "root",
    headers: { ...PUSHES.gitlab.headers, "x-gitlab-event": "Merge Request Hook" },
    body: {
      object_kind: "merge_request",
      event_type: "merge_request",
      user: { id: 1, name: "Administrator", username: "root" },
      project: PUSHES.gitlab.body["project"],
      repository: { name: "shop", url: "git@gitlab.com:acme/shop.git" },
      object_attributes: {
        id: 99,
        iid: 7,
        source_branch: BRANCH,
        target_branch: "main",
        state: "merged",
        action: "merge",
        last_commit: { id: "da1560886d4f094c3e6c9ef40349f7d38b5d27d7" },
      },
    },
  },
  ...giteaLike("gitea"),
  ...giteaLike("forgejo"),
  "bitbucket-cloud": {
    number: 3,
    sender: "emma",
    headers: { ...PUSHES["bitbucket-cloud"].headers, "x-event-key": "pullrequest:fulfilled" },
    body: {
      actor: { display_name: "Emma", nickname: "emma" },
      repository: PUSHES["bitbucket-cloud"].body["repository"],
      pullrequest: {
        id: 3,
        title: "Promote",
        state: "MERGED",
        source: { branch: { name: BRANCH }, commit: { hash: "d3022fc0ca3d" } },
        destination: { branch: { name: "main" } },
        merge_commit: { hash: "764413d85e29" },
      },
    },
  },
  "bitbucket-server": {
    number: 9,
    sender: "admin",
    headers: { ...PUSHES["bitbucket-server"].headers, "x-event-key": "pr:merged" },
    body: {
      eventKey: "pr:merged",
      date: "2026-09-19T11:17:54+1000",
      actor: { name: "admin", id: 1, displayName: "Administrator" },
      pullRequest: {
        id: 9,
        version: 2,
        state: "MERGED",
        fromRef: { id: `refs/heads/${BRANCH}`, displayId: BRANCH },
        toRef: { id: "refs/heads/main", repository: PUSHES["bitbucket-server"].body["repository"] },
        properties: { mergeCommit: { displayId: "7e48f426f0a", id: "7e48f426f0a6e20f263d67a5b1d4d4ec9b2a4a2b" } },
      },
    },
  },
  "azure-devops": {
    number: 1,
    sender: "Jamal Hartnett",
    headers: {},
    body: {
      id: "6872ee8c-b333-4eff-bfb9-0d5274943566",
      eventType: "git.pullrequest.merged",
      publisherId: "tfs",
      resource: {
        repository: (PUSHES["azure-devops"].body["resource"] as { repository: unknown }).repository,
        pullRequestId: 1,
        status: "completed",
        createdBy: { displayName: "Jamal Hartnett", uniqueName: "fabrikamfiber4@hotmail.com" },
        sourceRefName: `refs/heads/${BRANCH}`,
        targetRefName: "refs/heads/main",
        mergeStatus: "succeeded",
      },
    },
  },
};

function giteaLike(provider: "gitea" | "forgejo"): typeof MERGED {
  const headers = { ...PUSHES[provider].headers, [`x-${provider}-event`]: "pull_request" };
  return {
    [provider]: {
      number: 5,
      sender: "gitea",
      headers,
      body: {
        action: "closed",
        number: 5,
        pull_request: {
          id: 12,
          number: 5,
          state: "closed",
          merged: true,
          head: { ref: BRANCH },
          base: { ref: "main" },
        },
        repository: PUSHES[provider].body["repository"],
        sender: { id: 1, login: "gitea", username: "gitea" },
      },
    },
  };
}
