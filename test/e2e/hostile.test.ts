import { createHmac, randomUUID } from "node:crypto";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GitFixture } from "../../adapters/embedded/index.ts";
import { isErrorCode } from "../../schemas/errors.ts";
import { application, configMap } from "../fixtures/configuration.ts";
import { commitHostile, HOSTILE } from "../fixtures/hostile-repository.ts";
import { Stack, until, WEBHOOK_SECRET } from "../fixtures/stack.ts";

/** Repositories, addresses, webhooks and requests that mean harm, beside an application that goes on as if nothing were. */

/** What a push to the healthy application may take beside all the hostile ones; alone it takes about 0.3 s. */
const PROMPT_MS = 10_000;

let stack: Stack;
let serverPid: number | undefined;
let healthy: GitFixture;
let pushes = 0;

beforeAll(async () => {
  stack = await Stack.start({
    controllers: false,
    environment: { SLUICE_RENDER_TIMEOUT_SECONDS: "10", SLUICE_LOG_LEVEL: "warn" },
  });
  await stack.prepare();
  const { url, fixture } = await stack.addRepository("healthy");
  healthy = fixture;
  await healthy.commit({ "cm.yaml": configMap("healthy", { push: "0" }) }, "healthy");
  await stack.apply(application("healthy", { repoURL: url }));
  await stack.deployed("healthy", (await healthy.head())!);
  serverPid = stack.server.pid;
});

afterAll(() => stack?.stop());

/** Pushes to the healthy application and says how long it took to be in the cluster. */
async function healthyPush(): Promise<number> {
  const push = String(++pushes);
  const began = performance.now();
  const revision = await healthy.commit({ "cm.yaml": configMap("healthy", { push }) }, push);
  await stack.deliver("healthy");
  await stack.deployed("healthy", revision);
  expect((await stack.configMaps("healthy"))["healthy"]?.["push"]).toBe(push);
  return performance.now() - began;
}

describe("hostile repositories", () => {
  it(`${HOSTILE.length} at once do not delay the healthy application`, async () => {
    const objects: object[] = [];
    for (const { name, entries, source } of HOSTILE) {
      const { url, repository } = await stack.git.createRepository(name);
      await commitHostile(repository, entries);
      objects.push(application(`x-${name}`, { repoURL: url, ...source }));
    }
    await stack.apply(...objects);
    for (let count = 0; count < 3; count++) expect(await healthyPush()).toBeLessThan(PROMPT_MS);
  });

  it.each(HOSTILE)("$name ends with a clear error", async ({ name, codes, says }) => {
    const last = await until("the end of its sync", async () => {
      const found = (await stack.application(`x-${name}`)).status.last;
      return found !== undefined && found.result !== "Running" && found;
    });
    expect(last.result).toBe("Failed");
    expect(codes, `${last.code}: ${last.message}`).toContain(last.code);
    expect(isErrorCode(last.code)).toBe(true);
    expect(last.message).toMatch(says);
    expect(last.message).not.toMatch(/root:.*:0:0|\n\s+at |node_modules|sluice-stack-/);
  });

  it("nothing of them came into the cluster", async () => {
    for (const { name } of HOSTILE) {
      const { body } = await stack
        .cluster()
        .request(`/api/v1/configmaps?labelSelector=sluice.dev/application=x-${name}`);
      expect(body.items, name).toEqual([]);
    }
  });
});

