import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDiscover } from "../../../activities/release/discover.ts";
import type { RegistryPort } from "../../../activities/release/ports.ts";
import { startRegistry, type EmbeddedRegistry, type RegistryOptions } from "../../../adapters/embedded/index.ts";
import { createAsk } from "../../../adapters/registry/http.ts";
import { createRegistry } from "../../../adapters/registry/registry.ts";
import { createSession, type RegistryCredentials } from "../../../adapters/registry/session.ts";
import { ensureTools } from "../../../adapters/toolchain/index.ts";
import { ReleaseSourceSpec } from "../../../schemas/kinds/release-source.ts";
import { imagePusher, type ImagePusher } from "../../fixtures/oci-image.ts";
import { startTokenServer } from "./token-server.ts";

const { registry: binary } = await ensureTools(["registry"]);
const { ask, close } = createAsk();
let dataDir: string;
let server: EmbeddedRegistry;
let push: ImagePusher;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "sluice-registry-"));
  server = await startRegistry({ dataDir: join(dataDir, "open"), binary });
  push = imagePusher(server.url);
});
afterAll(async () => {
  await close();
  await server?.stop({ graceMs: 0 });
  await rm(dataDir, { recursive: true, force: true });
});

/** A registry client; `asked` holds the paths that it asked for. */
function client(credentials?: RegistryCredentials): RegistryPort & { asked: string[] } {
  const asked: string[] = [];
  const session = createSession({
    ask: (question) => {
      asked.push(`${question.method} ${new URL(question.url).pathname}${new URL(question.url).search}`);
      return ask(question);
    },
    credentialsFor: async () => credentials,
    now: Date.now,
  });
  return { ...createRegistry(session), asked };
}

const at = (repository: string, of = server) => ({ repoURL: `${of.host}/${repository}`, insecure: true });

/** What a source of one image finds. */
async function find(image: object, chosen?: string) {
  const discover = createDiscover({
    registry: client(),
    charts: { versions: async () => [] },
    history: undefined as never,
  });
  const spec = ReleaseSourceSpec.parse({ subscriptions: [{ name: "web", image: { insecure: true, ...image } }] });
  const { found, failures } = await discover({ spec, ...(chosen !== undefined && { chosen: { web: chosen } }) });
  return found?.content.images[0] ?? failures["web"]!.message;
}

describe("tags", () => {
  it("of 1,500 come page by page, all of them and each once", async () => {
    const digest = await push.image("many/tags", { tags: ["0.0.0"] });
    const tags = Array.from({ length: 1_499 }, (_, index) => `1.${Math.floor(index / 100)}.${index % 100}`);
    for (let from = 0; from < tags.length; from += 20) {
      await Promise.all(tags.slice(from, from + 20).map((tag) => push.tag("many/tags", digest, tag)));
    }
    const registry = client();
    const found = await registry.tags(at("many/tags"));
    expect(found).toHaveLength(1_500);
    expect(new Set(found)).toEqual(new Set(["0.0.0", ...tags]));
    expect(registry.asked).toHaveLength(2);
    expect(await find({ repoURL: `${server.host}/many/tags` })).toMatchObject({ tag: "1.14.98", digest });
  }, 120_000);

  it("of an image that is not there are a refusal that says so", async () => {
    await expect(client().tags(at("no/such"))).rejects.toMatchObject({
      code: "SourceForbidden",
      message: `There is no ${server.host}/no/such, or the credentials may not see it.`,
    });
  });
});

