import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "@temporalio/worker";
import pino from "pino";
import { afterAll, beforeAll } from "vitest";
import { connectTemporal, type TemporalClient } from "../../../adapters/temporal/connection.ts";
import { freshBundle } from "../../../adapters/temporal/fresh-bundle.ts";
import { installRuntime } from "../../../adapters/temporal/runtime.ts";
import { testServers, type TestServers } from "../../fixtures/servers.ts";
import { openPlay, type Play, type PlayOptions } from "./play.ts";

/** One Temporal server for the plays of a test file; everything is stopped after it. */
export function theatre(): {
  open(options: PlayOptions): Promise<Play>;
  temporal(): TemporalClient;
  /** Replays every execution so far on the workflow as it is; what goes wrong, by execution. */
  replayed(): Promise<{ executions: number; problems: string[] }>;
} {
  const log = pino({ level: process.env["SLUICE_TEST_LOG"] ?? "silent" });
  const plays: Play[] = [];
  let servers: TestServers<{ temporal: true }>;
  let temporal: TemporalClient;
  let bundle: string;
  let dir: string;
  beforeAll(async () => {
    installRuntime({ log });
    servers = await testServers({ temporal: true });
    dir = await mkdtemp(join(tmpdir(), "sluice-promotion-"));
    temporal = await connectTemporal({ address: servers.temporal.address, namespace: "default", log });
    bundle = await freshBundle({ cacheDir: dir, log });
  });
  afterAll(async () => {
    await Promise.all(plays.map((play) => play.stop()));
    await temporal?.close();
    await servers?.stop();
    if (dir) await rm(dir, { recursive: true, force: true });
  });
  return {
    temporal: () => temporal,
    async replayed() {
      const histories = [];
      for await (const { workflowId, runId } of temporal.client.workflow.list({ query: "WorkflowType='promotion'" })) {
        const history = await temporal.client.workflow.getHandle(workflowId, runId).fetchHistory();
        histories.push({ workflowId, history });
      }
      const problems: string[] = [];
      for await (const { workflowId, error } of Worker.runReplayHistories(
        { workflowBundle: { codePath: bundle } },
        histories,
      )) {
        if (error) problems.push(`${workflowId}: ${error.message.slice(0, 500)}`);
      }
      return { executions: histories.length, problems };
    },
    async open(options) {
      const { address } = servers.temporal;
      const play = await openPlay({ address, bundle, client: temporal.client, log }, options);
      plays.push(play);
      return play;
    },
  };
}
