import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { connectNats } from "../../../adapters/nats/connection.ts";
import { inspectDurability } from "../../../adapters/nats/durability.ts";
import type { Finding } from "../../../adapters/nats/durability.ts";
import { ensureStreams } from "../../../adapters/nats/streams.ts";
import { ensureTools } from "../../../adapters/toolchain/index.ts";
import { LEDGER_STREAM } from "../../../schemas/ids.ts";
import { connected } from "./connected.ts";

let server: Awaited<ReturnType<typeof connected>>;
beforeAll(async () => {
  server = await connected();
});
afterAll(() => server?.close());

const statusOf = (findings: readonly Finding[]): Record<string, string> =>
  Object.fromEntries(findings.map(({ check, status }) => [check, status]));

test("all is well with the embedded server, when it may be asked", async () => {
  const findings = await inspectDurability(server.nc, { monitoringUrl: server.nats.monitoringUrl });
  expect(statusOf(findings)).toEqual({
    "nats version": "ok",
    "nats jetstream": "ok",
    "nats sync_interval": "ok",
    "ledger storage": "ok",
    "ledger append-only": "ok",
    "ledger whole": "ok",
    "ledger replicas": "ok",
  });
});

test("what cannot be known is a warning with a next step, not an ok", async () => {
  for (const options of [{}, { monitoringUrl: "http://127.0.0.1:1" }]) {
    const sync = (await inspectDurability(server.nc, options)).find(({ check }) => check === "nats sync_interval");
    expect(sync).toMatchObject({
      status: "warning",
      next: expect.stringContaining("sync_interval: always") as unknown,
    });
  }
});

test("a server with NATS's defaults is told of, and one with a ledger of its own making", async () => {
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const folder = await mkdtemp(join(tmpdir(), "sluice-defaults-"));
  const configuration = join(folder, "nats.conf");
  const account =
    "accounts { SYS { users: [{user: sys, password: sys}] }, APP { jetstream: enabled, users: [{user: app, password: app}] } }";
  await writeFile(
    configuration,
    `listen: "127.0.0.1:${port}"\njetstream { store_dir: ${JSON.stringify(folder)} }\nsystem_account: SYS\n${account}\n`,
  );
  const { "nats-server": binary } = await ensureTools(["nats-server"]);
  const child = spawn(binary, ["--config", configuration], { stdio: "ignore" });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  const connect = (user: string) => connectNats({ url: `nats://127.0.0.1:${port}`, user, pass: user, name: "test" });
  const nc = await expect
    .poll(() => connect("app"), { timeout: 20_000 })
    .toBeDefined()
    .then(() => connect("app"));

  const before = statusOf(await inspectDurability(nc));
  expect(before).toMatchObject({ "nats version": "ok", "ledger stream": "warning" });

  const jsm = await jetstreamManager(nc);
  await jsm.streams.add({ name: LEDGER_STREAM, subjects: ["sluice.ledger.>"], max_age: 3_600e9 });
  const findings = await inspectDurability(nc);
  expect(statusOf(findings)).toMatchObject({ "ledger append-only": "failed", "ledger whole": "ok" });
  expect(findings.find(({ check }) => check === "ledger append-only")?.message).toMatch(
    /deleted, it can be purged, messages age out/,
  );
  // What says so can be put right by what the finding tells to do.
  await ensureStreams(nc);
  expect(statusOf(await inspectDurability(nc))).toMatchObject({ "ledger append-only": "ok" });

  const system = await connect("sys");
  const sync = (await inspectDurability(system)).find(({ check }) => check === "nats sync_interval");
  expect(sync).toMatchObject({
    status: "failed",
    message: "A power cut can lose the last 120 s of acknowledged messages",
  });
  await Promise.all([nc.close(), system.close()]);
});
