import type { GitProvider } from "../../../schemas/providers.ts";

/** A webhook as a provider's documentation shows it, cut to what names things: headers in lower case, and the body. */
export interface Sample {
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

const ZERO = "0".repeat(40);
const AFTER = "6113728f27ae82c7b1a177c8d03f9e96e0adf246";

/** One push to `main` of `acme/shop` per provider, with the address that each payload gives it. */
export const PUSHES: Record<GitProvider, Sample & { url: string; delivery: string }> = {
  github: {
    url: "https://github.com/acme/shop",
    delivery: "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    headers: { "x-github-event": "push", "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958" },
    body: {
      ref: "refs/heads/main",
      before: ZERO,
      after: AFTER,
      created: true,
      deleted: false,
      repository: {
        id: 186853002,
        name: "shop",
        full_name: "acme/shop",
        html_url: "https://github.com/acme/shop",
        url: "https://github.com/acme/shop",
        git_url: "git://github.com/acme/shop.git",
        ssh_url: "git@github.com:acme/shop.git",
        clone_url: "https://github.com/acme/shop.git",
        default_branch: "main",
      },
      pusher: { name: "octocat", email: "octocat@example.com" },
      sender: { login: "octocat", id: 1 },
      commits: [],
    },
  },
  gitlab: {
    url: "https://gitlab.com/acme/shop.git",
    delivery: "f5e5f430-f57b-4e6e-9fac-d9128cd7232f",
    headers: {
      "x-gitlab-event": "Push Hook",
      "x-gitlab-event-uuid": "13792a34-cac6-4fda-95a8-c58e00a3954e",
      "idempotency-key": "f5e5f430-f57b-4e6e-9fac-d9128cd7232f",
    },
    body: {
      object_kind: "push",
      event_name: "push",
      before: ZERO,
      after: AFTER,
      ref: "refs/heads/main",
      checkout_sha: AFTER,
      user_username: "jsmith",
      project: {
        web_url: "https://gitlab.com/acme/shop",
        git_ssh_url: "git@gitlab.com:acme/shop.git",
        git_http_url: "https://gitlab.com/acme/shop.git",
        path_with_namespace: "acme/shop",
        default_branch: "main",
      },
      repository: { git_http_url: "https://gitlab.com/acme/shop.git", git_ssh_url: "git@gitlab.com:acme/shop.git" },
      commits: [],
    },
  },
  gitea: giteaLike("gitea"),
  forgejo: giteaLike("forgejo"),
  gogs: giteaLike("gogs"),
  "bitbucket-cloud": {
    url: "https://bitbucket.org/acme/shop",
    delivery: "d5f0fac5-01ee-4d8f-9b2c-2fbc3a2f0b3b",
    headers: { "x-event-key": "repo:push", "x-request-uuid": "d5f0fac5-01ee-4d8f-9b2c-2fbc3a2f0b3b" },
    body: {
      actor: { display_name: "Emma", nickname: "emma" },
      repository: {
        full_name: "acme/shop",
        links: { html: { href: "https://bitbucket.org/acme/shop" } },
        scm: "git",
      },
      push: {
        changes: [
          {
            new: { type: "branch", name: "main", target: { type: "commit", hash: AFTER } },
            old: null,
            created: true,
            closed: false,
          },
        ],
      },
    },
  },
  "bitbucket-server": {
    url: "https://git.example.com/scm/ac/shop.git",
    delivery: "e1e6ad51-4cc6-4e83-8b8f-6f7a6d0fb6c1",
    headers: { "x-event-key": "repo:refs_changed", "x-request-id": "e1e6ad51-4cc6-4e83-8b8f-6f7a6d0fb6c1" },
    body: {
      eventKey: "repo:refs_changed",
      actor: { name: "admin", id: 1 },
      repository: {
        slug: "shop",
        project: { key: "AC" },
        links: {
          clone: [
            { href: "ssh://git@git.example.com:7999/ac/shop.git", name: "ssh" },
            { href: "https://git.example.com/scm/ac/shop.git", name: "http" },
          ],
        },
      },
      changes: [
        {
          ref: { id: "refs/heads/main", displayId: "main", type: "BRANCH" },
          refId: "refs/heads/main",
          fromHash: ZERO,
          toHash: AFTER,
          type: "UPDATE",
        },
      ],
    },
  },
  "azure-devops": {
    url: "https://dev.azure.com/acme/web/_git/shop",
    delivery: "3a1c1c26-2f3c-4a5a-9c55-2d4d1a3a9f11",
    headers: {},
    body: {
      id: "3a1c1c26-2f3c-4a5a-9c55-2d4d1a3a9f11",
      eventType: "git.push",
      publisherId: "tfs",
      resource: {
        refUpdates: [{ name: "refs/heads/main", oldObjectId: ZERO, newObjectId: AFTER }],
        repository: {
          id: "278d5cd2-584d-4b63-824a-2ba458937249",
          name: "shop",
          defaultBranch: "refs/heads/main",
          remoteUrl: "https://acme@dev.azure.com/acme/web/_git/shop",
        },
        pushedBy: { displayName: "Jamal Hartnett" },
      },
    },
  },
  generic: {
    url: "https://git.example.com/acme/shop.git",
    delivery: "build-42",
    headers: { "x-sluice-delivery": "build-42" },
    body: { repoURL: "https://git.example.com/acme/shop.git", ref: "refs/heads/main", sender: "ci" },
  },
};

function giteaLike(product: "gitea" | "forgejo" | "gogs"): Sample & { url: string; delivery: string } {
  const delivery = "f6266f16-1bf3-46a5-9ea4-602e06ead473";
  return {
    url: "https://git.example.com/acme/shop.git",
    delivery,
    headers: { [`x-${product}-event`]: "push", [`x-${product}-delivery`]: delivery },
    body: {
      ref: "refs/heads/main",
      before: ZERO,
      after: AFTER,
      repository: {
        full_name: "acme/shop",
        html_url: "https://git.example.com/acme/shop",
        ssh_url: "git@git.example.com:acme/shop.git",
        clone_url: "https://git.example.com/acme/shop.git",
      },
      pusher: { username: "someone" },
      sender: { login: "someone", username: "someone" },
    },
  };
}
