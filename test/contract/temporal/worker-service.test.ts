import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { Registry } from "prom-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEFAULT_WAITS } from "../../../activities/activities.ts";
import { buildWorkflowBundle, isFresh } from "../../../adapters/temporal/bundle.ts";
import { connectTemporal } from "../../../adapters/temporal/connection.ts";
import { createOperations } from "../../../adapters/temporal/operations.ts";
import { installRuntime } from "../../../adapters/temporal/runtime.ts";
import { claimPort } from "../../../adapters/embedded/ports.ts";
import { applicationDecider } from "../../../domain/application/decider.ts";
import type { ApplicationEvent } from "../../../schemas/events/index.ts";
import { startWorker } from "../../../services/worker/worker.ts";
import { configuration } from "../../domain/application/examples.ts";
import { testServers, type TestServers } from "../../fixtures/servers.ts";
import { aRequest } from "./stage.ts";

const log = pino({ level: "silent" });
const NOTHING = { create: 0, update: 0, recreate: 0, unchanged: 0, prune: 0, refused: 0, failed: 0 };

let servers: TestServers<{ temporal: true }>;
let metricsPort: number;

beforeAll(async () => {
  servers = await testServers({ temporal: true });
  metricsPort = await claimPort({ name: "core-metrics", dataDir: servers.dataDir });
  installRuntime({ log, metricsPort });
});
afterAll(() => servers?.stop());

/** An application in memory, and ports that answer at once; `apply` is the test's. */
function ports(apply: (signal: AbortSignal, heartbeat: () => void) => Promise<void>) {
  const { decide, evolve, initial } = applicationDecider;
  const events: ApplicationEvent[] = decide({ type: "CreateApplication", ...configuration() }, initial);
  const state = () => events.reduce(evolve, initial);
  const place = { cluster: { name: "prod", server: "https://prod" }, project: { name: "default", spec: {} as never } };
  const applied = { report: "r", inventory: "i", counts: NOTHING, failures: [], refused: [], unhealthy: [] };
  return {
    events,
    activities: {
      admit: async () => ({}),
      dryRun: () => Promise.reject(new Error("no dry run here")),
      applications: {
        load: async () => state(),
        execute: async (_: string, command: Parameters<typeof decide>[0]) => {
          const decided = decide(command, state());
          events.push(...decided);
          return decided;
        },
      },
      blobs: { getJson: () => Promise.reject(new Error("not asked for")), putJson: async () => "blob" },
      place: async () => place,
      source: {
        produce: async () => ({ revision: "c0ffee", sourceDigest: "s", artifact: "a" }),
        move: async () => "forward" as const,
      },
      plan: async () => ({ plan: "p", inventory: "i", counts: { ...NOTHING, create: 1 }, resources: [] }),
      apply: async (_: unknown, { signal, heartbeat }: { signal: AbortSignal; heartbeat(): void }) => {
        await apply(signal, heartbeat);
        return { ...applied, health: "Healthy" as const, interrupted: signal.aborted };
      },
      assess: async () => ({ report: "r", health: "Healthy" as const, unhealthy: [] }),
      commits: { revert: async () => ({ branch: "main", commit: "c0ffee", result: "pushed" as const }) },
      orphanCluster: () => Promise.reject(new Error("nothing is orphaned here")),
      actionCluster: () => Promise.reject(new Error("no action here")),
      taskQueueOf: () => "service",
      waits: DEFAULT_WAITS,
      now: () => new Date().toISOString(),
    },
  };
}

describe("the worker service", () => {
  test("carries out an operation, counts it, and stops in time with an apply in flight, which the next worker finishes", async () => {
    const temporal = { address: servers.temporal.address, namespace: "default" };
    const connection = await connectTemporal({ ...temporal, log });
    const operations = createOperations(connection.client, { taskQueue: "service" });
    let attempts = 0;
    const { events, activities } = ports(async (signal, heartbeat) => {
      if (++attempts !== 2) return;
      const beat = setInterval(heartbeat, 100);
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      clearInterval(beat);
    });
    const start = (metrics: Registry) =>
      startWorker({ temporal, taskQueue: "service", activities, cacheDir: servers.dataDir, log, metrics });
    const metrics = new Registry();
    const worker = await start(metrics);
    expect(worker.notReady()).toBeUndefined();

    await operations.request("web", aRequest());
    await expect.poll(() => events.at(-1)?.type, { timeout: 15_000 }).toBe("SyncSucceeded");
    expect(await metrics.metrics()).toContain('sluice_syncs_total{result="Succeeded",kind="sync"} 1');

    await operations.request("web", aRequest());
    await expect.poll(() => attempts, { timeout: 15_000 }).toBe(2);
    expect(await metrics.metrics()).toContain("sluice_operations_running 1");
    const core = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
    expect(await core.text()).toContain("temporal_worker_task_slots_available");

    const began = Date.now();
    await worker.stop();
    await worker.stop();
    expect(Date.now() - began).toBeLessThan(20_000);
    expect(worker.notReady()).toContain("stopped");

    const next = await start(new Registry());
    await expect.poll(() => events.at(-1)?.type, { timeout: 40_000 }).toBe("SyncSucceeded");
    expect(attempts).toBe(3);
    await next.stop();
    await connection.close();
  }, 90_000);

  test("says what is wrong with the address or the namespace", async () => {
    const { address } = servers.temporal;
    await expect(connectTemporal({ address, namespace: "absent", log })).rejects.toMatchObject({
      code: "NotFound",
      next: expect.stringContaining("temporal operator namespace create"),
    });
    const nowhere = { address: "127.0.0.1:1", namespace: "default", log, patienceMs: 300 };
    await expect(connectTemporal(nowhere)).rejects.toMatchObject({
      code: "Unavailable",
      message: "Temporal at 127.0.0.1:1 does not answer",
    });
  });
});

describe("the bundle", () => {
  test("is built ahead, small, and known to be stale when it is of other sources", async () => {
    const dir = await mkdtemp(join(tmpdir(), "sluice-bundle-"));
    const out = join(dir, "workflows.js");
    expect(await isFresh(out)).toBe(false);
    const built = await buildWorkflowBundle(out);
    expect(built.ownBytes).toBeGreaterThan(1_000);
    // Four workflows, with what they decide by themselves; zod or yaml alone would be twice as much.
    expect(built.ownBytes).toBeLessThan(128 * 1024);
    expect(await isFresh(out)).toBe(true);
    await writeFile(out, (await readFile(out, "utf8")).replace(built.digest, "0".repeat(64)));
    expect(await isFresh(out)).toBe(false);
    await rm(dir, { recursive: true });
  });
});
