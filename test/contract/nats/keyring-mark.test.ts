import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectNats } from "../../../adapters/nats/connection.ts";
import { checkKeyring } from "../../../adapters/nats/keyring-mark.ts";
import { ensureStreams } from "../../../adapters/nats/streams.ts";
import { createKeyring } from "../../../adapters/secrets/keyring.ts";
import { testServers } from "../../fixtures/servers.ts";

const [first, second, other] = [randomBytes(32), randomBytes(32), randomBytes(32)];
let nats: Awaited<ReturnType<typeof connectNats>>;
let close: () => Promise<void>;

beforeAll(async () => {
  const servers = await testServers({ nats: true });
  const { servers: url, user, pass } = servers.nats.connection;
  nats = await connectNats({ url, user, pass, name: "test" });
  await ensureStreams(nats);
  close = async () => {
    await nats.close();
    await servers.stop();
  };
});
afterAll(() => close?.());

test("another keyring than the first is refused, and changes nothing", async () => {
  await Promise.all([first, first, first].map((key) => checkKeyring(nats, createKeyring([key]))));
  for (const _ of [1, 2]) {
    await expect(checkKeyring(nats, createKeyring([other]))).rejects.toMatchObject({
      code: "InvalidConfiguration",
      next: expect.stringContaining("backup"),
    });
  }
  await checkKeyring(nats, createKeyring([first]));
});

test("a rotated keyring is known, and after that also without its older key", async () => {
  await checkKeyring(nats, createKeyring([second, first]));
  await checkKeyring(nats, createKeyring([second]));
  await expect(checkKeyring(nats, createKeyring([first]))).rejects.toMatchObject({ code: "InvalidConfiguration" });
});
