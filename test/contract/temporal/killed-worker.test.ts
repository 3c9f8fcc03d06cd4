import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Client } from "@temporalio/client";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectTemporal, type TemporalClient } from "../../../adapters/temporal/connection.ts";
import { freshBundle } from "../../../adapters/temporal/fresh-bundle.ts";
import { createOperations } from "../../../adapters/temporal/operations.ts";
import { isTerminal } from "../../../domain/application/state.ts";
import { workflowId } from "../../../schemas/ids.ts";
import { configuration } from "../../domain/application/examples.ts";
import { testServers, type TestServers } from "../../fixtures/servers.ts";
import { fileLedger, INSTANTS, lines, type Mortal, OBJECTS } from "./mortal-worker.ts";
import { aRequest } from "./stage.ts";

const PROGRAM = fileURLToPath(new URL("./mortal-worker.ts", import.meta.url));
const log = pino({ level: "silent" });

let servers: TestServers<{ temporal: true }>;
let temporal: TemporalClient;
let bundle: string;
let dir: string;

beforeAll(async () => {
  servers = await testServers({ temporal: true });
  dir = await mkdtemp(join(tmpdir(), "sluice-mortal-"));
  temporal = await connectTemporal({ address: servers.temporal.address, namespace: "default", log });
  bundle = await freshBundle({ cacheDir: dir, log });
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await temporal?.close();
  await servers?.stop();
  await rm(dir, { recursive: true, force: true });
});

const children: ChildProcess[] = [];

function start(mortal: Mortal): ChildProcess {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(mortal)], { stdio: "inherit" });
  children.push(child);
  return child;
}

async function ended(client: Client, application: string): Promise<string> {
  const handle = client.workflow.getHandle(workflowId(application));
  await handle.result();
  return (await handle.describe()).status.name;
}

// The server notices a dead worker by its timeouts: 10 s for a workflow task, 15 s for a heartbeat.
describe("a worker killed with SIGKILL", { timeout: 120_000 }, () => {
  test.concurrent.each(INSTANTS)(
    "at the instant '%s': the next one ends the operation, once, with all applied",
    async (dieAt) => {
      const application = `killed-${dieAt}`;
      const files = { ledger: join(dir, `${dieAt}.ledger`), cluster: join(dir, `${dieAt}.cluster`) };
      const ledger = fileLedger(files.ledger);
      ledger.execute({ type: "CreateApplication", ...configuration() });
      const mortal: Mortal = { address: servers.temporal.address, bundle, taskQueue: application, ...files };

      const victim = start({ ...mortal, dieAt });
      const death = once(victim, "exit") as Promise<[number | null, string | null]>;
      const request = aRequest();
      await createOperations(temporal.client, { taskQueue: application }).request(application, request);
      expect((await death)[1]).toBe("SIGKILL");

      const heir = start(mortal);
      try {
        expect(await ended(temporal.client, application)).toBe("COMPLETED");
      } finally {
        heir.kill("SIGKILL");
      }
      const { events } = ledger;
      expect(events.filter(isTerminal)).toMatchObject([
        { type: "SyncSucceeded", data: { operation: request.operation } },
      ]);
      expect(events.filter(({ type }) => type === "OperationStarted")).toHaveLength(1);
      expect(new Set(lines(files.cluster)).size).toBe(OBJECTS);
    },
  );
});
