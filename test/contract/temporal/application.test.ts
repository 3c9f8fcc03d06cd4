import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { SluiceError } from "../../../schemas/errors.ts";
import { testServers, type TestServers } from "../../fixtures/servers.ts";
import { aRequest, openTheatre, type Script, type Stage, type Theatre } from "./stage.ts";

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

const OPERATOR = { kind: "user", name: "ada" } as const;

async function open(script: Script): Promise<Stage> {
  const stage = await theatre.open(script);
  onTestFinished(() => stage.stop());
  return stage;
}

/** A promise to wait on in a step, opened from the test. */
function gate(): { opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

const until = (holds: () => unknown): Promise<void> =>
  vi.waitFor(async () => expect(await holds()).toBeTruthy(), { timeout: 20_000, interval: 20 });

const phase = async (stage: Stage): Promise<string | undefined> =>
  (await stage.operations.progress(stage.application))?.running?.phase;

/** Heartbeats until it is told to stop. */
const untilAborted = async ({ signal, heartbeat }: { signal: AbortSignal; heartbeat(): void }): Promise<void> => {
  const beat = setInterval(heartbeat, 50);
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  clearInterval(beat);
};

describe("the path of an operation", () => {
  test("prepares, applies, succeeds; one terminal event, nothing assessed, no execution left", async () => {
    const stage = await open({});
    await stage.request();
    await stage.idle();
    expect(stage.events().map(({ type }) => type)).toEqual(["ApplicationCreated", "OperationStarted", "SyncSucceeded"]);
    expect(stage.terminals()[0]?.data).toMatchObject({ inventory: "inventory-after", revision: "c0ffee" });
    expect(stage.calls("assess")).toBe(0);
    expect(await stage.operations.progress(stage.application)).toBeUndefined();
  });

  test("waits for a word from the watch, then reads health once", async () => {
    const stage = await open({ apply: async () => ({ health: "Progressing" }) });
    await stage.request();
    await until(async () => (await phase(stage)) === "WaitingForHealth");
    expect(stage.calls("assess")).toBe(0);
    expect(await stage.operations.clusterChanged(stage.application, { health: "Healthy", inventory: "i" })).toBe(true);
    await stage.idle();
    expect(stage.terminals()).toMatchObject([{ type: "SyncSucceeded" }]);
    expect(stage.calls("assess")).toBe(1);
  });

  test("a word from the watch that comes before the wait is not lost", async () => {
    const [applying, told] = [gate(), gate()];
    const stage = await open({
      apply: async () => {
        applying.open();
        await told.opened;
        return { health: "Progressing" };
      },
    });
    await stage.request();
    await applying.opened;
    await stage.operations.clusterChanged(stage.application, { health: "Healthy", inventory: "i" });
    told.open();
    await stage.idle();
    expect(stage.terminals()).toMatchObject([{ type: "SyncSucceeded" }]);
    expect(stage.calls("assess")).toBe(1);
  });

  test("without a word from the watch a timer leads to the read", async () => {
    const answers = ["Progressing", "Healthy"] as const;
    let reads = 0;
    const stage = await open({
      waits: { recheckMs: 50 },
      apply: async () => ({ health: "Progressing" }),
      assess: async () => ({ health: answers[reads++] ?? "Healthy" }),
    });
    await stage.request();
    await stage.idle();
    expect(stage.terminals()).toMatchObject([{ type: "SyncSucceeded" }]);
    expect(reads).toBe(2);
  });

  test("passing through Degraded is no failure", async () => {
    const answers = ["Degraded", "Progressing", "Healthy"] as const;
    let reads = 0;
    const stage = await open({
      waits: { recheckMs: 30, degradedGraceMs: 10_000 },
      apply: async () => ({ health: "Degraded" }),
      assess: async () => ({ health: answers[reads++] ?? "Healthy" }),
    });
    await stage.request();
    await stage.idle();
    expect(stage.terminals()).toMatchObject([{ type: "SyncSucceeded", data: { health: "Healthy" } }]);
  });

  test("Degraded over the whole grace fails with the objects", async () => {
    const unhealthy = [{ object: "apps/Deployment/web/api", reason: "Degraded", message: "no progress" }];
    const stage = await open({
      apply: async () => ({ health: "Degraded", unhealthy }),
      assess: async () => ({ health: "Degraded", unhealthy }),
    });
    await stage.request();
    await stage.idle();
    const data = {
      code: "HealthDegraded",
      failures: unhealthy,
      inventory: "inventory-after",
      health: "Degraded",
      applied: true,
    };
    expect(stage.terminals()).toMatchObject([{ type: "SyncFailed", data }]);
    expect(stage.calls("assess")).toBeGreaterThan(0);
  });

  test("objects that failed fail the operation with what was applied recorded", async () => {
    const failures = [{ object: "/ConfigMap/web/a", reason: "Invalid", message: "data: too long" }];
    const stage = await open({ apply: async () => ({ failures, inventory: "partial" }) });
    await stage.request();
    await stage.idle();
    expect(stage.terminals()).toMatchObject([
      { type: "SyncFailed", data: { code: "ApplyFailed", failures, inventory: "partial", report: "report" } },
    ]);
  });

  test("a delete waits until what it deleted is gone and takes the application with it", async () => {
    const stage = await open({ apply: async () => ({ health: "Progressing" }) });
    await stage.request({ kind: "delete" });
    await until(async () => (await phase(stage)) === "WaitingForHealth");
    await stage.operations.clusterChanged(stage.application, { health: "Healthy", inventory: "i" });
    await stage.idle();
    expect(stage.events().slice(-2)).toMatchObject([
      { type: "SyncSucceeded", data: { kind: "delete" } },
      { type: "ApplicationDeleted", data: { cascade: true } },
    ]);
  });
});

describe("many requests", () => {
  test("a storm while an apply runs becomes one more operation; each of the others ends superseded by the one after it", async () => {
    const [applying, go] = [gate(), gate()];
    const stage = await open({
      apply: async () => {
        applying.open();
        await go.opened;
        return {};
      },
    });
    const first = await stage.request();
    await applying.opened;
    const storm = [];
    for (let index = 0; index < 10; index++) storm.push(await stage.request());
    go.open();
    await stage.idle();
    const ends = new Map(stage.terminals().map(({ type, data }) => [data.operation, type]));
    expect(stage.terminals()).toHaveLength(11);
    expect(ends.get(first.operation)).toBe("SyncSucceeded");
    expect(storm.slice(0, -1).map(({ operation }) => ends.get(operation))).toEqual(Array(9).fill("SyncSuperseded"));
    expect(ends.get(storm.at(-1)?.operation ?? "")).toBe("SyncSucceeded");
    expect(stage.calls("apply")).toBe(2);
  });

  test("a newer request ends the wait for health of the running one", async () => {
    let applies = 0;
    const stage = await open({ apply: async () => ({ health: applies++ === 0 ? "Progressing" : "Healthy" }) });
    const first = await stage.request();
    await until(async () => (await phase(stage)) === "WaitingForHealth");
    const second = await stage.request();
    await stage.idle();
    expect(stage.terminals()).toMatchObject([
      {
        type: "SyncSuperseded",
        data: { operation: first.operation, by: second.operation, inventory: "inventory-after" },
      },
      { type: "SyncSucceeded", data: { operation: second.operation } },
    ]);
  });

  test("a duplicate of the running, the waiting or an ended request does nothing", async () => {
    const [applying, go] = [gate(), gate()];
    const stage = await open({
      apply: async () => {
        applying.open();
        await go.opened;
        return {};
      },
    });
    const first = await stage.request();
    await applying.opened;
    const second = await stage.request();
    await stage.operations.request(stage.application, first);
    await stage.operations.request(stage.application, second);
    go.open();
    await stage.idle();
    await stage.operations.request(stage.application, first);
    await stage.idle();
    expect(stage.terminals().map(({ type, data }) => [type, data.operation])).toEqual([
      ["SyncSucceeded", first.operation],
      ["SyncSucceeded", second.operation],
    ]);
    expect(stage.calls("apply")).toBe(2);
  });

  test("a late duplicate of an ended request interrupts no wait for health", async () => {
    let applies = 0;
    const stage = await open({ apply: async () => ({ health: applies++ === 0 ? "Healthy" : "Progressing" }) });
    const old = await stage.request({ requestedAt: "2026-01-01T00:00:00Z" });
    await stage.idle();
    await stage.request({ requestedAt: "2026-01-01T00:01:00Z" });
    await until(async () => (await phase(stage)) === "WaitingForHealth");
    await stage.operations.request(stage.application, old);
    await until(async () => (await stage.operations.progress(stage.application))?.next === old.operation);
    expect(await phase(stage)).toBe("WaitingForHealth");
    await stage.operations.clusterChanged(stage.application, { health: "Healthy", inventory: "i" });
    await stage.idle();
    expect(stage.terminals().map(({ type }) => type)).toEqual(["SyncSucceeded", "SyncSucceeded"]);
  });
});

describe("terminate", () => {
  test("while preparing: ends it without an apply", async () => {
    const preparing = gate();
    const stage = await open({
      prepare: async (_, { signal }) => {
        preparing.open();
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      },
    });
    const { operation } = await stage.request();
    await preparing.opened;
    await stage.operations.terminate(stage.application, operation, OPERATOR);
    await stage.idle();
    expect(stage.terminals()).toMatchObject([{ type: "SyncTerminated", data: { operation, by: OPERATOR } }]);
    expect(stage.calls("apply")).toBe(0);
  });

  test("while applying: waits for the apply to stop and records what it did", async () => {
    const applying = gate();
    const stage = await open({
      apply: async (_, context) => {
        applying.open();
        await untilAborted(context);
        return { inventory: "partial", interrupted: true };
      },
    });
    const { operation } = await stage.request();
    await applying.opened;
    await stage.operations.terminate(stage.application, operation, OPERATOR);
    await stage.idle();
    expect(stage.terminals()).toMatchObject([{ type: "SyncTerminated", data: { operation, inventory: "partial" } }]);
  });

  test("while waiting for health", async () => {
    const stage = await open({ apply: async () => ({ health: "Progressing" }) });
    await stage.request();
    await until(async () => (await phase(stage)) === "WaitingForHealth");
    await stage.operations.terminate(stage.application, "*", OPERATOR);
    await stage.idle();
    expect(stage.terminals()).toMatchObject([{ type: "SyncTerminated", data: { inventory: "inventory-after" } }]);
  });

  test("of a waiting request leaves the running one alone; of an unknown one does nothing", async () => {
    const [applying, go] = [gate(), gate()];
    const stage = await open({
      apply: async () => {
        applying.open();
        await go.opened;
        return {};
      },
    });
    const first = await stage.request();
    await applying.opened;
    const second = await stage.request();
    await stage.operations.terminate(stage.application, second.operation, OPERATOR);
    await stage.operations.terminate(stage.application, "op-unknown", OPERATOR);
    go.open();
    await stage.idle();
    expect(stage.terminals().map(({ type, data }) => [type, data.operation])).toEqual([
      ["SyncSucceeded", first.operation],
      ["SyncTerminated", second.operation],
    ]);
    expect(await stage.operations.terminate(stage.application, "*", OPERATOR)).toBe(false);
    expect(await stage.operations.clusterChanged(stage.application, { health: "Healthy", inventory: "i" })).toBe(false);
  });

  test("cancelling the execution itself, past Sluice, still ends the operation", async () => {
    const stage = await open({ apply: async () => ({ health: "Progressing" }) });
    await stage.request();
    await until(async () => (await phase(stage)) === "WaitingForHealth");
    await stage.cancel();
    await stage.idle();
    expect(stage.terminals()).toMatchObject([{ type: "SyncTerminated", data: { by: { kind: "system" } } }]);
  });
});

describe("failures", () => {
  test("what can pass is tried again", async () => {
    let [prepares, applies, settles] = [0, 0, 0];
    const flaky = async (attempt: number, code: "SourceUnavailable" | "ClusterUnavailable" | "Unavailable") => {
      if (attempt < 3) throw new SluiceError(code, "not now");
    };
    const stage = await open({
      prepare: () => flaky(prepares++, "SourceUnavailable"),
      apply: async () => {
        await flaky(applies++, "ClusterUnavailable");
        return {};
      },
      settle: () => flaky(settles++, "Unavailable"),
    });
    await stage.request();
    await stage.idle();
    expect(stage.terminals()).toMatchObject([{ type: "SyncSucceeded" }]);
    expect([prepares, applies, settles]).toEqual([4, 4, 4]);
  });

  test.each(["RenderFailed", "RevisionNotFound", "SourceForbidden", "ClusterForbidden"] as const)(
    "%s is not tried again and is recorded with its code and sentence",
    async (code) => {
      const stage = await open({ prepare: () => Promise.reject(new SluiceError(code, `it is ${code}`)) });
      await stage.request();
      await stage.idle();
      expect(stage.terminals()).toMatchObject([{ type: "SyncFailed", data: { code, message: `it is ${code}` } }]);
      expect(stage.calls("prepare")).toBe(1);
    },
  );

  test("a refresh that fails is a failed comparison", async () => {
    const stage = await open({ prepare: () => Promise.reject(new SluiceError("RenderFailed", "line 3: bad")) });
    await stage.request({ kind: "refresh" });
    await stage.idle();
    expect(stage.terminals()).toMatchObject([{ type: "ComparisonFailed", data: { code: "RenderFailed" } }]);
  });

  test("an error that is none of the table fails as Internal, and its text stays out of the history", async () => {
    const stage = await open({ apply: () => Promise.reject(new Error("token=hunter2")) });
    await stage.request();
    await stage.idle();
    expect(stage.terminals()).toMatchObject([{ type: "SyncFailed", data: { code: "Internal" } }]);
    const history = await theatre.client.workflow.getHandle(stage.workflowId).fetchHistory();
    const text = JSON.stringify(history, (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString() : value,
    );
    expect(text).toContain("Internal");
    expect(text).not.toContain("hunter2");
    expect(text).not.toContain(import.meta.dirname);
  });

  test("a newer request ends the patience with a source out of reach", async () => {
    let away = true;
    const stage = await open({
      prepare: async () => {
        if (away) throw new SluiceError("SourceUnavailable", "the repository does not answer");
      },
    });
    const first = await stage.request();
    await until(() => stage.calls("prepare") >= 2);
    away = false;
    const second = aRequest();
    await stage.operations.request(stage.application, second);
    await stage.idle();
    const ends = Object.fromEntries(stage.terminals().map(({ type, data }) => [data.operation, type]));
    expect(ends[second.operation]).toBe("SyncSucceeded");
    expect(["SyncSuperseded", "SyncSucceeded"]).toContain(ends[first.operation]);
    expect(stage.terminals()).toHaveLength(2);
  });
});
