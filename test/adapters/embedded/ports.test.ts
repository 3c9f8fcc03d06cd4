import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { claimPort } from "../../../adapters/embedded/ports.ts";

let dataDir: string;
const listening: Server[] = [];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "sluice-ports-"));
});
afterEach(() => {
  for (const server of listening.splice(0)) server.close();
  rmSync(dataDir, { recursive: true, force: true });
});

function listen(port: number): Promise<void> {
  return new Promise((resolve) => {
    const server = createServer().listen(port, "127.0.0.1", resolve);
    listening.push(server);
  });
}

describe("claiming a port", () => {
  it("gives the one asked for", async () => {
    const free = await claimPort({ name: "other", dataDir });
    expect(await claimPort({ name: "nats", dataDir, port: free })).toBe(free);
  });

  it("names the port, who needs it and the next step when the one asked for is taken", async () => {
    const taken = await claimPort({ name: "other", dataDir });
    await listen(taken);
    await expect(claimPort({ name: "nats", dataDir, port: taken })).rejects.toMatchObject({
      code: "PortInUse",
      message: `Port ${taken} on 127.0.0.1, which nats needs, is taken.`,
      next: `End the program that listens on port ${taken}, or give nats another port.`,
    });
  });

  it("gives the same port at the next start", async () => {
    const first = await claimPort({ name: "nats", dataDir });
    expect(await claimPort({ name: "nats", dataDir })).toBe(first);
  });

  it("gives another one when that has been taken meanwhile", async () => {
    const first = await claimPort({ name: "nats", dataDir });
    await listen(first);
    expect(await claimPort({ name: "nats", dataDir })).not.toBe(first);
  });

  it("gives two servers different ports before either listens", async () => {
    const ports = await Promise.all(["a", "b", "c", "d"].map((name) => claimPort({ name, dataDir })));
    expect(new Set(ports).size).toBe(4);
  });
});
