import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { workflowId } from "../../../schemas/ids.ts";
import { testServers, type TestServers } from "../../fixtures/servers.ts";
import { openTheatre, type Theatre } from "./stage.ts";

let servers: TestServers<{ temporal: true }>;
let theatre: Theatre;

beforeAll(async () => {
  servers = await testServers({ temporal: true });
  theatre = await openTheatre(servers.temporal.address);
});
afterAll(async () => {
  await theatre?.close();
  await servers?.stop();
});

const SEED = Number(process.env["SLUICE_TEST_SEED"] ?? randomInt(1_000_000));

/** Mulberry32: the same numbers from the same seed. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

// Requests arrive while executions end and continue as new: that is where a signal could get lost.
test.concurrent.each([SEED, SEED + 1])(
  "seed %i: requests at any instant each end exactly once, the newest by succeeding",
  async (seed) => {
    const upTo = numbers(seed);
    const stage = await theatre.open({
      apply: async () => {
        await sleep(upTo(30));
        return upTo(3) === 0 ? { health: "Progressing" } : {};
      },
      waits: { recheckMs: 100 },
    });
    try {
      const asked: string[] = [];
      for (let index = 0; index < 30; index++) {
        const { operation } = await stage.request();
        asked.push(operation);
        if (upTo(4) === 0) await stage.operations.request(stage.application, { ...(await stage.request()), operation });
        if (upTo(3) === 0)
          await stage.operations.clusterChanged(stage.application, { health: "Healthy", inventory: "i" });
        await sleep(upTo(100));
      }
      const last = await stage.request();
      await stage.idle();
      const ends = new Map<string, string[]>();
      for (const { type, data } of stage.terminals())
        ends.set(data.operation, [...(ends.get(data.operation) ?? []), type]);
      for (const operation of asked) expect(ends.get(operation), operation).toHaveLength(1);
      expect(ends.get(last.operation)).toEqual(["SyncSucceeded"]);
      const { status } = await theatre.client.workflow.getHandle(workflowId(stage.application)).describe();
      expect(status.name).toBe("COMPLETED");
    } finally {
      await stage.stop();
    }
  },
);
