import { createHash } from "node:crypto";
import { Registry } from "prom-client";
import { afterAll, describe, expect, it } from "vitest";
import { createDifference } from "../../../activities/promotion/difference.ts";
import { createCommitRelease } from "../../../activities/promotion/commit.ts";
import { checkSources } from "../../../activities/promotion/approved-sources.ts";
import type { Moving } from "../../../activities/promotion/moving.ts";
import { createPlanTargets, createTargets, type TargetsDeps } from "../../../activities/promotion/targets.ts";
import { createSourceActivity } from "../../../activities/source.ts";
import { createCommits } from "../../../adapters/git/commit.ts";
import type { GitTree } from "../../../adapters/git/mirrors.ts";
import { RELEASE_EDITOR } from "../../../adapters/manifests/release-editor.ts";
import { createRenderer } from "../../../adapters/renderers/render.ts";
import { createKeyring } from "../../../adapters/secrets/keyring.ts";
import { maskObject, openObject, sealObject } from "../../../adapters/secrets/objects.ts";
import { canonicalJson } from "../../../domain/sync/canonical.ts";
import type { ApplicationState } from "../../../domain/application/state.ts";
import type { RenderedDifference } from "../../../schemas/difference.ts";
import { ApplicationSpec } from "../../../schemas/kinds/application.ts";
import { PipelineSpec } from "../../../schemas/kinds/pipeline.ts";
import type { ReleaseContent } from "../../../schemas/promotion.ts";
import type { ReleaseView } from "../../../schemas/promotion-views.ts";
import { createCommitsBetween } from "../../../services/server/promotion-moving.ts";
import { gitMirrors } from "../git/git-mirrors.ts";

const { openMirrors, repositoryOf } = gitMirrors();
const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
});

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const keyring = createKeyring([new Uint8Array(32).fill(7)]);
const map = (name: string, value: string): string =>
  JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { value } });
const secret = (value: string): string =>
  JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, stringData: { password: value } });
const NAMES = ["shop-eu", "shop-us"] as const;

const release = (id: string, content: Partial<ReleaseContent>): ReleaseView => ({
  ...{ source: "shop", release: id.repeat(40), alias: `r-${id}` },
  content: { commits: [], images: [], charts: [], ...content },
  ...({ commits: [], origin: "manual", by: { kind: "user", name: "ada" }, createdAt: "", sequence: 1 } as const),
});

/** One process: mirrors, renderer and blobs of its own, on what the ledger says. */
async function machine(
  url: string,
  deployed: Map<string, { revision: string; artifact: string }>,
  blobs: Map<string, string>,
) {
  const { mirrors } = await openMirrors();
  const renderer = createRenderer({ tools: { helm: "/none", kustomize: "/none" }, metrics: new Registry() });
  closing.push(() => renderer.close());
  const store = {
    putJson: async (value: unknown) => {
      const text = canonicalJson(value);
      blobs.set(sha256(text), text);
      return sha256(text);
    },
    getJson: async <T>(digest: string) => JSON.parse(blobs.get(digest)!) as T,
    has: async (digest: string) => blobs.has(digest),
  };
  const source = () =>
    createSourceActivity<GitTree>({
      mirrors,
      renderer,
      clusterOf: async () => ({
        resolve: async () => ({ namespaced: true }),
        version: async () => ({ gitVersion: "v1.34.0" }),
      }),
      seal: (object) => sealObject(object, keyring),
      blobs: store,
      metrics: new Registry(),
    });
  const [port, previews] = [source(), source()];
  const specOf = (name: string): ApplicationSpec =>
    ApplicationSpec.parse({
      source: { repoURL: url, path: name, targetRevision: "main" },
      destination: { name: "eu", namespace: name },
    });
  const load = async (name: string) => {
    const now = deployed.get(name);
    const configuration = { spec: specOf(name), labels: {}, annotations: {} };
    const version = now && { operation: "op", sourceDigest: "d", ...now };
    return { configuration, cluster: "eu", ...(version && { deployed: version }) } as ApplicationState;
  };
  const targetsDeps: TargetsDeps<GitTree> = {
    applications: async () => NAMES.map((name) => ({ name, project: "default", labels: {} })),
    load,
    mirrors,
    sourceDigest: renderer.sourceDigest,
    now: Date.now,
  };
  const running: { release?: ReleaseView } = {};
  const { preview, commitRelease } = createCommitRelease({
    commits: createCommits({ mirrors, seals: createKeyring([new Uint8Array(32)]) }),
    editor: RELEASE_EDITOR,
    ensure: mirrors.ensure,
    refusal: async () => undefined,
    signer: async () => Promise.reject(new Error("no key")),
  });
  const difference = createDifference({
    targets: createPlanTargets(targetsDeps),
    preview,
    load,
    place: async () => ({ cluster: { name: "eu" } }),
    render: async ({ preview: isPreview, ...target }) =>
      (await (isPreview ? previews : port).produce({ ...target, since: new Date().toISOString() })).artifact,
    blobs: store,
    shown: (object) => maskObject(openObject(object, keyring), keyring),
    running: async () => running.release,
    commitsBetween: createCommitsBetween(mirrors),
    digest: sha256,
  });
  const render = async (input: Moving) => {
    const rendered = await difference(input);
    return { ...rendered, value: await store.getJson<RenderedDifference>(rendered.blob) };
  };
  const deploy = async (revision: string) => {
    for (const application of NAMES) {
      const { artifact } = await port.produce({
        application,
        spec: specOf(application),
        cluster: "eu",
        revision,
        since: new Date().toISOString(),
      });
      deployed.set(application, { revision, artifact });
    }
  };
  return { mirrors, render, deploy, running, targets: createTargets(targetsDeps), commitRelease };
}

