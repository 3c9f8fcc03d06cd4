import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GitFixture } from "../../adapters/embedded/index.ts";
import { releaseSourceDecider } from "../../domain/release/decider.ts";
import type { RenderedDifference } from "../../schemas/difference.ts";
import type { ReleaseContent } from "../../schemas/promotion.ts";
import { application } from "../fixtures/configuration.ts";
import { natsOf } from "../fixtures/embedded-process.ts";
import { pipeline, promoted, promotionOf, releaseSource, withLedger } from "../fixtures/promotions.ts";
import { Stack, until } from "../fixtures/stack.ts";

/** How a release comes into a stage, on real servers: by a pin that nothing moves, and by a signed commit. */

const DIGEST = `sha256:${"d".repeat(64)}`;
const ADA = { kind: "user", name: "ada" } as const;
const pod = (image: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "PodTemplate",
    metadata: { name: "web" },
    template: { spec: { containers: [{ name: "web", image }] } },
  });
const KUSTOMIZATION = "# The shop.\nresources:\n- pod.yaml\n- settings.yaml\n- secret.yaml\n";
const VALUES = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings"},"data":{"version":"0"}}\n';
const secret = (value: string): string =>
  JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, stringData: { password: value } });

let stack: Stack;
let git: GitFixture;
let repoURL: string;
let key: string;
let edits: object[];

async function releaseOf(content: Partial<ReleaseContent>): Promise<string> {
  const at = new Date().toISOString();
  const whole = { commits: [], images: [], charts: [], ...content };
  const command = {
    type: "CreateRelease" as const,
    content: whole,
    commits: [],
    origin: "manual" as const,
    by: ADA,
    at,
  };
  return await withLedger(await natsOf(stack.playground.dataDir), async (_, aggregates) => {
    const meta = { at, actor: ADA, cause: "test", messageId: `release/${JSON.stringify(content)}` };
    const { events } = await aggregates.execute(releaseSourceDecider, "shop", command, meta);
    const [created] = events;
    if (created?.type !== "ReleaseCreated") throw new Error("no release was made");
    return created.data.release;
  });
}

const promote = async (stage: string, release: string) => {
  const { status, body } = await stack.api("POST", "/pipelines/shop/promotions", { stage, release });
  if (status !== 200) throw new Error(JSON.stringify(body));
  return await promotionOf(stack, { pipeline: "shop", stage, release }, ({ result }) => result !== undefined, 90_000);
};
const difference = async (promotion: string): Promise<RenderedDifference> =>
  (await stack.api<RenderedDifference>("GET", `/pipelines/shop/promotions/${promotion}/diff`)).body;
const imageOf = async (namespace: string): Promise<string> => {
  const { body } = await stack.cluster().request(`/api/v1/namespaces/${namespace}/podtemplates/web`);
  return body.template.spec.containers[0].image as string;
};
const source = (commit: string) => ({ subscription: "source", repoURL, commit, branch: "main" });
const WEB = { subscription: "web", repository: "ghcr.io/acme/web", tag: "2", digest: DIGEST };

const stages = (pinning: object): object =>
  pipeline("shop", "shop", [
    { name: "pinning", after: [], applications: pinning },
    {
      name: "committing",
      after: [],
      applications: { names: ["by-git"] },
      promotion: { mode: "commit", commit: { repoURL, branch: "main", edits, signingKey: "release" } },
    },
  ]);

