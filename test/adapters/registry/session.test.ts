import { afterAll, describe, expect, it } from "vitest";
import { parseChallenge } from "../../../adapters/registry/challenge.ts";
import { createAsk } from "../../../adapters/registry/http.ts";
import { createRegistry } from "../../../adapters/registry/registry.ts";
import { createSession } from "../../../adapters/registry/session.ts";
import { startHttp, json } from "./http-world.ts";

const { ask, close } = createAsk({ timeoutMs: 1_000 });
afterAll(close);
const CREDENTIALS = { username: "ci", password: "canary-pass" };
const registry = (credentials: typeof CREDENTIALS | undefined = CREDENTIALS) =>
  createRegistry(createSession({ ask, credentialsFor: async () => credentials, now: Date.now }));
const place = (host: string) => ({ repoURL: `${host}/acme/web`, insecure: true });
const LIST = "/v2/acme/web/tags/list";

describe("challenges", () => {
  it.each([
    // docs.docker.com: Docker Hub
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:acme/web:pull"',
      {
        scheme: "bearer",
        realm: "https://auth.docker.io/token",
        service: "registry.docker.io",
        scope: "repository:acme/web:pull",
      },
    ],
    // Harbor
    [
      'Bearer realm="https://harbor.example/service/token",service="harbor-registry",scope="repository:acme/web:pull"',
      {
        scheme: "bearer",
        realm: "https://harbor.example/service/token",
        service: "harbor-registry",
        scope: "repository:acme/web:pull",
      },
    ],
    // Amazon ECR
    ['Basic realm="https://1.dkr.ecr.eu-west-1.amazonaws.com/",service="ecr.amazonaws.com"', { scheme: "basic" }],
    ['Basic realm="x", Bearer realm="https://t.example/"', { scheme: "bearer", realm: "https://t.example/" }],
    ["Negotiate", undefined],
    ["Bearer", undefined],
    ["", undefined],
  ])("%s", (header, challenge) => expect(parseChallenge(header)).toEqual(challenge));
});

describe("credentials", () => {
  it("go to no other server that a registry redirects to", async () => {
    await using other = await startHttp({ "/blob": (_, response) => json(response, 200, { tags: ["1.0.0"] }) });
    await using server = await startHttp({
      [LIST]: (request, response) =>
        request.headers.authorization === undefined
          ? response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end()
          : response.writeHead(307, { location: `${other.url}/blob` }).end(),
    });
    expect(await registry().tags(place(server.host))).toEqual(["1.0.0"]);
    expect(server.asked.at(-1)?.authorization).toMatch(/^Basic /);
    expect(other.asked).toMatchObject([{ authorization: undefined }]);
  });

  it("are in no error, whatever the registry says", async () => {
    const basic = Buffer.from("ci:canary-pass").toString("base64");
    await using server = await startHttp({
      [LIST]: (request, response) =>
        request.headers.authorization === undefined
          ? response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end()
          : json(response, 500, { errors: [{ message: request.headers.authorization }] }),
    });
    const error = await registry()
      .tags(place(server.host))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "SourceUnavailable" });
    for (const secret of ["canary-pass", basic]) expect(JSON.stringify([error, String(error)])).not.toContain(secret);
  });

  it("are given to a token server over http only where the subscription is insecure", async () => {
    const session = createSession({
      ask: async (question) => {
        if (question.url.startsWith("https://registry.example/")) {
          const headers = { "www-authenticate": 'Bearer realm="http://tokens.example/token"' };
          return { status: 401, headers, body: Buffer.alloc(0), url: question.url };
        }
        return await ask(question);
      },
      credentialsFor: async () => CREDENTIALS,
      now: Date.now,
    });
    const image = { repoURL: "registry.example/acme/web", insecure: false };
    await expect(createRegistry(session).tags(image)).rejects.toMatchObject({ code: "SourceRefused" });
  });

  it("of Docker Hub are looked up under its name, and its server is asked", async () => {
    const urls: string[] = [];
    const session = createSession({
      ask: async ({ url, authorization }) => {
        urls.push(`${url} ${authorization ?? "-"}`);
        const [status, body, headers] = url.startsWith("https://auth.docker.io/")
          ? [200, { token: "t0ken" }, {}]
          : authorization === "Bearer t0ken"
            ? [200, { tags: ["1.27"] }, {}]
            : [
                401,
                {},
                { "www-authenticate": 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"' },
              ];
        return {
          status: status as number,
          headers: headers as Record<string, string>,
          body: Buffer.from(JSON.stringify(body)),
          url,
        };
      },
      credentialsFor: async (url) => (urls.push(`credentials ${url}`), undefined),
      now: Date.now,
    });
    expect(await createRegistry(session).tags({ repoURL: "nginx", insecure: false })).toEqual(["1.27"]);
    expect(urls).toEqual([
      "credentials https://docker.io/library/nginx",
      "https://registry-1.docker.io/v2/library/nginx/tags/list?n=1000 -",
      "https://auth.docker.io/token?service=registry.docker.io&scope=repository%3Alibrary%2Fnginx%3Apull -",
      "https://registry-1.docker.io/v2/library/nginx/tags/list?n=1000 Bearer t0ken",
    ]);
  });
});

describe("what a registry says that can't be taken", () => {
  it.each<[string, number, Record<string, string>, string, string]>([
    ["a page that is no JSON", 200, {}, "<html>", "SourceUnavailable"],
    [
      "an endless list",
      200,
      {},
      `{"tags":[${Array.from({ length: 100_001 }, (_, index) => `"${index}"`).join()}]}`,
      "SourceRefused",
    ],
    ["a body past the limit", 200, {}, " ".repeat(4 * 1024 * 1024 + 1), "SourceRefused"],
    ["too many requests", 429, { "retry-after": "60" }, "{}", "SourceUnavailable"],
    ["no permission", 403, {}, "{}", "SourceForbidden"],
    ["a redirect to itself", 302, { location: LIST }, "", "SourceRefused"],
    [
      "a next page elsewhere",
      200,
      { link: '<http://127.0.0.1:1/v2/x>; rel="next"' },
      '{"tags":["1"]}',
      "SourceRefused",
    ],
  ])("%s", async (_, status, headers, body, code) => {
    await using server = await startHttp({
      [LIST]: (_request, response) => void response.writeHead(status, headers).end(body),
    });
    await expect(registry().tags(place(server.host))).rejects.toMatchObject({ code });
  });

  it("nothing at all, in time", async () => {
    await using server = await startHttp({ [LIST]: () => undefined });
    await expect(registry().tags(place(server.host))).rejects.toMatchObject({ code: "SourceUnavailable" });
  });

  it("content that is not what its digest says", async () => {
    const digest = `sha256:${"0".repeat(64)}`;
    await using server = await startHttp({
      [`/v2/acme/web/manifests/${digest}`]: (_, response) => json(response, 200, { config: {} }),
    });
    await expect(registry().describe(place(server.host), digest)).rejects.toMatchObject({
      code: "SourceUnavailable",
      message: expect.stringContaining("gives other content") as string,
    });
  });

  it("a HEAD without a digest, where the manifest itself says", async () => {
    await using server = await startHttp({
      "/v2/acme/web/manifests/1.0": (_, response) => json(response, 200, { config: {} }),
    });
    expect(await registry().digest(place(server.host), "1.0")).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await registry().digest(place(server.host), "2.0")).toBeUndefined();
  });
});