const files = (value: string, password = "canary-1") =>
  Object.fromEntries(
    NAMES.flatMap((name) => [
      [`${name}/map.yaml`, `${map("settings", value)}\n`],
      [`${name}/secret.yaml`, `${secret(password)}\n`],
    ]),
  );
const moving = (view: ReleaseView, promotion: object = {}): Moving => ({
  ...{ pipeline: "shop", stage: "prod", promotion: "prod-1", release: view },
  spec: PipelineSpec.parse({
    releaseSource: "shop",
    stages: [{ name: "prod", applications: { names: ["shop-*"] }, waves: [{ names: ["shop-us"] }, {}], promotion }],
  }),
});
const commitOf = (url: string, commit: string) => ({ commits: [{ subscription: "app", repoURL: url, commit }] });

describe("the rendered difference of a pin", () => {
  it("says object by object what changes, is masked, and has one digest on every machine", async () => {
    const { url, repository } = await repositoryOf();
    const [deployed, blobs] = [new Map<string, { revision: string; artifact: string }>(), new Map<string, string>()];
    const first = await repository.commit(files("1"), "first");
    const one = await machine(url, deployed, blobs);
    await one.deploy(first);
    const second = await repository.commit(
      { ...files("2", "canary-2"), "shop-us/new.yaml": map("new", "x") },
      "second",
    );
    const input = moving(release("a", commitOf(url, second)));
    const seen = await one.render(input);
    expect(seen.counts).toEqual({ applications: 2, created: 1, changed: 4, deleted: 0, unchanged: 0 });
    expect(seen.value.applications.map(({ application, wave, from, to }) => [application, wave, from, to])).toEqual([
      ["shop-us", 0, first, second],
      ["shop-eu", 1, first, second],
    ]);
    expect(seen.value.applications[1]!.objects[0]).toEqual({
      object: "/ConfigMap/shop-eu/settings",
      change: "changed",
      fields: [{ path: "data.value", was: '"1"', is: '"2"' }],
    });
    expect([...blobs.values()].join("")).not.toContain("canary");

    const other = await machine(url, deployed, blobs);
    expect((await other.render(input)).digest).toBe(seen.digest);
    // The same content by another commit is the same difference; other content is another.
    const third = await repository.commit({ "README.md": "of no concern" }, "third");
    expect((await other.render(moving(release("b", commitOf(url, third))))).digest).toBe(seen.digest);
    const fourth = await repository.commit(files("2", "canary-3"), "fourth");
    expect((await other.render(moving(release("c", commitOf(url, fourth))))).digest).not.toBe(seen.digest);
    // What runs by now is part of it.
    await one.deploy(second);
    const after = await one.render(input);
    expect(after.counts).toEqual({ applications: 0, created: 0, changed: 0, deleted: 0, unchanged: 5 });
    expect(after.digest).not.toBe(seen.digest);
  });

  it("names the commits between, forward, back and apart, and what images change", async () => {
    const { url, repository } = await repositoryOf();
    const first = await repository.commit(files("1"), "first");
    await repository.commit({ "README.md": "a" }, "second: a subject\n\nand a body");
    const third = await repository.commit(files("3"), "third");
    const at = await machine(url, new Map(), new Map());
    const image = (tag: string) => ({
      images: [{ subscription: "web", repository: "r/web", tag, digest: `sha256:${tag}` }],
    });
    at.running.release = release("a", { ...commitOf(url, first), ...image("1") });
    const forward = await at.render(moving(release("b", { ...commitOf(url, third), ...image("2") })));
    expect(forward.value).toMatchObject({
      from: "a".repeat(40),
      contents: [{ subscription: "web", was: "r/web:1@sha256:1", is: "r/web:2@sha256:2" }],
    });
    expect(forward.value.commits).toMatchObject([
      {
        subscription: "app",
        from: first,
        to: third,
        direction: "forward",
        commits: [{ subject: "third" }, { subject: "second: a subject" }],
      },
    ]);
    at.running.release = release("b", commitOf(url, third));
    const back = await at.render(moving(release("a", commitOf(url, first))));
    expect(back.value.commits).toMatchObject([{ direction: "back", commits: [{ subject: "third" }, {}] }]);
    await repository.git("update-ref", "refs/heads/main", first);
    const apart = await repository.commit({ "README.md": "b" }, "apart");
    const diverged = await at.render(moving(release("c", commitOf(url, apart))));
    expect(diverged.value.commits).toMatchObject([{ direction: "diverged", commits: [{ subject: "apart" }] }]);
    at.running.release = release("d", commitOf(url, "d".repeat(40)));
    const unknown = await at.render(moving(release("c", commitOf(url, apart))));
    expect(unknown.value.commits).toMatchObject([{ direction: "unknown", commits: [] }]);
  });
});

