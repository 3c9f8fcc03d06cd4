import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { findSetsid } from "../../../adapters/git/process-group.ts";
import { createProcessHost, type ProcessHost } from "../../../adapters/processes/process-host.ts";

const LIMITS = { timeoutMs: 20_000, outputBytes: 1_000 };
const shell = (script: string, limits = LIMITS) => ({
  command: ["/bin/sh", "-c", script],
  cwd: "/",
  env: { GREETING: "hello" },
  limits,
});

const hosts: ProcessHost[] = [];
const hostOf = (options?: { idleMs: number }): ProcessHost => {
  const host = createProcessHost(options);
  hosts.push(host);
  return host;
};

afterEach(() => {
  for (const host of hosts.splice(0)) host.close();
});

async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe("a process host", () => {
  test("is not there until it is needed", () => {
    expect(hostOf().pid()).toBeUndefined();
  });

  test("gives output, exit code and nothing of its own environment", async () => {
    const ended = await hostOf().execute(shell('printf "%s in %s" "$GREETING" "$PWD"; echo no >&2; env >&2; exit 3'));
    expect(Buffer.from(ended.stdout).toString()).toBe("hello in /");
    expect(ended).toMatchObject({ code: 3, signal: null, stopped: undefined });
    expect(ended.stderr).not.toContain("NODE_CHANNEL_FD");
    expect(ended.stderr).toContain("no\n");
  });

  test("runs many at once and answers each with its own", async () => {
    const host = hostOf();
    const ended = await Promise.all(Array.from({ length: 20 }, (_, index) => host.execute(shell(`echo ${index}`))));
    expect(ended.map(({ stdout }) => Number(Buffer.from(stdout).toString()))).toEqual(ended.map((_, index) => index));
  });

  test("ends what prints too much, takes too long or is not waited for any more", async () => {
    const host = hostOf();
    const much = host.execute(shell("while :; do echo 0123456789; done"));
    const long = host.execute(shell("sleep 60", { ...LIMITS, timeoutMs: 100 }));
    const aborter = new AbortController();
    const left = host.execute(shell("sleep 60"), aborter.signal);
    aborter.abort();
    expect((await much).stopped).toBe("output");
    expect((await long).stopped).toBe("timeout");
    expect((await left).stopped).toBe("aborted");
  });

  test("says what could not be started", async () => {
    const launch = { ...shell(""), command: ["/nonexistent/kustomize"] };
    await expect(hostOf().execute(launch)).rejects.toMatchObject({ code: "ToolUnavailable" });
  });

  test("runs git, and gives its failure as data", async () => {
    const host = hostOf();
    const base = { home: "/", searchPath: process.env["PATH"] ?? "" };
    const ok = await host.executeGit(base, { dir: "/", args: ["--version"], timeoutMs: 20_000 });
    expect(ok).toMatchObject({ stdout: expect.stringMatching(/^git version/) });
    const failed = await host.executeGit(base, { dir: "/", args: ["rev-parse", "HEAD"], timeoutMs: 20_000 });
    expect(failed).toMatchObject({ failure: { timedOut: false, exitCode: 128 } });
  });

  test("is started again after it was killed; what it ran is rejected as something to be tried again", async () => {
    const host = hostOf();
    await host.execute(shell("true"));
    const lost = host.execute(shell("sleep 5"));
    process.kill(host.pid()!, "SIGKILL");
    await expect(lost).rejects.toMatchObject({ code: "Unavailable", retryable: true });
    expect(await host.execute(shell("true"))).toMatchObject({ code: 0 });
  });

  test("ends when nothing was run for a while, and comes back", async () => {
    const host = hostOf({ idleMs: 50 });
    await host.execute(shell("true"));
    await gone(host.pid()!);
    expect(host.pid()).toBeUndefined();
    expect(await host.execute(shell("true"))).toMatchObject({ code: 0 });
  });
});

test("git and its helpers end with the host", async () => {
  const silent = createServer(() => undefined);
  await new Promise<void>((done) => silent.listen(0, "127.0.0.1", done));
  const { port } = silent.address() as AddressInfo;
  const connected = new Promise((done) => silent.once("connection", done));
  const host = hostOf();
  const home = mkdtempSync(join(tmpdir(), "sluice-host-"));
  const marker = `http://127.0.0.1:${port}/silent.git`;
  const base = { home, searchPath: process.env["PATH"] ?? "", ...(await setsidOf()) };
  const run = host.executeGit(base, { dir: home, args: ["ls-remote", marker], timeoutMs: 60_000, protocol: "http" });
  run.catch(() => undefined);
  await connected;
  expect(processesWith(marker)).not.toEqual([]);
  host.close();
  await expect(run).rejects.toMatchObject({ code: "Unavailable" });
  await vi.waitUntil(() => processesWith(marker).length === 0, { timeout: 10_000 });
  silent.close();
  rmSync(home, { recursive: true, force: true });
});

const setsidOf = async () => {
  const setsid = await findSetsid(process.env["PATH"] ?? "");
  return setsid === undefined ? {} : { setsid };
};

/** Ids of processes that have a text among their arguments. */
function processesWith(text: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(text);
    } catch {
      return false;
    }
  });
}