describe("hostile addresses and revisions", () => {
  const good = (): string => `${stack.git.url}/healthy.git`;
  const addresses = [
    "ext::sh -c touch% /tmp/sluice-pwned",
    "file:///etc",
    "/etc",
    "-oProxyCommand=touch /tmp/sluice-pwned",
    "--upload-pack=touch /tmp/sluice-pwned",
    "https://example.com/a.git\nb",
    "fd::17/foo",
    "http://user:secret@169.254.169.254/x.git",
  ];
  it.each(addresses)("the address %j is refused with a reason", async (repoURL) => {
    await refused(application("evil", { repoURL }));
  });

  it.each(["--upload-pack=touch /tmp/sluice-pwned", "main\nother", "../../x", "a..b", "HEAD@{1}", ":/x", "^main"])(
    "the revision %j is refused with a reason",
    async (targetRevision) => {
      await refused(application("evil", { repoURL: good(), targetRevision }));
    },
  );

  it.each(["../../etc", "/etc", "a/../../b", "a\0b"])("the path %j is refused with a reason", async (path) => {
    await refused(application("evil", { repoURL: good(), path }));
  });

  /** Refused when it is applied, or by its first sync. */
  async function refused(object: object): Promise<void> {
    const answer = await stack.api("POST", "/apply", { files: [{ file: "evil.yaml", text: JSON.stringify(object) }] });
    if (answer.status === 200) {
      const last = await until("the end of its sync", async () => {
        const found = (await stack.application("evil")).status.last;
        return found !== undefined && found.result !== "Running" && found;
      });
      expect(last.result).toBe("Failed");
      expect(["SourceRefused", "RevisionNotFound", "InvalidInput", "Forbidden"]).toContain(last.code);
      await stack.api("DELETE", "/applications/evil?cascade=false");
      await until("its end", async () => (await stack.api("GET", "/applications/evil")).status === 404);
    } else {
      expect(answer.status, JSON.stringify(answer.body)).toBe(422);
      expect(answer.body.problems.length).toBeGreaterThan(0);
    }
    expect((await import("node:fs")).existsSync("/tmp/sluice-pwned")).toBe(false);
  }
});

