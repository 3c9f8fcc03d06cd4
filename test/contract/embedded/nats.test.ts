import { readFileSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startNats, type AnyObject } from "../../../adapters/embedded/index.ts";
import { ensureTools } from "../../../adapters/toolchain/index.ts";

let dataDir: string;
const { "nats-server": binary } = await ensureTools(["nats-server"]);

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "sluice-nats-"));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

describe("the embedded NATS server", () => {
  it("keeps streams, port and password over a kill and a new start", async () => {
    await using first = await startNats({ dataDir, binary });
    const writer = await connect(first.connection);
    await (await jetstreamManager(writer)).streams.add({ name: "kept", subjects: ["kept.>"] });
    await jetstream(writer).publish("kept.one", "1");
    await writer.close();
    await first.stop({ graceMs: 0 });

    await using second = await startNats({ dataDir, binary });
    expect(second.connection).toEqual(first.connection);
    const reader = await connect(second.connection);
    expect((await (await jetstreamManager(reader)).streams.info("kept")).state.messages).toBe(1);
    await reader.close();
  });

  it("is up again on the same port after it was killed", async () => {
    await using nats = await startNats({ dataDir, binary });
    const client = await connect({ ...nats.connection, reconnectTimeWait: 50, maxReconnectAttempts: -1 });
    const reconnected = (async () => {
      for await (const status of client.status()) if (status.type === "reconnect") return;
    })();
    nats.process.kill();
    await nats.process.whenReady();
    await reconnected;
    await client.close();
  });

  it("lets nobody in without the password, which only this user can read", async () => {
    await using nats = await startNats({ dataDir, binary });
    await expect(connect({ servers: nats.url, reconnect: false })).rejects.toThrow(/authorization/i);
    for (const file of ["nats-password", "nats-server.conf"]) {
      expect(statSync(join(dataDir, file)).mode & 0o777).toBe(0o600);
    }
  });

  it("syncs every write, takes messages of 8 MiB and listens on the loopback interface only", async () => {
    await using nats = await startNats({ dataDir, binary });
    const variables = (await (await fetch(`${nats.monitoringUrl}/varz`)).json()) as AnyObject;
    expect(variables.host).toBe("127.0.0.1");
    expect(variables.http_host).toBe("127.0.0.1");
    expect(variables.max_payload).toBe(8 * 1024 * 1024);
    expect(variables.jetstream.config.sync_always).toBe(true);
    expect(variables.websocket?.port ?? 0).toBe(0);
    expect(variables.leaf?.port ?? 0).toBe(0);
    expect(variables.cluster?.cluster_port ?? 0).toBe(0);
  });

  it("says which port is taken", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => blocker.once("listening", resolve));
    const { port } = blocker.address() as { port: number };
    try {
      await expect(startNats({ dataDir, binary, port })).rejects.toMatchObject({ code: "PortInUse" });
    } finally {
      blocker.close();
    }
  });

  it("refuses a data folder that is in use", async () => {
    await using nats = await startNats({ dataDir, binary });
    await expect(startNats({ dataDir, binary })).rejects.toMatchObject({ code: "Conflict" });
    expect(nats.process.state).toBe("ready");
    expect(readFileSync(join(dataDir, "run", "nats-server.pid"), "utf8")).toContain(`"pid":${nats.process.pid}`);
  });
});