describe("digests", () => {
  it("of a moving tag follow it", async () => {
    const first = await push.image("moving/web", { tags: ["latest"], created: "2026-01-01T00:00:00Z" });
    expect(await client().digest(at("moving/web"), "latest")).toBe(first);
    const image = { repoURL: `${server.host}/moving/web`, strategy: "Digest", tag: "latest" };
    expect(await find(image)).toMatchObject({ tag: "latest", digest: first });
    const second = await push.image("moving/web", { tags: ["latest"], created: "2026-01-02T00:00:00Z" });
    expect(second).not.toBe(first);
    expect(await find(image)).toMatchObject({ tag: "latest", digest: second });
    expect(await find(image, first)).toEqual({ subscription: "web", repository: image.repoURL, digest: first });
  });

  it("of a tag whose image was deleted are gone, and the tag before it is the newest", async () => {
    const old = await push.image("deleted/web", { tags: ["1.0.0"], created: "2026-01-01T00:00:00Z" });
    const gone = await push.image("deleted/web", { tags: ["1.1.0"], created: "2026-01-02T00:00:00Z" });
    const image = { repoURL: `${server.host}/deleted/web` };
    expect(await find(image)).toMatchObject({ tag: "1.1.0", digest: gone });
    await push.remove("deleted/web", gone);
    expect(await client().digest(at("deleted/web"), "1.1.0")).toBeUndefined();
    expect(await find(image)).toMatchObject({ tag: "1.0.0", digest: old });
  });
});

describe("images for several platforms", () => {
  it("are one digest, with every platform and the time of the newest build", async () => {
    const amd64 = await push.image("multi/web", { created: "2026-01-01T00:00:00Z" });
    const arm64 = await push.image("multi/web", { created: "2026-01-03T00:00:00Z", platform: "linux/arm64/v8" });
    const index = await push.index("multi/web", {
      tags: ["2.0.0"],
      images: [
        { digest: amd64, platform: "linux/amd64" },
        { digest: arm64, platform: "linux/arm64/v8" },
        { digest: amd64, platform: "unknown/unknown" },
      ],
    });
    expect(await client().describe(at("multi/web"), "2.0.0")).toEqual({
      digest: index,
      platforms: ["linux/amd64", "linux/arm64/v8"],
      created: "2026-01-03T00:00:00.000Z",
    });
    // Newer, but for one platform only.
    const lone = await push.image("multi/web", { tags: ["2.1.0"], created: "2026-01-04T00:00:00Z" });
    const image = { repoURL: `${server.host}/multi/web` };
    expect(await find(image)).toMatchObject({ tag: "2.1.0", digest: lone });
    expect(await find({ ...image, platform: "linux/arm64" })).toMatchObject({ tag: "2.0.0", digest: index });
    expect(await find({ ...image, platform: "windows/amd64" })).toContain("There is no image for windows/amd64");
  });

  it("and those of one are ordered by when they were built, each described once", async () => {
    await push.image("built/web", { tags: ["zzz"], created: "2026-02-01T00:00:00Z" });
    const newest = await push.image("built/web", { tags: ["aaa"], created: "2026-02-03T00:00:00Z" });
    await push.image("built/web", { tags: ["mmm", "ignored"], created: "2026-02-02T00:00:00Z" });
    await push.image("built/web", { tags: ["undated"] });
    const image = { repoURL: `${server.host}/built/web`, strategy: "NewestBuild", ignoreTags: ["ignored"] };
    expect(await find(image)).toMatchObject({ tag: "aaa", digest: newest });
    expect(await find({ ...image, allowTags: "^[mz]" })).toMatchObject({ tag: "mmm" });
    const registry = client();
    await registry.describe(at("built/web"), newest);
    await registry.describe(at("built/web"), newest);
    expect(registry.asked.filter((path) => path.includes("/blobs/"))).toHaveLength(1);
  });
});

describe("a chart in a registry", () => {
  it("is found by its highest version, with build metadata as Helm writes it into tags", async () => {
    await push.image("charts/web", { tags: ["1.9.0"], created: "2026-01-01T00:00:00Z" });
    const digest = await push.image("charts/web", { tags: ["1.10.0_build.7"], created: "2026-01-02T00:00:00Z" });
    await push.image("charts/web", { tags: ["2.0.0-rc.1"], created: "2026-01-03T00:00:00Z" });
    const discover = createDiscover({
      registry: client(),
      charts: { versions: async () => [] },
      history: undefined as never,
    });
    const repoURL = `oci://${server.host}/charts/web`;
    const spec = ReleaseSourceSpec.parse({ subscriptions: [{ name: "web", chart: { repoURL, insecure: true } }] });
    const { found } = await discover({ spec });
    expect(found?.content.charts).toEqual([{ subscription: "web", repoURL, version: "1.10.0+build.7", digest }]);
  });
});