describe("hostile webhooks", () => {
  const sign = (body: string | Uint8Array): string =>
    `sha256=${createHmac("sha256", WEBHOOK_SECRET).update(body).digest("hex")}`;
  const send = async (
    body: string | Uint8Array,
    headers: Record<string, string> = {},
    path = "/webhooks/github/healthy",
  ): Promise<number> => {
    const response = await fetch(`${stack.url}${path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-github-event": "push",
        "x-github-delivery": randomUUID(),
        "x-hub-signature-256": sign(body),
        ...headers,
      },
      body: body as string,
    }).catch(() => undefined);
    await response?.arrayBuffer().catch(() => undefined);
    // A server that closes while a body that is too large still comes in may be heard as a broken connection.
    return response?.status ?? 413;
  };
  const push = (more: object = {}): string =>
    JSON.stringify({
      ref: "refs/heads/main",
      repository: { clone_url: `${stack.git.url}/healthy.git`, default_branch: "main" },
      ...more,
    });

  it("too large is 413", async () => {
    expect(await send(push({ padding: "x".repeat(2 * 1024 * 1024) }))).toBe(413);
  });

  it.each([
    ["without a signature", { "x-hub-signature-256": "" }],
    ["with a wrong one", { "x-hub-signature-256": `sha256=${"0".repeat(64)}` }],
    ["with one that is no hex", { "x-hub-signature-256": "sha256=zz" }],
    ["with SHA-1 only", { "x-hub-signature-256": "", "x-hub-signature": `sha1=${"0".repeat(40)}` }],
  ])("%s is 401", async (_what, headers) => {
    expect(await send(push(), headers)).toBe(401);
  });

  it("of another provider, of no repository, or with a path for a name is 401 or 404", async () => {
    for (const path of [
      "/webhooks/gitlab/healthy",
      "/webhooks/github/nobody",
      "/webhooks/github/..%2f..%2fetc",
      "/webhooks/x/y",
    ]) {
      expect([401, 404], path).toContain(await send(push(), {}, path));
    }
  });

  it("of a wrong type is 415", async () => {
    expect(await send(push(), { "content-type": "application/xml" })).toBe(415);
  });

  it("signed, but cut off, deep, of another repository or with hostile refs is 4xx", async () => {
    const bodies = [
      push().slice(0, -5),
      "",
      "null",
      "[]",
      `${"[".repeat(100_000)}${"]".repeat(100_000)}`,
      push({ ref: 7 }),
      push({ ref: "refs/heads/--upload-pack=x\n" }),
      push({ repository: { clone_url: "https://evil.example/x.git" } }),
      push({ repository: null }),
      '{"__proto__":{"polluted":true},"ref":"refs/heads/main","repository":{"clone_url":"x"}}',
    ];
    for (const body of bodies) {
      const status = await send(body);
      expect(status, body.slice(0, 80)).toBeGreaterThanOrEqual(400);
      expect(status, body.slice(0, 80)).toBeLessThan(500);
    }
  });

  it("cut off on the wire, or shorter than said, leaves the server well", async () => {
    for (const [head, body] of [
      ["content-length: 500", push().slice(0, 50)],
      ["content-length: 10", push()],
      ["transfer-encoding: chunked", "zz\r\nnot chunked"],
      ["content-length: -1", "x"],
    ] as const) {
      await raw(
        `POST /webhooks/github/healthy HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${head}\r\n\r\n${body}`,
      );
    }
    expect((await fetch(`${stack.url}/healthz`)).status).toBe(200);
  });

  /** Sends bytes, and closes a moment later. */
  function raw(bytes: string): Promise<void> {
    const { hostname, port } = new URL(stack.url);
    return new Promise((resolve) => {
      const socket = connect({ host: hostname, port: Number(port) }, () => {
        socket.write(bytes);
        setTimeout(() => socket.destroy(), 100);
      });
      socket.on("error", () => undefined);
      socket.on("data", () => undefined);
      socket.on("close", () => resolve());
    });
  }

  it("in a flood of 500 unsigned ones does not hold up a signed one", async () => {
    const flood = Promise.all(Array.from({ length: 500 }, () => send(push(), { "x-hub-signature-256": "sha256=00" })));
    expect(await healthyPush()).toBeLessThan(PROMPT_MS);
    expect(new Set(await flood)).toEqual(new Set([401]));
  });
});

describe("hostile requests to the API", () => {
  const files = (text: string): string => JSON.stringify({ files: [{ file: "x.yaml", text }] });
  it.each<{ what: string; body: string; type?: string }>([
    { what: "cut off", body: '{"files":[' },
    { what: "no object", body: "7" },
    { what: "of a wrong type", body: "<x/>", type: "application/xml" },
    { what: "with a prototype", body: '{"files":[],"__proto__":{"a":1}}' },
    { what: "deep", body: `{"files":${"[".repeat(50_000)}${"]".repeat(50_000)}}` },
    {
      what: "with an alias bomb",
      body: files(HOSTILE.find(({ name }) => name === "alias-bomb")!.entries[0]!.content as string),
    },
    { what: "with deep YAML", body: files("[".repeat(50_000)) },
    {
      what: "with an unknown field",
      body: files("apiVersion: sluice.dev/v1\nkind: Project\nmetadata: {name: a}\nspec: {x: 1}\n"),
    },
    {
      what: "with a hostile name",
      body: files("apiVersion: sluice.dev/v1\nkind: Project\nmetadata: {name: '../../x'}\n"),
    },
    { what: "not UTF-8 in it", body: files("\u0000\ufffd\u0007") },
    { what: "larger than 8 MiB", body: files("x".repeat(9 * 1024 * 1024)) },
  ])("a body $what is answered with a problem", async ({ body, type = "application/json" }) => {
    const answer = await call("POST", "/apply", body, type);
    // The connection may break before an answer when a body is cut off by its limit.
    if (answer === undefined) return expect(body.length).toBeGreaterThan(8 * 1024 * 1024);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.type).toContain("application/problem+json");
  });

  it.each([
    "/applications/..%2f..%2fetc",
    "/applications/%00",
    `/applications/${"a".repeat(5_000)}`,
    "/applications?limit=-1",
    "/applications?limit=1e99",
    "/events?after=x",
    "/operations/healthy/..%2f..",
  ])("GET %s is answered with 4xx", async (path) => {
    const answer = await call("GET", path.slice(0, 6_000));
    expect(answer?.status).toBeGreaterThanOrEqual(400);
    expect(answer?.status).toBeLessThan(500);
  });

  it("without the token everything but health is 401", async () => {
    for (const path of ["/api/v1/applications", "/api/v1/events", "/api/v1/doctor", "/api/v1/nothing"]) {
      expect((await fetch(`${stack.url}${path}`)).status, path).toBe(401);
      expect((await fetch(`${stack.url}${path}`, { headers: { authorization: "Bearer x" } })).status, path).toBe(401);
    }
  });

  async function call(
    method: string,
    path: string,
    body?: string,
    type = "application/json",
  ): Promise<{ status: number; type: string } | undefined> {
    const { readFile } = await import("node:fs/promises");
    const token = (await readFile(`${stack.playground.dataDir}/token`, "utf8")).trim();
    const response = await fetch(`${stack.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { "content-type": type }) },
      ...(body === undefined ? {} : { body }),
    }).catch(() => undefined);
    await response?.arrayBuffer().catch(() => undefined);
    return response && { status: response.status, type: response.headers.get("content-type") ?? "" };
  }
});

it("after all of it the same process serves, and the healthy application is synced promptly", async () => {
  expect(await healthyPush()).toBeLessThan(PROMPT_MS);
  expect(stack.server.pid).toBe(serverPid);
});
