import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createCredentials } from "../../../adapters/nats/credentials.ts";
import type { Credentials } from "../../../adapters/nats/credentials.ts";
import { createKeyring } from "../../../adapters/secrets/keyring.ts";
import { testServers } from "../../fixtures/servers.ts";
import { connectNats } from "../../../adapters/nats/connection.ts";
import { ensureStreams } from "../../../adapters/nats/streams.ts";

const keyring = createKeyring([createHash("sha256").update("test").digest()]);
const CANARY = "canary-5f1c";
let credentials: Credentials;
let dataDir: string;
let close: () => Promise<void>;

beforeAll(async () => {
  const servers = await testServers({ nats: true });
  dataDir = servers.dataDir;
  const { servers: url, user, pass } = servers.nats.connection;
  const nc = await connectNats({ url, user, pass, name: "test" });
  await ensureStreams(nc);
  credentials = createCredentials(nc, keyring);
  close = async () => {
    await nc.close();
    await servers.stop();
  };
});
afterAll(() => close?.());

/** Every byte that lies below a folder. */
function bytesBelow(folder: string): Buffer {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));
  return Buffer.concat(files.filter((file) => statSync(file).isFile()).map((file) => readFileSync(file)));
}

test("credentials come back as they were put, under their kind and name only", async () => {
  await credentials.put("cluster", "prod", { token: CANARY, nested: { list: [1, "ü"] } });
  expect(await credentials.get("cluster", "prod")).toEqual({ token: CANARY, nested: { list: [1, "ü"] } });
  expect(await credentials.get("repository", "prod")).toBeUndefined();
  expect(await credentials.get("cluster", "other")).toBeUndefined();
});

test("the digest tells that they changed, and nothing else", async () => {
  const first = await credentials.put("webhook", "shop", { secret: "a", user: "b" });
  expect(await credentials.put("webhook", "shop", { user: "b", secret: "a" })).toBe(first);
  expect(await credentials.put("webhook", "shop", { secret: "c", user: "b" })).not.toBe(first);
  expect(first).not.toContain(createHash("sha256").update('{"secret":"a","user":"b"}').digest("hex"));
});

test("deleted ones are gone, and may be put again", async () => {
  await credentials.put("cluster", "old", 1);
  await credentials.delete("cluster", "old");
  expect(await credentials.get("cluster", "old")).toBeUndefined();
  await credentials.delete("cluster", "never");
  await credentials.put("cluster", "old", 2);
  expect(await credentials.get("cluster", "old")).toBe(2);
});

test("nothing of them is readable on the server's disk, plain or in base64", async () => {
  await credentials.put("repository", "canary", { password: CANARY });
  const bytes = bytesBelow(dataDir);
  expect(bytes.length).toBeGreaterThan(1_000);
  expect(bytes.includes("repository.canary")).toBe(true);
  expect(bytes.includes(CANARY)).toBe(false);
  expect(bytes.includes(Buffer.from(CANARY).toString("base64").slice(0, 12))).toBe(false);
});
