import { describe, expect, test } from "vitest";
import type { RetryPolicy } from "../../../domain/sync/retry.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import { inPhase, OPERATOR, theatreOfFile, until } from "./open-stage.ts";
import type { Script } from "./stage.ts";

const open = theatreOfFile();
const retry = (more: Partial<RetryPolicy> = {}): { retry: RetryPolicy } => ({
  retry: { limit: 5, pauseMs: 100, factor: 2, longestMs: 200, refresh: false, ...more },
});
const failures = [{ object: "/ConfigMap/web/a", reason: "Invalid", message: "no" }];

/** Fails the first attempts. */
function failing(times: number, more: Script = {}): Script {
  let left = times;
  return { ...more, apply: async () => (left-- > 0 ? { failures, inventory: `left by attempt` } : {}) };
}

describe("a failed attempt", () => {
  test("is planned and made again until one succeeds, in one operation with one end", async () => {
    const attempts: number[] = [];
    const stage = await open({
      ...failing(2, { plan: retry() }),
      prepare: async (_, __, attempt) => void attempts.push(attempt),
    });
    const { operation } = await stage.request();
    await stage.idle();
    expect(attempts).toEqual([1, 2, 3]);
    expect(stage.events().map(({ type }) => type)).toEqual([
      "ApplicationCreated",
      "OperationStarted",
      "SyncRetryScheduled",
      "OperationStarted",
      "SyncRetryScheduled",
      "OperationStarted",
      "SyncSucceeded",
    ]);
    const [, , first] = stage.events();
    expect(first?.data).toMatchObject({
      operation,
      attempt: 2,
      code: "ApplyFailed",
      message: "not everything could be applied: /ConfigMap/web/a: no",
      inventory: "left by attempt",
    });
  });

  test("is the last one when the limit is reached", async () => {
    const stage = await open(failing(9, { plan: retry({ limit: 1 }) }));
    await stage.request();
    await stage.idle();
    expect(stage.calls("prepare")).toBe(2);
    expect(stage.terminals()).toMatchObject([{ type: "SyncFailed", data: { code: "ApplyFailed" } }]);
  });

  test("runs the hooks for a failure once, after the last one", async () => {
    const applied: string[] = [];
    const waves = [
      { phase: "Sync", wave: 0 },
      { phase: "SyncFail", wave: 0 },
    ] as const;
    const stage = await open({
      plan: { ...retry({ limit: 2 }), waves: [...waves] },
      apply: async ({ part }) => {
        applied.push(part?.phase ?? "");
        return part?.phase === "Sync" ? { failures } : {};
      },
    });
    await stage.request();
    await stage.idle();
    expect(applied).toEqual(["Sync", "Sync", "Sync", "SyncFail"]);
    expect(stage.terminals()).toHaveLength(1);
  });

  test("is made again also when it failed while it was planned; one that a rule refuses is not", async () => {
    const codes = ["RenderFailed", "Forbidden"] as const;
    const stage = await open({
      ...failing(9, { plan: retry() }),
      prepare: async (_, __, attempt) => {
        const code = codes[attempt - 2];
        if (code) throw new SluiceError(code, "no");
      },
    });
    await stage.request();
    await stage.idle();
    const scheduled = stage.events().filter(({ type }) => type === "SyncRetryScheduled");
    expect(scheduled.map(({ data }) => (data as { code: string }).code)).toEqual(["ApplyFailed", "RenderFailed"]);
    expect(stage.terminals()).toMatchObject([{ type: "SyncFailed", data: { code: "Forbidden" } }]);
  });
});

describe("while it backs off", () => {
  const backingOff = failing(9, { plan: retry({ pauseMs: 60_000, longestMs: 60_000 }), waits: { timeoutMs: 600_000 } });

  test("a terminate ends it at once", async () => {
    const stage = await open(backingOff);
    await stage.request();
    await inPhase(stage, "BackingOff");
    await stage.operations.terminate(stage.application, "*", OPERATOR);
    await stage.idle();
    expect(stage.terminals()).toMatchObject([
      { type: "SyncTerminated", data: { by: OPERATOR, inventory: "left by attempt" } },
    ]);
  });

  test("a newer request takes its place", async () => {
    const stage = await open(
      failing(1, { plan: retry({ pauseMs: 60_000, longestMs: 60_000 }), waits: { timeoutMs: 600_000 } }),
    );
    await stage.request({ operation: "first" });
    await inPhase(stage, "BackingOff");
    await stage.request({ operation: "second" });
    await until(() => stage.terminals().length === 2);
    expect(stage.terminals()).toMatchObject([
      { type: "SyncSuperseded", data: { operation: "first", by: "second" } },
      { type: "SyncSucceeded", data: { operation: "second" } },
    ]);
  });

  test("it fails with its cause when the operation's limit would be over first", async () => {
    const stage = await open({ ...backingOff, waits: { timeoutMs: 5_000 } });
    await stage.request();
    await stage.idle();
    expect(stage.terminals()).toMatchObject([{ type: "SyncFailed", data: { code: "ApplyFailed" } }]);
  });
});
