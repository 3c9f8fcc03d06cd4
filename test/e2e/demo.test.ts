import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { descendantsOf, isAlive } from "../fixtures/embedded-process.ts";

/** `npm run demo` as a stranger runs it. */

const PROGRAM = join(import.meta.dirname, "../../bin/sluice");
/** Stopping all of it takes about 3 s. */
const INTERRUPT_LIMIT_MS = 40_000;
let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "sluice-demo-"));
});
afterAll(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }));

function run(args: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(PROGRAM, args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.once("close", (code) => resolve({ code, output }));
  });
}

/** Every running process whose command line or folder names the data directory. */
const processesIn = (folder: string): string[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        return command.includes(folder) ? [`${pid} ${command}`] : [];
      } catch {
        return [];
      }
    });

it("demo --once goes from a push to a healthy cluster, ends with 0 and leaves no process behind", async () => {
  const { code, output } = await run(["demo", "--once", "--data-dir", dataDir]);
  expect(output).toContain("✓ the new greeting is in the cluster");
  expect(output).toContain("✓ cart and catalog were not touched");
  expect(output).toContain("✓ sluice approve, as ada: prod goes on, europe first, then america");
  expect(output).toContain("✓ staging fails and goes back by itself; prod was never touched");
  expect(output).toContain("europe fails: prod is rolled back, america never saw it");
  expect(output).toContain("✓ everything is stopped");
  expect(code, output).toBe(0);
  expect(processesIn(dataDir)).toEqual([]);
});

it("demo on a busy port says so in one sentence, with the next step, and leaves no process behind", async () => {
  const busy = createServer();
  await new Promise<void>((resolve) => busy.listen(0, "127.0.0.1", resolve));
  const { port } = busy.address() as AddressInfo;
  try {
    const { code, output } = await run(["demo", "--once", "--data-dir", dataDir, "--port", String(port)]);
    expect(code).toBe(9);
    expect(output).toContain(`Port ${port} on 127.0.0.1`);
    expect(output).toMatch(/give .* another port|another port/);
    expect(output).not.toMatch(/^\s+at /m);
    expect(processesIn(dataDir)).toEqual([]);
  } finally {
    busy.close();
  }
});

it("an interrupted demo stops everything it started", async () => {
  const child = spawn(PROGRAM, ["demo", "--data-dir", dataDir], { stdio: ["ignore", "pipe", "ignore"] });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  await new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => chunk.includes("sluice apply") && resolve());
    child.once("close", () => reject(new Error("the demo ended before it was interrupted")));
  });
  const started = descendantsOf(child.pid!);
  expect(started.length).toBeGreaterThan(5);
  const began = performance.now();
  child.kill("SIGINT");
  await ended;
  expect(performance.now() - began).toBeLessThan(INTERRUPT_LIMIT_MS);
  expect(started.filter(isAlive)).toEqual([]);
  expect(processesIn(dataDir)).toEqual([]);
});
