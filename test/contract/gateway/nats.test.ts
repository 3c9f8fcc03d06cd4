import fastify from "fastify";
import { pino } from "pino";
import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { connectNats } from "../../../adapters/nats/connection.ts";
import { createIntake, type Delivered } from "../../../adapters/nats/intake.ts";
import { ensureStreams } from "../../../adapters/nats/streams.ts";
import type { GitPush } from "../../../schemas/messages.ts";
import { startGateway } from "../../../services/gateway/gateway.ts";
import { testServers } from "../../fixtures/servers.ts";
import { PUSHES } from "../../domain/webhook/payloads.ts";
import { SECRET, sign } from "../../services/gateway/signing.ts";

test("NATS gone: 503, and 202 again when it is back; everything answered 202 is there, once", async () => {
  await using servers = await testServers({ nats: true });
  const { servers: url, user, pass } = servers.nats.connection;
  const nc = await connectNats({ url, user, pass, name: "test" });
  await ensureStreams(nc);
  const intake = createIntake(nc);
  const app = fastify();
  const gateway = await startGateway({
    registerOn: app,
    intake,
    log: pino({ level: "silent" }),
    metrics: new Registry(),
    receivers: async (name) =>
      name === "shop"
        ? { provider: "github", url: PUSHES.github.url, match: "exact", secret: SECRET, allowUnsigned: false }
        : undefined,
  });
  const body = Buffer.from(JSON.stringify(PUSHES.github.body));
  const send = async (delivery: string): Promise<number> => {
    const headers = {
      "content-type": "application/json",
      ...PUSHES.github.headers,
      "x-github-delivery": delivery,
      ...sign("github", body),
    };
    const answer = await app.inject({ method: "POST", url: "/webhooks/github/shop", payload: body, headers });
    if (answer.statusCode === 503) expect(answer.headers["retry-after"]).toBeDefined();
    return answer.statusCode;
  };

  const accepted: string[] = [];
  expect(await send("before")).toBe(202);
  accepted.push("before");
  await servers.nats.process.stop({ graceMs: 0 });
  expect(await send("meanwhile")).toBe(503);
  await servers.nats.process.start();
  for (let attempt = 0; ; attempt++) {
    const status = await send("meanwhile");
    if (status === 202) break;
    expect(status).toBe(503);
    expect(attempt).toBeLessThan(20);
  }
  accepted.push("meanwhile");
  expect(await send("before")).toBe(202);

  const stopping = new AbortController();
  const seen: string[] = [];
  await intake.consume({
    durable: "test",
    signal: stopping.signal,
    batch: 10,
    handle: async (batch: Delivered[]) => {
      for (const { message, ack } of batch) {
        seen.push((message as GitPush).delivery);
        await ack();
      }
      if (seen.length >= accepted.length) stopping.abort();
    },
  });
  expect(seen.toSorted()).toEqual(accepted.toSorted());
  await gateway.stop();
  await app.close();
  await nc.close();
});
