import { describe, expect, test } from "vitest";
import { SluiceError } from "../../../schemas/errors.ts";
import { theatreOfFile } from "./open-stage.ts";

const open = theatreOfFile();

/** Heartbeats until it is told to stop. */
const untilAborted = async ({ signal, heartbeat }: { signal: AbortSignal; heartbeat(): void }): Promise<void> => {
  const beat = setInterval(heartbeat, 50);
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  clearInterval(beat);
};

describe("the limit of the operation", () => {
  test("passes while waiting for health: says what it waits for now, and that everything was applied", async () => {
    const unhealthy = [{ object: "apps/Deployment/web/api", reason: "Progressing" }];
    const now = [{ ...unhealthy[0]!, message: "its container crashes" }];
    const stage = await open({
      waits: { timeoutMs: 1_000, recheckMs: 60_000 },
      apply: async () => ({ health: "Progressing", unhealthy: [{ ...unhealthy[0]!, message: "not observed yet" }] }),
      assess: async () => ({ health: "Progressing", unhealthy: now, report: "of now" }),
    });
    await stage.request();
    await stage.idle();
    expect(stage.terminals()).toMatchObject([
      {
        type: "SyncTimedOut",
        data: { limitSeconds: 1, waitingFor: now, inventory: "inventory-after", report: "of now", applied: true },
      },
    ]);
    expect(stage.calls("assess")).toBe(1);
  });

  test("passes in the moment in which everything is healthy: the operation is done", async () => {
    const stage = await open({
      waits: { timeoutMs: 1_000, recheckMs: 60_000 },
      apply: async () => ({ health: "Progressing" }),
      assess: async () => ({ health: "Healthy" }),
    });
    await stage.request();
    await stage.idle();
    expect(stage.terminals()).toMatchObject([{ type: "SyncSucceeded", data: { health: "Healthy" } }]);
  });

  test("passes while the cluster is out of reach: what was seen last is what it waited for", async () => {
    const unhealthy = [{ object: "apps/Deployment/web/api", reason: "Progressing" }];
    const stage = await open({
      waits: { timeoutMs: 1_000, recheckMs: 60_000 },
      apply: async () => ({ health: "Progressing", unhealthy }),
      assess: () => Promise.reject(new SluiceError("ClusterUnavailable", "the API server of prod does not answer")),
    });
    await stage.request();
    await stage.idle();
    expect(stage.terminals()).toMatchObject([{ type: "SyncTimedOut", data: { waitingFor: unhealthy } }]);
  });

  test("passes while applying: the apply stops first, what it did is recorded", async () => {
    const stage = await open({
      waits: { timeoutMs: 1_000 },
      apply: async (_, context) => {
        await untilAborted(context);
        return { inventory: "partial", interrupted: true };
      },
    });
    await stage.request();
    await stage.idle();
    expect(stage.terminals()).toMatchObject([{ type: "SyncTimedOut", data: { inventory: "partial" } }]);
  });

  test("passes while an apply is retried", async () => {
    const stage = await open({
      waits: { timeoutMs: 1_500 },
      apply: () => Promise.reject(new SluiceError("ClusterUnavailable", "the API server of prod does not answer")),
    });
    await stage.request();
    await stage.idle();
    expect(stage.terminals()).toMatchObject([{ type: "SyncTimedOut", data: { limitSeconds: 1.5 } }]);
  });
});
