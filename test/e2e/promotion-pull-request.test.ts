import { createHmac, randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { configMap } from "../fixtures/configuration.ts";
import { Forge, type Pull } from "../fixtures/git-providers/forge.ts";
import { fakeGithub } from "../fixtures/git-providers/github.ts";
import { startStrictServer, type StrictServer } from "../fixtures/git-providers/strict-server.ts";
import { pipeline, promoted, promotionOf, release, releaseSource } from "../fixtures/promotions.ts";
import { Stack, until, WEBHOOK_SECRET } from "../fixtures/stack.ts";

/** A promotion by pull request through the whole server, with GitHub as its documentation has it over the same repository. */

const TOKEN = "token-canary-9c2e";
let stack: Stack;
let forge: Forge;
let github: StrictServer;
let repoURL: string;

beforeAll(async () => {
  stack = await Stack.start({ controllers: false });
  await stack.prepare();
  const { url, repository } = await stack.git.createRepository("acme/shop");
  repoURL = url;
  forge = new Forge(repository);
  github = await startStrictServer(fakeGithub(forge, TOKEN));
  await repository.commit({ "prod/map.yaml": configMap("map", { version: "none" }) }, "first");
  await stack.apply(
    {
      apiVersion: "sluice.dev/v1",
      kind: "Repository",
      metadata: { name: "shop" },
      spec: {
        ...{ url, apiURL: github.url, pollInterval: "1h" },
        credentials: { username: "x-access-token", password: TOKEN },
        webhook: { provider: "github", secret: WEBHOOK_SECRET },
      },
    },
    promoted("shop-prod", repoURL, "prod"),
    releaseSource("shop", repoURL),
    pipeline("shop", "shop", [
      {
        ...{ name: "prod", applications: { names: ["shop-prod"] } },
        promotion: {
          mode: "pullRequest",
          commit: {
            ...{ repoURL, branch: "main" },
            edits: [{ yaml: { path: "prod/map.yaml", key: "data.version", value: { git: "source", part: "commit" } } }],
          },
          pullRequest: { labels: ["promotion"], reviewers: ["ada", "nobody"] },
        },
      },
    ]),
  );
}, 240_000);
afterAll(async () => {
  await stack?.stop();
  await github?.[Symbol.asyncDispose]();
});

/** What GitHub sends when a pull request was closed. */
async function webhook({ number, branch }: Pull, secret = WEBHOOK_SECRET): Promise<number> {
  const body = JSON.stringify({
    ...{
      action: "closed",
      number,
      repository: { full_name: "acme/shop", clone_url: repoURL },
      sender: { login: "grace" },
    },
    pull_request: { number, state: "closed", merged: true, head: { ref: branch }, base: { ref: "main" } },
  });
  const response = await fetch(`${stack.url}/webhooks/github/shop`, {
    method: "POST",
    headers: {
      ...{ "content-type": "application/json", "x-github-event": "pull_request", "x-github-delivery": randomUUID() },
      "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
    },
    body,
  });
  await response.arrayBuffer();
  return response.status;
}

async function promote(commit: string) {
  const made = await release(stack, "shop", { repoURL, commit });
  const asked = await stack.api("POST", "/pipelines/shop/promotions", { stage: "prod", release: made.release });
  expect(asked.status).toBe(200);
  return { pipeline: "shop", stage: "prod", release: made.release };
}

test("nothing is synced before the merge; a signed webhook tells of it, and the merge is what is synced", async () => {
  const commit = await forge.git.commit({ "README.md": "one\n" }, "version 1");
  const of = await promote(commit);
  const opened = await promotionOf(stack, of, ({ pullRequest }) => pullRequest !== undefined);
  const [pull] = forge.pulls;
  expect(opened).toMatchObject({ phase: "Moving", pullRequest: { number: 1, state: "Open", provider: "github" } });
  expect(pull).toMatchObject({ labels: ["promotion"], reviewers: [], base: "main" });
  expect(pull!.body).toContain(commit);
  expect((await stack.application("shop-prod")).status.deployed).toBeUndefined();

  await forge.merge(pull!, { by: "grace" });
  expect(await webhook(pull!, "another secret")).toBe(401);
  expect(await webhook(pull!)).toBe(202);
  await promotionOf(stack, of, ({ result }) => result === "Succeeded");
  const merge = await forge.commitOf("main");
  expect(merge).toBe(pull!.mergeCommit);
  expect((await stack.application("shop-prod")).status.deployed?.revision).toBe(merge);
  expect(await stack.configMaps("shop-prod")).toMatchObject({ map: { version: commit } });
  await until("its branch is gone", async () => (await forge.commitOf(pull!.branch)) === undefined);
  expect(github.violations).toEqual([]);
}, 120_000);

test("an aborted promotion closes its pull request with a word, and what the stage runs stays", async () => {
  const before = (await stack.application("shop-prod")).status.deployed?.revision;
  const of = await promote(await forge.git.commit({ "README.md": "two\n" }, "version 2"));
  const { promotion } = await promotionOf(stack, of, ({ pullRequest }) => pullRequest?.number === 2);
  const { status } = await stack.api("POST", `/pipelines/shop/promotions/${promotion}/abort`, { reason: "not today" });
  expect(status).toBe(200);
  await until("it is closed", async () => forge.find(2)?.state === "closed");
  await promotionOf(stack, of, ({ result, pullRequest }) => result === "Aborted" && pullRequest?.state === "Closed");
  expect(forge.find(2)!.comments[0]!.body).toContain("Closed by Sluice");
  expect((await stack.application("shop-prod")).status.deployed?.revision).toBe(before);
  expect(github.violations).toEqual([]);
}, 120_000);

test("the token is in no event and no view", async () => {
  const { body } = await stack.api("GET", "/events?pipeline=shop");
  const { body: views } = await stack.api("GET", "/promotions?pipeline=shop");
  expect(JSON.stringify([body, views])).toContain("shop");
  expect(JSON.stringify([body, views])).not.toContain(TOKEN);
});