beforeAll(async () => {
  stack = await Stack.start({ controllers: false });
  await stack.prepare();
  ({ url: repoURL, fixture: git } = await stack.addRepository("shop"));
  await git.commit(
    {
      "pinned/kustomization.yaml": KUSTOMIZATION,
      "pinned/pod.yaml": pod("ghcr.io/acme/web:1"),
      "pinned/settings.yaml": VALUES,
      "pinned/secret.yaml": secret("canary-0"),
      "by-git/kustomization.yaml": `${KUSTOMIZATION}images:\n- name: ghcr.io/acme/web # by the pipeline\n  newTag: "1"\n`,
      "by-git/pod.yaml": pod("ghcr.io/acme/web:0"),
      "by-git/settings.yaml": VALUES,
      "by-git/secret.yaml": secret("canary-0"),
    },
    "first",
  );
  key = join(stack.root, "release.key");
  await promisify(execFile)("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key]);
  const added = await stack.api("POST", "/signing-keys/release", { privateKey: await readFile(key, "utf8") });
  expect(added.status).toBe(200);
  edits = [
    { kustomize: { path: "by-git", images: [{ image: "web" }] } },
    { yaml: { path: "by-git/settings.yaml", key: "data.version", value: { image: "web", part: "tag" } } },
  ];
  const [found] = [releaseSource("shop", repoURL) as { spec: { subscriptions: object[] } }];
  found.spec.subscriptions.push({ name: "web", image: { repoURL: "ghcr.io/acme/web" } });
  await stack.apply(
    application(
      "pinned",
      { repoURL, path: "pinned" },
      { syncPolicy: { automated: { selfHeal: true, prune: true }, syncOptions: ["CreateNamespace=true"] } },
    ),
    promoted("by-git", repoURL, "by-git"),
    promoted("spare", repoURL, "pinned"),
    found,
    stages({ names: ["pinned"] }),
  );
}, 240_000);
afterAll(() => stack?.stop());

describe("a pinned application", () => {
  let first: string;

  it("runs the release's commit and image, and the difference said so before", { timeout: 120_000 }, async () => {
    first = await git.commit(
      { "pinned/settings.yaml": VALUES.replace('"0"', '"1"'), "pinned/secret.yaml": secret("canary-1") },
      "version 1",
    );
    await stack.deliver("shop");
    await stack.deployed("pinned", first);
    const commit = await git.commit(
      { "pinned/settings.yaml": VALUES.replace('"0"', '"2"'), "pinned/secret.yaml": secret("canary-2") },
      "version 2",
    );
    const done = await promote("pinning", await releaseOf({ commits: [source(commit)], images: [WEB] }));
    expect(done.result).toBe("Succeeded");
    expect(await imageOf("pinned")).toBe(`ghcr.io/acme/web@${DIGEST}`);
    const seen = await difference(done.promotion);
    expect(seen.counts).toEqual({ applications: 1, created: 0, changed: 3, deleted: 0, unchanged: 0 });
    expect(JSON.stringify(seen)).not.toContain("canary");
    expect(seen.applications[0]).toMatchObject({ application: "pinned", from: first, to: commit });
    const objects = seen.applications[0]!.objects.map(({ object, fields }) => [object, fields.map(({ path }) => path)]);
    expect(objects).toEqual([
      ["/ConfigMap/pinned/settings", ["data.version"]],
      ["/PodTemplate/pinned/web", ["template.spec.containers[name=web].image"]],
      ["/Secret/pinned/s", ["data.password"]],
    ]);
    expect((await stack.application("pinned")).status.pinned).toMatchObject({
      stage: "pinning",
      targetRevision: commit,
    });
  });

  it("is moved by no push, no refresh, no sync, no drift and no change of its spec", { timeout: 120_000 }, async () => {
    const { pinned, deployed } = (await stack.application("pinned")).status;
    const at = deployed!.revision;
    const head = await git.commit({ "pinned/settings.yaml": VALUES.replace('"0"', '"3"') }, "version 3");
    await stack.outcome(await stack.deliver("shop"));
    const ask = async (what: string, body: object = {}): Promise<void> => {
      const { body: accepted } = await stack.api<{ operation: string }>("POST", `/applications/pinned/${what}`, body);
      const ended = await stack.ended("pinned", accepted.operation);
      expect(ended).toMatchObject({ revision: at, result: what === "refresh" ? "Compared" : "Succeeded" });
    };
    await ask("refresh");
    await ask("sync");
    const { body: diff } = await stack.api<{ revision: string; objects: { action: string }[] }>(
      "GET",
      "/applications/pinned/diff",
    );
    expect(diff.revision).toBe(at);
    expect(diff.objects.filter(({ action }) => action !== "unchanged")).toEqual([]);

    const byHand = await stack.cluster().request("/api/v1/namespaces/pinned/configmaps/settings", {
      method: "PATCH",
      contentType: "application/merge-patch+json",
      body: { data: { version: "by hand" } },
    });
    expect([byHand.status, byHand.body.data.version]).toEqual([200, "by hand"]);
    await until(
      "the drift is put back",
      async () => (await stack.configMaps("pinned"))["settings"]!["version"] === "2",
    );

    await stack.apply(
      application(
        "pinned",
        { repoURL, path: "pinned" },
        { syncPolicy: { automated: { selfHeal: true }, syncOptions: ["CreateNamespace=true"] } },
      ),
    );
    await until("the changed spec was looked at", async () =>
      (await stack.operations("pinned")).find(
        ({ trigger, result }) => trigger.type === "configuration" && result !== "Running" && result !== "Superseded",
      ),
    );
    const now = await stack.deployed("pinned", at);
    expect(now.status.pinned).toEqual(pinned);
    expect(await imageOf("pinned")).toBe(`ghcr.io/acme/web@${DIGEST}`);
    expect(head).not.toBe(at);
  });

  it(
    "goes back to an earlier version and stays there, and follows its branch again once it is unpinned",
    { timeout: 120_000 },
    async () => {
      const { body } = await stack.api<{ operation: string; revision: string }>(
        "POST",
        "/applications/pinned/rollback",
        {},
      );
      expect(body.revision).toBe(first);
      expect(await stack.ended("pinned", body.operation)).toMatchObject({ result: "Succeeded", revision: first });
      await stack.api("POST", "/applications/pinned/refresh");
      await until("rolled back", async () => (await stack.configMaps("pinned"))["settings"]!["version"] === "1");

      const unpinned = await stack.api("POST", "/applications/pinned/unpin", { reason: "taken out" });
      expect(unpinned.body).toMatchObject({ unpinned: true });
      const head = (await git.head())!;
      const free = await stack.deployed("pinned", head);
      expect(free.status.pinned).toBeUndefined();
      expect(await imageOf("pinned")).toBe("ghcr.io/acme/web:1");
      const next = await git.commit({ "pinned/settings.yaml": VALUES.replace('"0"', '"4"') }, "version 4");
      await stack.deliver("shop");
      await stack.deployed("pinned", next);
    },
  );
});

describe("a stage that does not select an application any more", () => {
  it("takes its pin back", { timeout: 120_000 }, async () => {
    const commit = (await git.head())!;
    await git.commit({ "pinned/settings.yaml": VALUES.replace('"0"', '"5"') }, "version 5");
    const release = await releaseOf({ commits: [source(commit)], images: [{ ...WEB, tag: "3" }] });
    expect((await promote("pinning", release)).result).toBe("Succeeded");
    const { pinned } = (await stack.application("pinned")).status;
    expect(pinned).toMatchObject({ targetRevision: commit });
    await stack.apply(stages({ names: ["spare"] }));
    const free = await stack.deployed("pinned", (await git.head())!);
    expect(free.status.pinned).toBeUndefined();
    const events = await stack.events("pinned");
    expect(events.map(({ type }) => type)).toContain("RevisionUnpinned");
  });
});

describe("a stage that goes by Git", () => {
  it(
    "gets one signed commit with the release, which is synced, and was shown before",
    { timeout: 120_000 },
    async () => {
      const before = (await git.head())!;
      const done = await promote("committing", await releaseOf({ commits: [source(before)], images: [WEB] }));
      expect(done).toMatchObject({ result: "Succeeded", commit: { branch: "main", signed: true } });
      const { commit } = done.commit!;
      expect(await git.head()).toBe(commit);
      expect((await git.git("rev-parse", `${commit}^`)).trim()).toBe(before);
      expect(await git.git("log", "-1", "--format=%(trailers:key=Sluice-Operation,valueonly)", commit)).toBe(
        `${done.promotion}\n\n`,
      );
      expect(await git.read("by-git/kustomization.yaml")).toBe(
        `${KUSTOMIZATION}images:\n- name: ghcr.io/acme/web # by the pipeline\n  digest: "${DIGEST}"\n`,
      );
      expect(await git.read("by-git/settings.yaml")).toBe(VALUES.replace('"version":"0"', '"version":"2"'));
      expect(await imageOf("by-git")).toBe(`ghcr.io/acme/web@${DIGEST}`);
      const allowed = join(stack.root, "allowed_signers");
      await writeFile(allowed, `sluice@sluice.dev ${await readFile(`${key}.pub`, "utf8")}`);
      await git.git("-c", "gpg.format=ssh", "-c", `gpg.ssh.allowedSignersFile=${allowed}`, "verify-commit", commit);
      const seen = await difference(done.promotion);
      expect(seen.counts).toMatchObject({ applications: 1, created: 3, changed: 0 });
      expect(seen.contents).toEqual([{ subscription: "web", is: `ghcr.io/acme/web:2@${DIGEST}` }]);
    },
  );
});
