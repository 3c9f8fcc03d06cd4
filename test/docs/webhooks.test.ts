import fastify, { type FastifyInstance } from "fastify";
import { execFile } from "node:child_process";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { pino } from "pino";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { GitPush, IntakeMessage } from "../../schemas/messages.ts";
import { PROVIDERS } from "../../schemas/providers.ts";
import { startGateway } from "../../services/gateway/gateway.ts";
import { readDocument } from "./documents.ts";

/** The script in docs/how-to/webhooks.md, run by a shell against the gateway. */

const PAGE = readDocument("docs/how-to/webhooks.md");
const SCRIPT = PAGE.snippets.find(({ text }) => text.includes("openssl dgst"))!.text;

let app: FastifyInstance;
let address: string;
const taken = new Map<string, IntakeMessage>();

beforeEach(async () => {
  taken.clear();
  app = fastify();
  await startGateway({
    registerOn: app,
    log: pino({ level: "silent" }),
    metrics: new Registry(),
    receivers: async (name) =>
      name === "storefront"
        ? {
            provider: "generic",
            url: "https://git.example/team/storefront.git",
            match: "exact",
            secret: "a-long-random-text",
            allowUnsigned: false,
          }
        : undefined,
    intake: {
      publish: async (message, id) => {
        const duplicate = taken.has(id);
        if (!duplicate) taken.set(id, message);
        return { sequence: taken.size, duplicate };
      },
    },
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  address = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
});
afterEach(() => app.close());

/** What the script prints; throws with curl's exit code 22 when the answer is no 2xx. */
async function run(script: string): Promise<Record<string, unknown>> {
  const text = script.replaceAll("https://sluice.example", address);
  const { stdout } = await promisify(execFile)("bash", ["-euo", "pipefail", "-c", text]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe("a sender of one's own, as documented", () => {
  it("is taken, and once under one delivery id", async () => {
    expect(await run(SCRIPT)).toMatchObject({ status: "accepted", delivery: "build-4711" });
    expect(await run(SCRIPT)).toMatchObject({ status: "duplicate" });
    const [push] = [...taken.values()] as GitPush[];
    expect(push).toMatchObject({ type: "git.push", repository: "storefront", ref: "refs/heads/main" });
    expect(taken.size).toBe(1);
  });

  it("may sign the body alone, name several refs or none, and ping", async () => {
    const alone = SCRIPT.replace(`printf '%s.%s' "$timestamp" "$body"`, `printf '%s' "$body"`).replace(
      /^.*X-Sluice-Timestamp.*\n/m,
      "",
    );
    expect(alone).not.toContain("X-Sluice-Timestamp");
    expect(await run(alone)).toMatchObject({ status: "accepted" });
    const refs = SCRIPT.replace('"ref":"refs/heads/main"', '"refs":["refs/heads/main","refs/tags/v1.4.0"]');
    expect((await run(refs.replace("4711", "4712")))["refs"]).toHaveLength(2);
    const none = SCRIPT.replace(',"ref":"refs/heads/main"', "");
    expect((await run(none.replace("4711", "4713")))["refs"]).toMatchObject([{ ref: "*" }]);
    const ping = SCRIPT.replace(`--data-raw`, `--header 'X-Sluice-Event: ping' --data-raw`);
    expect(await run(ping)).toMatchObject({ status: "ping" });
  });

  it("is refused with another secret, or a timestamp that is too old or was not signed", async () => {
    const wrong = SCRIPT.replace("secret=a-long-random-text", "secret=another");
    await expect(run(wrong)).rejects.toMatchObject({ code: 22 });
    const old = SCRIPT.replace("$(date +%s)", "$(( $(date +%s) - 400 ))");
    await expect(run(old)).rejects.toMatchObject({ code: 22 });
    const unsigned = SCRIPT.replace("X-Sluice-Timestamp: $timestamp", "X-Sluice-Timestamp: $((timestamp + 1))");
    await expect(run(unsigned)).rejects.toMatchObject({ code: 22 });
    expect(taken.size).toBe(0);
  });
});

it("the table of providers is whole", () => {
  for (const provider of PROVIDERS) expect(PAGE.prose).toMatch(new RegExp(`\\| .+ \\| \`${provider}\` +\\|`));
});
