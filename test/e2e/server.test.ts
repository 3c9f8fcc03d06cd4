import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { GitFixture, ProcessExit } from "../../adapters/embedded/index.ts";
import { application, configMap, deployment } from "../fixtures/configuration.ts";
import { descendantsOf, isAlive, natsOf } from "../fixtures/embedded-process.ts";
import { type AcceptedWebhook, checkLedger } from "../fixtures/ledger-checker.ts";
import { Stack, until } from "../fixtures/stack.ts";

/** The life of a `sluice server`: it stops in order, starts again on what it left, and leaves nothing behind when it is killed. */

const STOP_LIMIT_MS = 30_000;
/** A server without work has nothing to wait for. */
const IDLE_STOP_LIMIT_MS = 6_000;

let stack: Stack;
let git: GitFixture;
let repoURL: string;
const accepted: AcceptedWebhook[] = [];

beforeAll(async () => {
  stack = await Stack.start({ controllers: false });
  await stack.prepare();
  ({ url: repoURL, fixture: git } = await stack.addRepository("apps"));
  const first = await git.commit(version("one"), "one");
  await stack.apply(...NAMES.map((name) => application(name, { repoURL, path: name })));
  for (const name of NAMES) await stack.deployed(name, first);
});

afterAll(() => stack?.stop());

const NAMES = ["a", "b", "c", "d"];
const version = (of: string): Record<string, string> =>
  Object.fromEntries(NAMES.map((name) => [`${name}/cm.yaml`, configMap("settings", { version: of })]));

/** SIGTERM, and how the server ended. */
async function stopServer(): Promise<ProcessExit & { tookMs: number; children: number[] }> {
  const children = descendantsOf(stack.server.pid!);
  const exited = new Promise<ProcessExit>((resolve) => {
    const off = stack.server.onExit((exit) => {
      off();
      resolve(exit);
    });
  });
  const began = performance.now();
  await stack.server.stop({ graceMs: STOP_LIMIT_MS });
  return { ...(await exited), tookMs: performance.now() - began, children };
}

const gone = (pids: readonly number[]): boolean => !pids.some(isAlive);

it("stops within seconds when it has nothing to do, with code 0 and all its children", async () => {
  const { code, signal, tookMs, children } = await stopServer();
  expect({ code, signal }).toEqual({ code: 0, signal: null });
  expect(children.length, "NATS and Temporal at least").toBeGreaterThanOrEqual(2);
  expect(gone(children)).toBe(true);
  expect(tookMs).toBeLessThan(IDLE_STOP_LIMIT_MS);
  await stack.server.start();
});

it("stops in order within 30 s with work in flight, and goes on with it on the same data", async () => {
  await git.commit({ "slow/deployment.yaml": deployment("slow") }, "one that waits for its health");
  await stack.apply(application("slow", { repoURL, path: "slow" }));
  const waiting = await until("the wait for health", async () => {
    const { status } = await stack.cluster().request("/apis/apps/v1/namespaces/slow/deployments/slow");
    return status === 200 && (await stack.application("slow")).status.running;
  });
  let newest = "";
  for (let count = 0; count < 5; count++) {
    newest = await git.commit(version(`storm ${count}`), "storm");
    accepted.push(...(await Promise.all([stack.deliver("apps"), stack.deliver("apps")])));
  }
  const { code, signal, tookMs, children } = await stopServer();
  expect({ code, signal }).toEqual({ code: 0, signal: null });
  expect(tookMs).toBeLessThan(STOP_LIMIT_MS);
  expect(gone(children)).toBe(true);

  await stack.server.start();
  for (const name of NAMES) await stack.deployed(name, newest);
  for (const webhook of accepted) await stack.outcome(webhook);
  expect((await stack.operation("slow", waiting)).result, "it still waits").toBe("Running");
  await stack.cluster().request("/apis/apps/v1/namespaces/slow/deployments/slow/status?fieldManager=controller", {
    method: "PATCH",
    contentType: "application/merge-patch+json",
    body: {
      status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 },
    },
  });
  expect(await stack.ended("slow", waiting)).toMatchObject({ result: "Succeeded", health: "Healthy" });
});

it("leaves no process behind when it is killed with SIGKILL, and starts again on the same data", async () => {
  const killed = stack.server.pid!;
  const children = descendantsOf(killed);
  process.kill(killed, "SIGKILL");
  await until("the end of its children", async () => gone([...children, killed]));
  await stack.server.whenReady();
  const revision = await git.commit(version("after the kill"), "after the kill");
  accepted.push(await stack.deliver("apps"));
  for (const name of NAMES) await stack.deployed(name, revision);
});

it("folds the same views again from the first event", async () => {
  const program = join(import.meta.dirname, "../../bin/sluice");
  const { stdout } = await promisify(execFile)(program, [
    "--data-dir",
    stack.playground.dataDir,
    ...["ledger", "rebuild", "-o", "json"],
  ]);
  expect(JSON.parse(stdout)).toMatchObject({ identical: true });
  const { problems } = await checkLedger(await natsOf(stack.playground.dataDir), accepted);
  expect(problems).toEqual([]);
});
