import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startRegistry, type EmbeddedRegistry, type GitFixture } from "../../adapters/embedded/index.ts";
import { ensureTools } from "../../adapters/toolchain/index.ts";
import type { EventView } from "../../schemas/api/bodies.ts";
import type { CreatedRelease, RefreshedSource } from "../../schemas/api/release-routes.ts";
import type { ReleaseView } from "../../schemas/promotion-views.ts";
import { configMap } from "../fixtures/configuration.ts";
import { imagePusher, type ImagePusher } from "../fixtures/oci-image.ts";
import { pipeline, promoted, promotionOf } from "../fixtures/promotions.ts";
import { Stack, until, WEBHOOK_SECRET } from "../fixtures/stack.ts";

/** From a push to a registry to a commit and a live cluster, on real servers: nobody but the registry says anything. */

let stack: Stack;
let registry: EmbeddedRegistry;
let push: ImagePusher;
let git: GitFixture;
let repoURL: string;

const SETTINGS = "# Written by the pipeline.\nimage:\n  tag: none # the newest\n";
const CHART = {
  "chart/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
  "chart/values.yaml": SETTINGS,
  "chart/templates/cm.yaml":
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: running\ndata:\n  tag: {{ .Values.image.tag | quote }}\n",
};

const source = (name: string, image: object, more: object = {}): object => ({
  apiVersion: "sluice.dev/v1",
  kind: "ReleaseSource",
  metadata: { name },
  spec: {
    project: "everything",
    interval: "1h",
    subscriptions: [{ name: "web", image: { repoURL: `${registry.host}/shop/web`, insecure: true, ...image } }],
    ...more,
  },
});
const releases = async (name: string): Promise<ReleaseView[]> =>
  (await stack.api<{ items: ReleaseView[] }>("GET", `/releasesources/${name}/releases`)).body.items;
const tagsOf = (found: readonly ReleaseView[]): (string | undefined)[] =>
  found.map(({ content }) => content.images[0]?.tag);
const releaseOf = (name: string, tag: string): Promise<ReleaseView> =>
  until(`a release of ${tag}`, async () =>
    (await releases(name)).find(({ content }) => content.images[0]?.tag === tag),
  );

beforeAll(async () => {
  stack = await Stack.start({ controllers: false });
  await stack.prepare();
  ({ url: repoURL, fixture: git } = await stack.addRepository("shop"));
  await git.commit({ ...CHART, "readme.yaml": configMap("readme", {}) }, "first");
  const { registry: binary } = await ensureTools(["registry"]);
  registry = await startRegistry({
    dataDir: join(stack.root, "registry"),
    binary,
    notify: {
      url: `${stack.url}/webhooks/distribution/registry`,
      headers: { authorization: `Bearer ${WEBHOOK_SECRET}` },
    },
  });
  push = imagePusher(registry.url);
  await push.image("shop/web", { tags: ["1.0.0"], created: "2026-01-01T00:00:00Z" });
  await stack.apply(
    {
      apiVersion: "sluice.dev/v1",
      kind: "Repository",
      metadata: { name: "registry" },
      spec: {
        url: `http://${registry.host}`,
        match: "prefix",
        webhook: { provider: "distribution", secret: WEBHOOK_SECRET },
        pollInterval: "1h",
      },
    },
    promoted("web", repoURL, "chart"),
    source("web", { semverConstraint: "^1.0.0" }),
    source("by-hand", {}, { creation: "Manual" }),
    pipeline("web", "web", [
      {
        name: "staging",
        applications: { names: ["web"] },
        automatic: "newest",
        promotion: {
          mode: "commit",
          commit: {
            repoURL,
            branch: "main",
            edits: [{ yaml: { path: "chart/values.yaml", key: "image.tag", value: { image: "web", part: "tag" } } }],
          },
        },
      },
    ]),
  );
}, 240_000);
afterAll(async () => {
  await registry?.stop({ graceMs: 0 });
  await stack?.stop();
});

