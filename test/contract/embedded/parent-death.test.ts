import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { processStart } from "../../../adapters/embedded/process-identity.ts";
import { startNats } from "../../../adapters/embedded/index.ts";
import { ensureTools } from "../../../adapters/toolchain/index.ts";

const { "nats-server": binary } = await ensureTools(["nats-server"]);
const index = fileURLToPath(new URL("../../../adapters/embedded/index.ts", import.meta.url));
let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "sluice-parent-"));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

/** A process that starts NATS, prints its process id and url, and goes on until it is killed. */
async function parent(path: string): Promise<{ pid: number; url: string; kill: () => Promise<void> }> {
  const script = `
    import { startNats } from ${JSON.stringify(index)};
    const nats = await startNats(${JSON.stringify({ dataDir, binary })});
    console.log(JSON.stringify({ pid: nats.process.pid, url: nats.url }));
  `;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    env: { PATH: path },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const line = await new Promise<string>((resolve) => child.stdout.once("data", (chunk) => resolve(String(chunk))));
  const kill = () =>
    new Promise<void>((resolve) => {
      child.once("exit", () => resolve());
      child.kill("SIGKILL");
    });
  return { ...(JSON.parse(line) as { pid: number; url: string }), kill };
}

async function isGone(pid: number): Promise<boolean> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (processStart(pid) === undefined) return true;
    await sleep(20);
  }
  return false;
}

describe("when the process that started a server is killed", () => {
  it.runIf(process.platform === "linux")("the kernel takes the server with it", async () => {
    const { pid, kill } = await parent(process.env["PATH"] ?? "");
    await kill();
    expect(await isGone(pid)).toBe(true);
  });

  it("and there is no setpriv, the next start on the same data ends the server and takes its port", async () => {
    const { pid, url, kill } = await parent("/nowhere");
    await kill();
    await sleep(200);
    expect(processStart(pid)).toBeDefined();
    await using nats = await startNats({ dataDir, binary });
    expect(nats.url).toBe(url);
    expect(await isGone(pid)).toBe(true);
  });
});
