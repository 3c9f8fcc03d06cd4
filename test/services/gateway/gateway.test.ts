import fastify, { type FastifyInstance } from "fastify";
import fc from "fast-check";
import { connect } from "node:net";
import { pino } from "pino";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SluiceError } from "../../../schemas/errors.ts";
import { GIT_PROVIDERS as PROVIDERS, type GitProvider as Provider } from "../../../schemas/providers.ts";
import type { GitPush, IntakeMessage } from "../../../schemas/messages.ts";
import { MAX_BODY, startGateway } from "../../../services/gateway/gateway.ts";
import type { Receiver } from "../../../services/gateway/receive.ts";
import type { Service } from "../../../services/service.ts";
import { PUSHES } from "../../domain/webhook/payloads.ts";
import { MERGED } from "../../domain/webhook/pull-request-payloads.ts";
import { SECRET, sign } from "./signing.ts";

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const receivers: Record<string, Receiver> = Object.fromEntries(
  PROVIDERS.map((provider) => [
    provider,
    { provider, url: PUSHES[provider].url, match: "exact", secret: SECRET, allowUnsigned: false },
  ]),
);

let app: FastifyInstance;
let service: Service;
let metrics: Registry;
let published: { message: IntakeMessage; id: string }[];
let down: boolean;
let lookups: string[];

beforeEach(async () => {
  app = fastify({ logger: false });
  metrics = new Registry();
  published = [];
  lookups = [];
  down = false;
  service = await startGateway({
    registerOn: app,
    log: pino({ level: "silent" }),
    metrics,
    receivers: async (name) => {
      lookups.push(name);
      return receivers[name];
    },
    intake: {
      publish: async (message, id) => {
        if (down) throw new SluiceError("Unavailable", "no acknowledgement");
        const index = published.findIndex((each) => each.id === id);
        if (index < 0) published.push({ message, id });
        return { sequence: index < 0 ? published.length : index + 1, duplicate: index >= 0 };
      },
    },
  });
  await app.ready();
});
afterEach(async () => {
  await service.stop();
  await app.close();
});

const post = (provider: string, name: string, body: Buffer, headers: Record<string, string>) =>
  app.inject({
    method: "POST",
    url: `/webhooks/${provider}/${name}`,
    payload: body,
    headers: { "content-type": "application/json", ...headers },
  });
const send = (provider: Provider, more: { body?: Buffer; headers?: Record<string, string> } = {}) => {
  const body = more.body ?? json(PUSHES[provider].body);
  return post(provider, provider, body, { ...PUSHES[provider].headers, ...sign(provider, body), ...more.headers });
};

describe.each(Object.keys(MERGED) as Provider[])("a signed pull request of %s", (provider) => {
  const { headers, body, number, sender } = MERGED[provider]!;
  const branch = "sluice/shop/prod/prod-7c1f4a2b";

  test("is in the intake under its branch, once", async () => {
    const raw = json(body);
    const answers = [];
    for (let time = 0; time < 2; time += 1) {
      answers.push(await post(provider, provider, raw, { ...headers, ...sign(provider, raw) }));
    }
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([202, 202]);
    expect(published).toEqual([
      {
        id: expect.stringMatching(new RegExp(`^${provider}/.+/refs/heads/${branch}$`)),
        message: {
          ...{ type: "pullrequest.changed", repository: provider, repoURL: PUSHES[provider].url, number, branch },
          delivery: expect.any(String),
          actor: { kind: "webhook", name: sender },
          receivedAt: expect.any(String),
        },
      },
    ]);
  });

  test("that is not signed is refused, and of another branch nothing is stored", async () => {
    expect((await post(provider, provider, json(body), headers)).statusCode).toBe(401);
    const other = Buffer.from(JSON.stringify(body).replaceAll(branch, "feature/x"));
    const answer = await post(provider, provider, other, { ...headers, ...sign(provider, other) });
    expect(answer.json()).toMatchObject({ status: "ignored" });
    expect(published).toEqual([]);
  });
});

