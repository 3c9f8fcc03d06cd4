import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { processStart } from "../../../adapters/embedded/process-identity.ts";
import {
  SupervisedProcess,
  type ProcessExit,
  type ProcessSpec,
} from "../../../adapters/embedded/supervised-process.ts";

let dataDir: string;
const started: SupervisedProcess[] = [];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "sluice-process-"));
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((process) => process.stop({ graceMs: 0 })));
  rmSync(dataDir, { recursive: true, force: true });
});

function shell(script: string, more: Partial<ProcessSpec> = {}): SupervisedProcess {
  const process = new SupervisedProcess({
    name: "child",
    program: "/bin/sh",
    args: ["-c", script],
    dataDir,
    ready: async () => true,
    ...more,
  });
  started.push(process);
  return process;
}

function isAlive(pid: number | undefined): boolean {
  return pid !== undefined && processStart(pid) !== undefined;
}

async function eventually(what: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 200 && !what(); attempt++) await sleep(25);
  expect(what()).toBe(true);
}

const pidFile = () => join(dataDir, "run", "child.pid");

describe("a supervised process", () => {
  it("is ready when its probe says so, and not before", async () => {
    let asked = 0;
    const child = shell("sleep 60", { ready: async () => ++asked === 3 });
    const starting = child.start();
    expect(child.state).not.toBe("ready");
    await starting;
    expect(child.state).toBe("ready");
    expect(asked).toBe(3);
  });

  it("says how it ended, what it last wrote and where its log is, when it ends before it is ready", async () => {
    const child = shell("echo cannot read the file >&2; exit 3", { ready: async () => false });
    await expect(child.start()).rejects.toMatchObject({
      code: "Unavailable",
      message: "child ended with code 3: cannot read the file",
      next: `Its log is ${child.logFile}.`,
    });
    await sleep(300);
    expect(child.state).toBe("stopped");
  });

  it("is stopped when it is not ready in time", async () => {
    const child = shell("sleep 60", { ready: async () => false, readyTimeoutMs: 200 });
    await expect(child.start()).rejects.toMatchObject({ code: "Timeout" });
    expect(child.pid).toBeUndefined();
  });

  it("is started again after it was killed, and tells who listens", async () => {
    const child = shell("sleep 60");
    const exits: ProcessExit[] = [];
    child.onExit((exit) => exits.push(exit));
    await child.start();
    const first = child.pid;
    child.kill();
    await child.whenReady();
    expect(isAlive(child.pid)).toBe(true);
    expect(child.pid).not.toBe(first);
    expect(exits).toEqual([{ name: "child", code: null, signal: "SIGKILL", expected: false }]);
  });

  it("waits longer before each restart of one that keeps ending", async () => {
    const child = shell(`date +%s%N >> ${dataDir}/starts; sleep 0.2; exit 1`);
    await child.start();
    const starts = () => tryRead(join(dataDir, "starts")).trim().split("\n").map(Number);
    await eventually(() => starts().length >= 4);
    const gaps = starts().map((start, index, all) => (start - (all[index - 1] ?? start)) / 1e6);
    expect(gaps[3]).toBeGreaterThan((gaps[1] ?? 0) + 200);
  });

  it("stays down when restarts are off", async () => {
    const child = shell("sleep 60", { restart: false });
    await child.start();
    child.kill();
    await eventually(() => child.state === "stopped");
    await sleep(300);
    expect(child.state).toBe("stopped");
  });

  it("is killed when it does not heed SIGTERM within the grace", async () => {
    const child = shell(`trap "" TERM; while true; do sleep 0.1; done`);
    await child.start();
    const { pid } = child;
    await sleep(100);
    await child.stop({ graceMs: 200 });
    expect(isAlive(pid)).toBe(false);
  });

  it("takes what it started itself with it", async () => {
    const child = shell(`sleep 60 & echo $! > ${dataDir}/grandchild; wait`);
    await child.start();
    await eventually(() => /\d+/.test(tryRead(join(dataDir, "grandchild"))));
    await child.stop({ graceMs: 0 });
    await eventually(() => !isAlive(Number(readFileSync(join(dataDir, "grandchild"), "utf8"))));
  });

  it("can be started again after a stop", async () => {
    const child = shell("sleep 60");
    await child.start();
    await child.stop();
    await child.start();
    expect(child.state).toBe("ready");
  });

  it("gets nothing of this process's environment but PATH", async () => {
    process.env["SLUICE_TEST_SECRET"] = "secret";
    try {
      const child = shell(`env > ${dataDir}/env; sleep 60`);
      await child.start();
      await eventually(() => tryRead(join(dataDir, "env")).includes("PATH="));
      expect(tryRead(join(dataDir, "env"))).not.toContain("secret");
    } finally {
      delete process.env["SLUICE_TEST_SECRET"];
    }
  });

  it("says so when the program is not there", async () => {
    const child = shell("", { program: "/nowhere/at-all", ready: async () => false });
    await expect(child.start()).rejects.toMatchObject({ code: "Unavailable" });
  });
});

describe("a child that an earlier start left behind", () => {
  it("is ended by the next start on the same data", async () => {
    const left = shell("sleep 61; :");
    await left.start();
    const { pid } = left;
    recordOwner({ pid: goneProcess(), start: "1" });
    const next = shell("sleep 62");
    await next.start();
    expect(isAlive(pid)).toBe(false);
    expect(isAlive(next.pid)).toBe(true);
    await left.stop({ graceMs: 0 });
  });

  it("is left alone when another process has its id by now", async () => {
    mkdirSync(join(dataDir, "run"));
    const bystander = shell("sleep 63", { name: "bystander" });
    await bystander.start();
    const owner = { pid: goneProcess(), start: "1" };
    writeFileSync(pidFile(), JSON.stringify({ pid: bystander.pid, start: "2", program: "/bin/sh", owner }));
    await shell("sleep 64").start();
    expect(isAlive(bystander.pid)).toBe(true);
  });

  it("is left alone when its command line is another program's", async () => {
    mkdirSync(join(dataDir, "run"));
    const bystander = shell("sleep 65", { name: "bystander" });
    await bystander.start();
    const record = { pid: bystander.pid, start: processStart(bystander.pid ?? 0), program: "/opt/nats-server" };
    writeFileSync(pidFile(), JSON.stringify({ ...record, owner: { pid: goneProcess(), start: "1" } }));
    await shell("sleep 66").start();
    expect(isAlive(bystander.pid)).toBe(true);
  });

  it("is never taken from a process that still runs", async () => {
    const running = shell("sleep 67; :");
    await running.start();
    recordOwner({ pid: process.ppid, start: processStart(process.ppid) ?? "" });
    await expect(shell("sleep 68").start()).rejects.toMatchObject({
      code: "Conflict",
      next: `Stop process ${process.ppid}, or choose another data folder.`,
    });
    expect(isAlive(running.pid)).toBe(true);
  });
});

function recordOwner(owner: { pid: number; start: string }): void {
  writeFileSync(pidFile(), JSON.stringify({ ...JSON.parse(readFileSync(pidFile(), "utf8")), owner }));
}

function goneProcess(): number {
  return Number(execFileSync("/bin/sh", ["-c", "echo $$"], { encoding: "utf8" }));
}

function tryRead(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
