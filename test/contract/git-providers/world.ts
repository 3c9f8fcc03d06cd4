import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { Registry } from "prom-client";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { startGitServer, type EmbeddedGitServer } from "../../../adapters/embedded/index.ts";
import { createCommits } from "../../../adapters/git/commit.ts";
import { createMirrors } from "../../../adapters/git/mirrors.ts";
import { createKeyring } from "../../../adapters/secrets/keyring.ts";
import { createPullRequests } from "../../../adapters/git-providers/pull-requests.ts";
import type { PullRequestProvider } from "../../../adapters/git-providers/place.ts";
import { fakeAzureDevops } from "../../fixtures/git-providers/azure-devops.ts";
import { fakeBitbucketCloud } from "../../fixtures/git-providers/bitbucket-cloud.ts";
import { fakeBitbucketServer } from "../../fixtures/git-providers/bitbucket-server.ts";
import { Forge } from "../../fixtures/git-providers/forge.ts";
import { fakeGitea } from "../../fixtures/git-providers/gitea.ts";
import { fakeGithub } from "../../fixtures/git-providers/github.ts";
import { fakeGitlab } from "../../fixtures/git-providers/gitlab.ts";
import { startStrictServer, type StrictApi } from "../../fixtures/git-providers/strict-server.ts";

export const TOKEN = "token-canary-5d1f";
const FILES = { "web/a.yaml": "a: 1\n", "web/b.yaml": "b: 1\n" };

interface Kind {
  provider: PullRequestProvider;
  fake: (forge: Forge, token: string) => StrictApi;
  /** Path of the repository on its git host. */
  path: string;
  /** Whether it has labels for pull requests. */
  labels: boolean;
  reviewer: string;
}

export const KINDS: readonly Kind[] = [
  { provider: "github", fake: fakeGithub, path: "acme/shop", labels: true, reviewer: "ada" },
  { provider: "gitlab", fake: fakeGitlab, path: "acme/shop", labels: true, reviewer: "ada" },
  { provider: "gitea", fake: fakeGitea, path: "acme/shop", labels: true, reviewer: "ada" },
  { provider: "forgejo", fake: fakeGitea, path: "acme/shop", labels: true, reviewer: "ada" },
  {
    ...{ provider: "bitbucket-cloud", fake: fakeBitbucketCloud, path: "acme/shop", labels: false },
    reviewer: "{504c3b62-8120-4f0c-a7bc-87800b9d6f70}",
  },
  { provider: "bitbucket-server", fake: fakeBitbucketServer, path: "scm/ACME/shop", labels: false, reviewer: "ada" },
  {
    ...{ provider: "azure-devops", fake: fakeAzureDevops, path: "acme/web/_git/shop", labels: true },
    reviewer: "d6245f20-2af8-44f4-9451-8107cb2767db",
  },
];

/** A git server with one repository a test, its provider's API over the same repository, and Sluice's side of both. */
export function forges({ provider, fake, path }: Kind) {
  let root: string;
  let server: EmbeddedGitServer;
  let made = 0;
  const closers: (() => PromiseLike<unknown>)[] = [];
  const checks: (() => void)[] = [];

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "sluice-forge-"));
    server = await startGitServer({ root: join(root, "served"), auth: { username: "sluice", password: TOKEN } });
  });
  afterEach(() => {
    for (const check of checks.splice(0)) check();
  });
  afterAll(async () => {
    await Promise.all(closers.map((close) => close()));
    await server.stop();
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  });

  return async function world({ clock = { now: Date.now() }, strict = true } = {}) {
    const { url, repository } = await server.createRepository(`n${(made += 1)}/${path}`);
    const first = await repository.commit(FILES, "first");
    const forge = new Forge(repository);
    const api = await startStrictServer(fake(forge, TOKEN));
    const mirrors = createMirrors({
      ...{ log: pino({ level: "silent" }), metrics: new Registry(), dir: await mkdtemp(join(root, "mirrors-")) },
      credentialsFor: async () => ({ username: "sluice", password: TOKEN }),
    });
    const pullRequests = createPullRequests({
      repositoryOf: async () => ({ provider, apiURL: api.url, credentials: { password: TOKEN } }),
      githubToken: () => Promise.reject(new Error("no app")),
      now: () => clock.now,
    });
    closers.push(
      () => mirrors.close(),
      () => api[Symbol.asyncDispose](),
      () => pullRequests.disconnect(),
    );
    if (strict) checks.push(() => expect(api.violations).toEqual([]));
    const commits = createCommits({ mirrors, seals: createKeyring([new Uint8Array(32)]) });
    const branch = "sluice/shop/prod/prod-7c1f4a2b";
    /** A commit on a branch, pushed over HTTP as a promotion does. */
    const pushOverHttp = (file: string, text: string, on = branch) =>
      commits.push({
        ...{
          repoURL: url,
          branch: on,
          base: "main",
          changes: new Map([[file, { content: text }]]),
          message: "Promote",
        },
        ...{
          author: { name: "ada", email: "ada@example.com" },
          at: "2026-01-02T03:04:05Z",
          operation: `${on}-${text.replaceAll(/\W/g, "-")}`,
        },
      });
    /** The same without a way over HTTP: a hundred times cheaper. */
    const push = async (file: string, text: string, on = branch) => {
      if ((await repository.head(on)) === undefined) await repository.git("branch", on, "main");
      return { commit: await repository.commit({ [file]: text }, "Promote", on) };
    };
    const asked = {
      ...{ repoURL: url, branch, base: "main", title: "Promote v1.2.3 to shop/prod", body: "What moves.\n\nAnd more." },
      ...{ labels: [] as string[], reviewers: [] as string[] },
    };
    return { url, first, repository, forge, api, mirrors, pullRequests, push, pushOverHttp, branch, asked };
  };
}
