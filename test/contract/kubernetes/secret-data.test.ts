import pino from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectCluster } from "../../../adapters/kubernetes/connection.ts";
import type { KubeClient } from "../../../adapters/kubernetes/client.ts";
import { testServers } from "../../fixtures/servers.ts";

const start = () => testServers({ cluster: { controllers: false, kwok: false } });
let servers: Awaited<ReturnType<typeof start>>;
let client: KubeClient;

beforeAll(async () => {
  servers = await start();
  const { server, token, caData } = servers.cluster;
  client = await connectCluster({ server, credentials: { token, caData }, log: pino({ level: "silent" }) });
});
afterAll(async () => {
  client?.close();
  await servers?.stop();
});

test("a Secret whose data is not base64 is the Secret's fault, tried once, and never quoted", async () => {
  const namespaces = (await client.resolve("v1", "Namespace"))!;
  const secrets = (await client.resolve("v1", "Secret"))!;
  const named = { apiVersion: "v1", kind: "Namespace", metadata: { name: "default" } };
  await client.apply(namespaces, named, { force: false });
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "broken", namespace: "default" },
    data: { password: "CANARY not base64!" },
  };
  for (const dryRun of [false, true]) {
    const refused: unknown = await client.apply(secrets, secret, { force: false, dryRun }).catch((thrown) => thrown);
    expect(refused).toMatchObject({
      code: "ApplyFailed",
      retryable: false,
      next: expect.stringContaining("stringData"),
    });
    expect(JSON.stringify(refused) + String(refused)).not.toContain("CANARY");
  }
});