describe("the rendered difference of a commit", () => {
  const edits = (url: string) => ({
    mode: "commit",
    commit: {
      repoURL: url,
      edits: [{ yaml: { path: "shop-eu/map.yaml", key: "data.value", value: { image: "web", part: "tag" } } }],
    },
  });
  const web = { images: [{ subscription: "web", repository: "r/web", tag: "9", digest: "sha256:9" }] };

  it("is of the files as they will be, before anything is pushed, and stays the same when it is", async () => {
    const { url, repository } = await repositoryOf();
    const first = await repository.commit(files("1"), "first");
    const at = await machine(url, new Map(), new Map());
    await at.deploy(first);
    const input = moving(release("a", web), edits(url));
    const seen = await at.render(input);
    expect(await repository.head()).toBe(first);
    expect(seen.counts).toEqual({ applications: 1, created: 0, changed: 1, deleted: 0, unchanged: 3 });
    expect(seen.value.applications[1]!.objects).toEqual([
      {
        object: "/ConfigMap/shop-eu/settings",
        change: "changed",
        fields: [{ path: "data.value", was: '"1"', is: '"9"' }],
      },
    ]);
    const pushed = await at.commitRelease({
      ...input,
      actor: { kind: "user", name: "ada" },
      requestedAt: "2026-01-02T03:04:05Z",
    });
    expect((await at.render(input)).digest).toBe(seen.digest);
    const targets = await at.targets({ ...input, at: pushed });
    expect(targets.map(({ application, revision, pin }) => [application, revision, pin])).toEqual([
      ["shop-us", pushed.commit, undefined],
      ["shop-eu", pushed.commit, undefined],
    ]);
    // A later commit of others is not what was promoted.
    await repository.commit(files("7"), "later");
    expect(await at.targets({ ...input, at: pushed })).toEqual(targets);
  });

  it("is the only thing that may be deployed: what somebody pushes to its applications meanwhile is refused", async () => {
    const { url, repository } = await repositoryOf();
    const at = await machine(url, new Map(), new Map());
    await at.deploy(await repository.commit(files("1"), "first"));
    const input = moving(release("a", web), edits(url));
    const seen = await at.render(input);
    const by = { actor: { kind: "user", name: "ada" }, requestedAt: "2026-01-02T03:04:05Z" } as const;
    await repository.commit({ "elsewhere/a.yaml": "a: 1\n" }, "of no concern");
    const ours = await at.targets({ ...input, at: await at.commitRelease({ ...input, ...by }) });
    expect(() => checkSources(ours, seen.value)).not.toThrow();
    await repository.commit({ "shop-us/more.yaml": map("more", "x") }, "unseen");
    const later = await at.commitRelease({ ...input, ...by, promotion: "prod-2" });
    const theirs = await at.targets({ ...input, at: later });
    expect(() => checkSources(theirs, seen.value)).toThrow(/What shop-us would run is not what the gates have passed/);
  });

  it("is refused where no application follows the branch", async () => {
    const { url, repository } = await repositoryOf();
    const other = await repositoryOf();
    await repository.commit(files("1"), "first");
    await other.repository.commit(files("1"), "first");
    const at = await machine(url, new Map(), new Map());
    await expect(at.render(moving(release("a", web), edits(other.url)))).rejects.toMatchObject({
      code: "InvalidInput",
      message: `No application of stage prod follows the branch main of ${other.url}`,
    });
  });
});