describe("a new tag", () => {
  it("that was there before is a release as soon as the source is applied", async () => {
    const found = await releaseOf("web", "1.0.0");
    expect(found).toMatchObject({ origin: "configuration", by: { name: "poller" } });
    expect(found.alias).toMatch(/^[a-z]+-[a-z]+$/);
  });

  it(
    "becomes a release by the registry's webhook, a commit by the policy, and runs",
    { timeout: 180_000 },
    async () => {
      const begun = Date.now();
      const digest = await push.image("shop/web", { tags: ["1.1.0"], created: "2026-01-02T00:00:00Z" });
      const found = await releaseOf("web", "1.1.0");
      // The next look without a webhook is an hour away.
      expect(Date.now() - begun).toBeLessThan(30_000);
      expect(found).toMatchObject({
        origin: "webhook",
        by: { kind: "webhook" },
        content: { images: [{ tag: "1.1.0", digest }] },
      });
      const done = await promotionOf(
        stack,
        { pipeline: "web", stage: "staging", release: found.release },
        ({ result }) => result !== undefined,
        120_000,
      );
      expect(done).toMatchObject({ result: "Succeeded", mode: "commit", trigger: { type: "automatic" } });
      expect(await git.read("chart/values.yaml")).toBe(SETTINGS.replace("none", "1.1.0"));
      expect(await git.git("log", "-1", "--format=%B", "main")).toContain(`Sluice-Operation: ${done.promotion}`);
      expect((await stack.configMaps("web"))["running"]).toEqual({ tag: "1.1.0" });
    },
  );

  it("that is not the newest, or is not asked for, makes none", async () => {
    const before = await releases("web");
    await push.image("shop/web", { tags: ["1.0.5", "2.0.0", "1.2.0-rc.1"], created: "2026-01-03T00:00:00Z" });
    const { body } = await stack.api<RefreshedSource>("POST", "/releasesources/web/refresh");
    expect(body).toMatchObject({ release: { release: before[0]!.release, created: false }, failures: {} });
    expect(tagsOf(await releases("web"))).toEqual(tagsOf(before));
  });
});

describe("a push to a repository", () => {
  it("becomes a release by the provider's webhook, with the commits and tickets that it carries", async () => {
    const followed = { repoURL, branch: "main", includePaths: ["deploy/**"] };
    const first = await git.commit({ "deploy/a.yaml": configMap("a", { a: "1" }) }, "deploy");
    await stack.apply({
      apiVersion: "sluice.dev/v1",
      kind: "ReleaseSource",
      metadata: { name: "deploy" },
      spec: { project: "everything", interval: "1h", subscriptions: [{ name: "source", git: followed }] },
    });
    const newest = (commit: string) =>
      until(`a release of ${commit}`, async () =>
        (await releases("deploy")).find(({ content }) => content.commits[0]?.commit === commit),
      );
    await newest(first);
    const second = await git.commit({ "deploy/a.yaml": configMap("a", { a: "2" }) }, "SHOP-7: two");
    await git.commit({ "docs/a.md": "1" }, "docs");
    await stack.deliver("shop");
    expect(await newest(second)).toMatchObject({
      origin: "webhook",
      commits: [{ commit: second, subject: "SHOP-7: two", tickets: ["SHOP-7"] }],
    });
    expect(await releases("deploy")).toHaveLength(2);
  });
});

describe("a release by hand", () => {
  it("is of what is chosen, or of what is newest; the same content is one release", async () => {
    expect(await releases("by-hand")).toEqual([]);
    const create = (chosen: object) =>
      stack.api<CreatedRelease>("POST", "/releasesources/by-hand/releases", { chosen });
    const { status, body: first } = await create({ web: "1.0.0" });
    expect([status, first.created]).toEqual([200, true]);
    expect((await create({ web: "1.0.0" })).body).toMatchObject({
      release: first.release,
      alias: first.alias,
      created: false,
    });
    expect((await create({})).body).toMatchObject({ created: true });
    await until("both", async () => (await releases("by-hand")).length === 2);
    expect(tagsOf(await releases("by-hand"))).toEqual(["2.0.0", "1.0.0"]);
    const { body: named } = await stack.api<ReleaseView>("GET", `/releasesources/by-hand/releases/${first.alias}`);
    expect(named).toMatchObject({ release: first.release, origin: "manual", by: { kind: "user", name: "admin" } });
  });

  it("of what is not there says so", async () => {
    const missing = await stack.api("POST", "/releasesources/by-hand/releases", { chosen: { web: "9.9.9" } });
    expect(missing).toMatchObject({ status: 422, body: { code: "RevisionNotFound" } });
    const unknown = await stack.api("POST", "/releasesources/by-hand/releases", { chosen: { api: "1.0.0" } });
    expect(unknown).toMatchObject({ status: 422, body: { code: "InvalidInput" } });
    expect(await stack.api("POST", "/releasesources/nothing/refresh")).toMatchObject({ status: 404 });
  });
});

describe("a registry that is gone", () => {
  it("is told of once with its subscription, and again when it is back", { timeout: 120_000 }, async () => {
    await registry.stop({ graceMs: 0 });
    const failing = async () =>
      (await stack.api("GET", "/releasesources/web")).body.status.failing as Record<string, { code: string }>;
    for (let look = 0; look < 2; look++) await stack.api("POST", "/releasesources/web/refresh");
    await until("a failing subscription", async () => (await failing())["web"]?.code === "SourceUnavailable");
    await registry.process.start();
    await stack.api("POST", "/releasesources/web/refresh");
    await until("it is read again", async () => Object.keys(await failing()).length === 0);
    const { body } = await stack.api<{ items: EventView[] }>("GET", "/events?type=DiscoveryFailed,DiscoveryRecovered");
    const told = body.items.filter(({ aggregate }) => aggregate.name === "web").map(({ type }) => type);
    expect(told).toEqual(["DiscoveryFailed", "DiscoveryRecovered"]);
  });
});
