import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { expect, onTestFinished, test, vi } from "vitest";
import { watchStorage } from "../../../adapters/embedded/nats-storage.ts";
import type { ProcessState } from "../../../adapters/embedded/supervised-process.ts";

/** What nats-server 2.15 says after a write to a full disk, and until it is started anew. */
const FULL = {
  status: "unavailable",
  error: "JetStream stream '$G > KEPT' write error: write /data/msgs/1.blk: no space left on device",
};
const OK = { status: "ok" };

async function watched(answers: () => { status: string; error?: string }, state: ProcessState = "ready") {
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    const answer = answers();
    response.writeHead(answer.status === "ok" ? 200 : 503).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const signals: string[] = [];
  const { port } = server.address() as AddressInfo;
  const storage = watchStorage({
    monitoringUrl: `http://127.0.0.1:${port}`,
    dataDir: tmpdir(),
    process: { state, kill: (signal) => void signals.push(String(signal)) },
    everyMs: 10,
  });
  onTestFinished(async () => {
    await storage.stop();
    server.closeAllConnections();
    server.close();
  });
  return { storage, signals, asked: () => asked };
}

test("a server whose store refuses writes although there is space is started anew, and says why until it is well", async () => {
  let answer: { status: string; error?: string } = FULL;
  const { storage, signals } = await watched(() => answer);
  await vi.waitFor(() => expect(signals).toContain("SIGTERM"));
  expect(storage.failing()).toContain("no space left on device");
  answer = OK;
  await vi.waitFor(() => expect(storage.failing()).toBeUndefined());
});

test("one that is well, or unwell for another reason, is left alone", async () => {
  for (const answer of [OK, { status: "unavailable", error: "JetStream is not current with the meta leader" }]) {
    const { storage, signals, asked } = await watched(() => answer);
    await vi.waitFor(() => expect(asked()).toBeGreaterThan(3));
    expect(storage.failing()).toBeUndefined();
    expect(signals).toEqual([]);
  }
});

test("one that is starting is not looked at, and nothing is looked at after the end", async () => {
  const starting = await watched(() => FULL, "starting");
  const ended = await watched(() => OK);
  await ended.storage.stop();
  const asked = ended.asked();
  const other = await watched(() => OK);
  await vi.waitFor(() => expect(other.asked()).toBeGreaterThan(3));
  expect(starting.asked()).toBe(0);
  expect(ended.asked()).toBe(asked);
});