describe.each(PROVIDERS)("a signed push of %s", (provider) => {
  test("is in the intake when it is answered 202", async () => {
    const answer = await send(provider);
    expect(answer.statusCode).toBe(202);
    expect(published).toEqual([
      {
        id: `${provider}/${PUSHES[provider].delivery}/refs/heads/main`,
        message: expect.objectContaining({
          type: "git.push",
          repository: provider,
          repoURL: PUSHES[provider].url,
          ref: "refs/heads/main",
          source: "webhook",
          actor: { kind: "webhook", name: expect.stringMatching(/\w/) },
        }),
      },
    ]);
  });

  test("sent again is one message and 202 again", async () => {
    await send(provider);
    const again = await send(provider);
    expect(again.statusCode).toBe(202);
    expect(again.json()).toMatchObject({ status: "duplicate" });
    expect(published).toHaveLength(1);
  });

  test("with a wrong, missing or truncated signature is refused before anything is read of it", async () => {
    const body = json(PUSHES[provider].body);
    const [header, value] = Object.entries(sign(provider, body))[0]!;
    const bad = [{}, { [header]: `${value.slice(0, -8)}00000000` }, { [header]: value.slice(0, 20) }];
    for (const headers of bad) {
      const answer = await post(provider, provider, body, { ...PUSHES[provider].headers, ...headers });
      expect(answer.statusCode).toBe(401);
      expect(answer.headers["content-type"]).toContain("application/problem+json");
      expect(answer.headers["www-authenticate"]).toBeDefined();
    }
    expect((await post(provider, provider, Buffer.from("{"), PUSHES[provider].headers)).statusCode).toBe(401);
    expect(published).toEqual([]);
  });

  test("cut off or of another shape is 4xx problem+json", async () => {
    const whole = json(PUSHES[provider].body);
    for (const body of [
      whole.subarray(0, -5),
      Buffer.from("[]"),
      Buffer.from('"x"'),
      Buffer.alloc(0),
      Buffer.from([0xff]),
    ]) {
      const answer = await send(provider, { body });
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toMatchObject({ status: 400, code: "InvalidInput", detail: expect.any(String) });
    }
  });

  test("of another repository is 422 and goes nowhere", async () => {
    const other = JSON.parse(JSON.stringify(PUSHES[provider].body).replaceAll("shop", "shop2")) as object;
    expect((await send(provider, { body: json(other) })).statusCode).toBe(422);
    expect(published).toEqual([]);
  });
});

describe("nobody learns which repositories there are", () => {
  test("unknown, wrong provider, odd names and a wrong signature are answered alike", async () => {
    const body = json(PUSHES.github.body);
    const answers = [
      await post("github", "github", body, { "x-hub-signature-256": "sha256=00" }),
      await post("github", "nowhere", body, sign("github", body)),
      await post("github", "gitlab", body, sign("github", body)),
      await post("github", "..%2f..%2fetc", body, sign("github", body)),
      await post("svn", "github", body, sign("github", body)),
    ];
    expect(new Set(answers.map(({ statusCode, body: text }) => `${statusCode} ${text}`)).size).toBe(1);
    const headers = answers.map((answer) => JSON.stringify({ ...answer.headers, date: undefined }));
    expect(new Set(headers).size).toBe(1);
    expect(lookups).not.toContain("../../etc");
  });

  test("no answer of a refusal comes sooner than the floor", async () => {
    const started = performance.now();
    await post("github", "nowhere", json({}), {});
    expect(performance.now() - started).toBeGreaterThanOrEqual(20);
  });

  test("Bitbucket Server's unsigned connection test is answered without a look", async () => {
    const headers = { "x-event-key": "diagnostics:ping" };
    for (const name of ["bitbucket-server", "nowhere"]) {
      expect((await post("bitbucket-server", name, json({ test: true }), headers)).statusCode).toBe(200);
    }
    expect(lookups).toEqual([]);
  });
});

describe("other events", () => {
  test("a ping is answered with a sentence", async () => {
    const answer = await send("github", { body: json({ zen: "…" }), headers: { "x-github-event": "ping" } });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ status: "ping", message: expect.stringMatching(/\.$/) });
  });

  test("what moves no ref is ignored, and said so", async () => {
    const answer = await send("github", { headers: { "x-github-event": "issues" } });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ status: "ignored", event: "issues" });
    expect(published).toEqual([]);
  });
});