/** A registry of its own with one image, and the client's answer to its digest. */
async function protectedBy(auth: NonNullable<RegistryOptions["auth"]>, name: string): Promise<EmbeddedRegistry> {
  return await startRegistry({ dataDir: join(dataDir, name), binary, auth });
}

describe("credentials", () => {
  it("are shown by basic authentication where a registry wants that, and refusals say which Repository is missing", async () => {
    // bcrypt of pull-me
    const htpasswd = "ci:$2a$05$kdz9hlIToJ7tsKpiVIMJR.acOSaVF25Rz4HZ16O6gohUwMehpzk8m\n";
    await using registry = await protectedBy({ type: "htpasswd", htpasswd }, "basic");
    const authorization = `Basic ${Buffer.from("ci:pull-me").toString("base64")}`;
    const digest = await imagePusher(registry.url, authorization).image("acme/web", { tags: ["1.0.0"] });
    const allowed = client({ username: "ci", password: "pull-me" });
    expect(await allowed.digest(at("acme/web", registry), "1.0.0")).toBe(digest);
    expect(await allowed.tags(at("acme/web", registry))).toEqual(["1.0.0"]);
    // Asked for once, then shown at once.
    expect(allowed.asked).toHaveLength(3);
    for (const credentials of [undefined, { username: "ci", password: "wrong" }]) {
      const refused = await client(credentials)
        .digest(at("acme/web", registry), "1.0.0")
        .catch((error: unknown) => error);
      expect(refused).toMatchObject({
        code: "SourceForbidden",
        next: expect.stringContaining(`https://${registry.host}/acme/web`) as string,
      });
      expect(JSON.stringify(refused)).not.toContain("wrong");
    }
  });

  it("become a token of the registry's token server, which is asked again only when the token has ended", async () => {
    await using tokens = await startTokenServer({ username: "ci", password: "pull-me" });
    const { realm, service, issuer, keys } = tokens;
    await using registry = await protectedBy({ type: "token", realm, service, issuer, keys }, "token");
    const pushToken = async (): Promise<string> => {
      const url = `${realm}?service=${service}&scope=repository:acme/web:pull,push`;
      const response = await fetch(url, {
        headers: { authorization: `Basic ${Buffer.from("ci:pull-me").toString("base64")}` },
      });
      return ((await response.json()) as { token: string }).token;
    };
    const digest = await imagePusher(registry.url, `Bearer ${await pushToken()}`).image("acme/web", {
      tags: ["1.0.0"],
    });
    tokens.asked.length = 0;
    const allowed = client({ username: "ci", password: "pull-me" });
    expect(await allowed.digest(at("acme/web", registry), "1.0.0")).toBe(digest);
    expect(await allowed.tags(at("acme/web", registry))).toEqual(["1.0.0"]);
    expect(tokens.asked).toEqual([{ account: "ci", scope: "repository:acme/web:pull" }]);
    await expect(client().tags(at("acme/web", registry))).rejects.toMatchObject({ code: "SourceForbidden" });
    await expect(client({ username: "ci", password: "no" }).tags(at("acme/web", registry))).rejects.toMatchObject({
      code: "SourceForbidden",
    });
    // The registry allows a minute's leeway: a token that has ended for us is asked for anew before it ends there.
    tokens.lifetime = 1;
    const short = client({ username: "ci", password: "pull-me" });
    tokens.asked.length = 0;
    await short.tags(at("acme/web", registry));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await short.tags(at("acme/web", registry));
    expect(tokens.asked).toHaveLength(2);
  });
});

describe("what does not answer", () => {
  it("is unavailable, which is tried again", async () => {
    await expect(client().tags({ repoURL: "127.0.0.1:1/acme/web", insecure: true })).rejects.toMatchObject({
      code: "SourceUnavailable",
      message: "127.0.0.1:1/acme/web could not be reached: ECONNREFUSED.",
    });
  });

  it("over http is not asked without being told to", async () => {
    const registry = client();
    await expect(registry.tags({ ...at("many/tags"), insecure: false })).rejects.toMatchObject({
      code: "SourceUnavailable",
    });
    expect(registry.asked).toHaveLength(1);
  });
});
