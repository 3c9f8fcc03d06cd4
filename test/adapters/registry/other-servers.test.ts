import { afterAll, describe, expect, it } from "vitest";
import { createAsk } from "../../../adapters/registry/http.ts";
import { isOfRegistry } from "../../../adapters/registry/realm.ts";
import { createRegistry } from "../../../adapters/registry/registry.ts";
import { createSession } from "../../../adapters/registry/session.ts";
import { json, startHttp } from "./http-world.ts";

const { ask, close } = createAsk({ timeoutMs: 1_000 });
afterAll(close);
const CREDENTIALS = { username: "ci", password: "canary-pass" };
const registry = (credentials: typeof CREDENTIALS | undefined) =>
  createRegistry(createSession({ ask, credentialsFor: async () => credentials, now: Date.now }));
const place = (host: string) => ({ repoURL: `${host}/acme/web`, insecure: true });
const LIST = "/v2/acme/web/tags/list";
const basic = { "www-authenticate": 'Basic realm="x"' };

describe("other servers that a registry leads to", () => {
  it("get no credentials by a next page of the server that it redirected to", async () => {
    await using other = await startHttp({
      "/pages": (_, response) => json(response, 200, { tags: ["1"] }, { link: '</more>; rel="next"' }),
      "/more": (_, response) => json(response, 200, { tags: ["2"] }),
    });
    await using server = await startHttp({
      [LIST]: (request, response) =>
        request.headers.authorization === undefined
          ? response.writeHead(401, basic).end()
          : response.writeHead(307, { location: `${other.url}/pages` }).end(),
    });
    await expect(registry(CREDENTIALS).tags(place(server.host))).rejects.toMatchObject({ code: "SourceRefused" });
    expect(other.asked.map(({ path, authorization }) => [path, authorization])).toEqual([["/pages", undefined]]);
  });

  it("can't ask for credentials after a redirect", async () => {
    await using other = await startHttp({
      "/pages": (_, response) => void response.writeHead(401, basic).end(),
    });
    await using server = await startHttp({
      [LIST]: (_, response) => void response.writeHead(307, { location: `${other.url}/pages` }).end(),
    });
    await expect(registry(CREDENTIALS).tags(place(server.host))).rejects.toMatchObject({ code: "SourceRefused" });
    for (const { authorization } of [...server.asked, ...other.asked]) expect(authorization).toBeUndefined();
  });

  it("get no credentials as its token server, but may give tokens to whoever has none", async () => {
    await using tokens = await startHttp({ "/token": (_, response) => json(response, 200, { token: "t0ken" }) });
    const realm = `${tokens.url.replace("127.0.0.1", "localhost")}/token`;
    await using server = await startHttp({
      [LIST]: (request, response) =>
        request.headers.authorization === "Bearer t0ken"
          ? json(response, 200, { tags: ["1"] })
          : response.writeHead(401, { "www-authenticate": `Bearer realm="${realm}"` }).end(),
    });
    await expect(registry(CREDENTIALS).tags(place(server.host))).rejects.toMatchObject({
      code: "SourceRefused",
      message: expect.stringContaining("its token server localhost") as string,
    });
    expect(tokens.asked).toEqual([]);
    // Without an address of its own on IPv6, localhost is the same machine.
    expect(await registry(undefined).tags(place(server.host))).toEqual(["1"]);
  });

  it.each(["http://169.254.169.254/latest/meta-data", "http://[fd00:ec2::254]/", "http://[::ffff:a9fe:a9fe]/"])(
    "are not asked at %s",
    async (address) => {
      await using redirecting = await startHttp({
        [LIST]: (_, response) => void response.writeHead(307, { location: address }).end(),
      });
      await using challenging = await startHttp({
        [LIST]: (_, response) =>
          void response.writeHead(401, { "www-authenticate": `Bearer realm="${address}"` }).end(),
      });
      for (const { host } of [redirecting, challenging]) {
        await expect(registry(undefined).tags(place(host))).rejects.toMatchObject({
          code: "SourceRefused",
          message: expect.stringContaining("link-local or metadata address") as string,
        });
      }
    },
  );
});

describe("a token server gets the credentials of a registry", () => {
  it.each([
    ["auth.docker.io", "registry-1.docker.io"],
    ["ghcr.io", "ghcr.io"],
    ["gitlab.com", "registry.gitlab.com"],
    ["gitlab.acme.co.uk", "registry.acme.co.uk"],
    ["api.digitalocean.com", "registry.digitalocean.com"],
    ["auth.registry.acme.example", "registry.acme.example"],
    ["acme.azurecr.io", "acme.azurecr.io"],
    ["127.0.0.1", "127.0.0.1"],
  ])("%s that of %s", (host, own) => expect(isOfRegistry(host, own)).toBe(true));

  it.each([
    ["evil.example", "registry.acme.example"],
    ["evilacme.example", "registry.acme.example"],
    ["acme.example.evil.test", "acme.example"],
    ["evil.azurecr.io", "acme.azurecr.io"],
    ["evil.co.uk", "registry.co.uk"],
    ["co.uk", "acme.co.uk"],
    ["io", "ghcr.io"],
    ["127.0.0.2", "127.0.0.1"],
    ["1.0.0.1", "127.0.0.1"],
    ["evil.localhost", "localhost"],
    ["evil.other.svc.cluster.local", "registry.ci.svc.cluster.local"],
  ])("but not %s that of %s", (host, own) => expect(isOfRegistry(host, own)).toBe(false));
});