describe("the body", () => {
  test("may be a form, as GitHub sends it when told to", async () => {
    const body = Buffer.from(`payload=${encodeURIComponent(JSON.stringify(PUSHES.github.body))}`);
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    expect((await send("github", { body, headers })).statusCode).toBe(202);
    expect((await send("github", { body: Buffer.from("a=b"), headers })).statusCode).toBe(400);
  });

  test.each(["text/plain", "application/xml", "multipart/form-data; boundary=x", "garbage"])(
    "of %s is 415",
    async (type) => {
      expect((await send("github", { headers: { "content-type": type } })).statusCode).toBe(415);
    },
  );

  test("compressed is 415", async () => {
    expect((await send("github", { headers: { "content-encoding": "gzip" } })).statusCode).toBe(415);
  });

  test("of the limit is read, one byte more is 413", async () => {
    const padded = (length: number) => {
      const bare = json({ ...PUSHES.github.body, pad: "" }).length;
      return json({ ...PUSHES.github.body, pad: "x".repeat(length - bare) });
    };
    expect((await send("github", { body: padded(MAX_BODY) })).statusCode).toBe(202);
    const answer = await send("github", { body: padded(MAX_BODY + 1) });
    expect(answer.statusCode).toBe(413);
    expect(answer.json()).toMatchObject({ code: "PayloadTooLarge" });
  });

  test("without an end is refused as soon as it is past the limit, and the process goes on", async () => {
    const address = await app.listen({ port: 0, host: "127.0.0.1" });
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(address).port), "127.0.0.1");
      let text = "";
      const chunk = "x".repeat(65_536);
      const more = () => {
        while (socket.writable && text === "") if (!socket.write(`10000\r\n${chunk}\r\n`)) return;
      };
      socket.on("connect", () => {
        socket.write(
          "POST /webhooks/github/github HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        );
        more();
      });
      socket.on("drain", more);
      socket.on("data", (data) => {
        text += data.toString();
        socket.destroy();
        resolve(text);
      });
      socket.on("error", (error) => (text === "" ? reject(error) : undefined));
    });
    expect(answer).toContain("413");
    expect((await send("github")).statusCode).toBe(202);
  });

  test("deep nesting and odd keys are data", async () => {
    const deep = Buffer.from(`{"ref":${"[".repeat(200_000)}${"]".repeat(200_000)}}`);
    expect((await send("github", { body: deep })).statusCode).toBe(400);
    const proto = Buffer.from('{"__proto__":{"ref":"refs/heads/main"},"constructor":{"prototype":{}}}');
    expect((await send("github", { body: proto })).statusCode).toBe(400);
  });

  test("a header that came twice counts as none", async () => {
    const body = json(PUSHES.github.body);
    const { "x-hub-signature-256": good } = sign("github", body);
    const answer = await app.inject({
      method: "POST",
      url: "/webhooks/github/github",
      payload: body,
      headers: {
        "content-type": "application/json",
        ...PUSHES.github.headers,
        "x-hub-signature-256": [good!, good!] as never,
      },
    });
    expect(answer.statusCode).toBe(401);
  });
});

describe("fuzz", () => {
  const provider = fc.constantFrom(...PROVIDERS);
  const headerValue = fc.string({ unit: "grapheme-ascii", maxLength: 60 });

  test("bytes, signed or not, never end in a 5xx", async () => {
    await fc.assert(
      fc.asyncProperty(
        provider,
        fc.uint8Array({ maxLength: 400 }),
        fc.boolean(),
        headerValue,
        async (each, bytes, signed, odd) => {
          const body = Buffer.from(bytes);
          const headers = { ...PUSHES[each].headers, "x-github-event": odd, "x-event-key": odd };
          const answer = await post(each, each, body, { ...headers, ...(signed ? sign(each, body) : {}) });
          expect(answer.statusCode).toBeLessThan(500);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("JSON of any shape, rightly signed, never ends in a 5xx", async () => {
    const mutated = provider.chain((each) => {
      const { body } = PUSHES[each];
      const key = fc.constantFrom(...Object.keys(body));
      return fc.tuple(
        fc.constant(each),
        fc.oneof(
          fc.jsonValue(),
          fc.tuple(key, fc.jsonValue()).map(([k, v]) => ({ ...body, [k]: v })),
        ),
      );
    });
    await fc.assert(
      fc.asyncProperty(mutated, async ([each, value]) => {
        const answer = await send(each, { body: json(value) });
        expect(answer.statusCode).toBeLessThan(500);
        expect([200, 202, 400, 422]).toContain(answer.statusCode);
      }),
      { numRuns: 300 },
    );
  });
});

test("what is not stored is not taken: 503 with Retry-After, and 202 once it can be", async () => {
  down = true;
  const refused = await send("github");
  expect(refused.statusCode).toBe(503);
  expect(refused.headers["retry-after"]).toBeDefined();
  down = false;
  expect((await send("github")).statusCode).toBe(202);
});

test("a sender without delivery ids may push the same body twice and both are taken", async () => {
  const headers = { ...PUSHES.gitlab.headers } as Record<string, string>;
  delete headers["idempotency-key"];
  const body = json(PUSHES.gitlab.body);
  for (let time = 0; time < 2; time++) {
    await post("gitlab", "gitlab", body, { ...headers, ...sign("gitlab", body) });
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  expect(new Set(published.map(({ message }) => (message as GitPush).delivery)).size).toBe(2);
});

test("outcomes are counted by provider, and never by what a stranger wrote", async () => {
  await send("github");
  await send("github");
  await post("github", "nowhere", json({}), {});
  await post("made-up", "x", json({}), {});
  await send("github", { body: Buffer.alloc(MAX_BODY + 1) });
  const values = (await metrics.getSingleMetric("sluice_webhooks_total")!.get()).values;
  const count = (name: string, outcome: string) =>
    values.find(({ labels }) => labels["provider"] === name && labels["outcome"] === outcome)?.value;
  expect(count("github", "accepted")).toBe(1);
  expect(count("github", "duplicate")).toBe(1);
  expect(count("github", "refused")).toBe(1);
  expect(count("unknown", "refused")).toBe(1);
  expect(count("github", "too_large")).toBe(1);
  expect(values.map(({ labels }) => labels["provider"])).not.toContain("made-up");
});

test("a stopped gateway takes nothing", async () => {
  await service.stop();
  expect((await send("github")).statusCode).toBe(503);
  expect(published).toEqual([]);
});
