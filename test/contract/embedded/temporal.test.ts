import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, Connection } from "@temporalio/client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTemporal } from "../../../adapters/embedded/index.ts";
import { ensureTools } from "../../../adapters/toolchain/index.ts";

let dataDir: string;
const { temporal: binary } = await ensureTools(["temporal"]);

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "sluice-temporal-"));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

async function client(server: { address: string; namespace: string }): Promise<Client> {
  return new Client({ connection: await Connection.connect(server), namespace: server.namespace });
}

describe("the embedded Temporal server", () => {
  it("keeps workflows and its port over a kill and a new start", async () => {
    await using first = await startTemporal({ dataDir, binary });
    const before = await client(first);
    await before.workflow.start("anything", { workflowId: "kept", taskQueue: "nobody" });
    await before.connection.close();
    await first.stop({ graceMs: 0 });

    await using second = await startTemporal({ dataDir, binary });
    expect(second.address).toBe(first.address);
    const after = await client(second);
    expect((await after.workflow.getHandle("kept").describe()).status.name).toBe("RUNNING");
    await after.connection.close();
  });

  it("has the namespace and the search attributes asked for as soon as it is ready", async () => {
    const searchAttributes = { SluiceProject: "Keyword" };
    await using server = await startTemporal({ dataDir, binary, namespace: "sluice", searchAttributes });
    const connected = await client(server);
    const listed = await connected.connection.operatorService.listSearchAttributes({ namespace: "sluice" });
    expect(Object.keys(listed.customAttributes ?? {})).toContain("SluiceProject");
    await connected.connection.close();
  });
});
