import { describe, expect, test, vi } from "vitest";
import { SluiceError } from "../../../schemas/errors.ts";
import type { ActionRequest } from "../../../schemas/action.ts";
import { aRequest, type Script } from "./stage.ts";
import { theatreOfFile } from "./open-stage.ts";

/** What the workflow does after the end of an operation, and beside it. */

const open = theatreOfFile();

const until = (holds: () => unknown): Promise<void> =>
  vi.waitFor(async () => expect(await holds()).toBeTruthy(), { timeout: 20_000, interval: 20 });

const rollback = () => aRequest({ operation: "rollback-1", kind: "rollback", target: "op-0" });
const failing = async () => ({ failures: [{ object: "/ConfigMap/web/a", reason: "Invalid" }] });

/** What the ledger wants after the first end, also for whoever asks again. */
const wanting = (script: Script = {}): Script => ({
  ...script,
  next: async () => ({ next: rollback() }),
  apply: async (input) => (input.kind === "rollback" ? {} : failing()),
});

describe("what the ledger wants after an end", () => {
  test("is the next operation, in an execution of its own", async () => {
    let ends = 0;
    const stage = await open({ ...wanting(), next: async () => (ends++ === 0 ? { next: rollback() } : {}) });
    await stage.request();
    await stage.idle();
    expect(stage.terminals().map(({ type, data }) => [type, data.kind])).toEqual([
      ["SyncFailed", "sync"],
      ["SyncSucceeded", "rollback"],
    ]);
  });

  test("is heard though the first answer was lost", async () => {
    let settled = 0;
    const stage = await open({
      ...wanting(),
      next: async () => {
        settled += 1;
        // The end is recorded by then; what is lost is only the word of it.
        if (settled === 1) throw new SluiceError("Unavailable", "the worker ended");
        return settled === 2 ? { next: rollback() } : {};
      },
    });
    await stage.request();
    await stage.idle();
    expect(stage.terminals().map(({ type }) => type)).toEqual(["SyncFailed", "SyncSucceeded"]);
  });

  test("makes way for what was asked for since, and its end is recorded", async () => {
    let ends = 0;
    const stage = await open({
      next: async () => (ends++ === 0 ? { next: rollback() } : {}),
      apply: async (_, { signal }) => {
        if (ends > 0) return {};
        await stage.request({ operation: "newer" });
        await vi.waitFor(async () => expect((await stage.operations.progress(stage.application))?.next).toBe("newer"));
        signal.throwIfAborted();
        return failing();
      },
    });
    await stage.request({ operation: "older" });
    await stage.idle();
    expect(stage.terminals().map(({ type, data }) => [type, data.operation])).toEqual([
      ["SyncFailed", "older"],
      ["SyncSuperseded", "rollback-1"],
      ["SyncSucceeded", "newer"],
    ]);
  });
});

describe("a revert in Git", () => {
  const reverting = aRequest({ kind: "rollback", options: { revert: {} } });

  test("comes after the cluster and before the end, and fails no rollback", async () => {
    const order: string[] = [];
    const stage = await open({
      apply: async () => {
        order.push("apply");
        return {};
      },
      revert: async () => {
        order.push("revert");
        throw new SluiceError("SourceForbidden", "no push");
      },
    });
    await stage.request(reverting);
    await stage.idle();
    expect(order).toEqual(["apply", "revert"]);
    expect(stage.terminals()).toMatchObject([{ type: "SyncSucceeded" }]);
  });

  test("is not made of a rollback that failed", async () => {
    const stage = await open({ apply: failing });
    await stage.request({ ...reverting, operation: "another" });
    await stage.idle();
    expect(stage.calls("revert")).toBe(0);
  });
});

describe("an action", () => {
  const action = (id: string): ActionRequest => ({
    id,
    action: "restart",
    object: { group: "apps", kind: "Deployment", namespace: "web", name: "web" },
    parameters: {},
    actor: { kind: "user", name: "ada" },
    requestedAt: new Date().toISOString(),
  });

  test("has an execution of its own where nothing runs", async () => {
    const done: string[] = [];
    const stage = await open({ act: async ({ request }) => void done.push(request.id) });
    await stage.operations.act(stage.application, action("one"));
    await stage.idle();
    expect(done).toEqual(["one"]);
    expect(stage.calls("prepare")).toBe(0);
  });

  test("is carried out beside a wait for health, and what it was asked for meanwhile after it", async () => {
    const done: string[] = [];
    const stage = await open({
      apply: async () => ({ health: "Progressing" }),
      act: async ({ request }) => void done.push(request.id),
    });
    await stage.request();
    await until(
      async () => (await stage.operations.progress(stage.application))?.running?.phase === "WaitingForHealth",
    );
    await stage.operations.act(stage.application, action("one"));
    await until(() => done.length === 1);
    expect(stage.terminals()).toEqual([]);
    await stage.operations.clusterChanged(stage.application, { health: "Healthy", inventory: "i" });
    await stage.idle();
    expect(stage.terminals()).toMatchObject([{ type: "SyncSucceeded" }]);
  });

  test("waits until an apply is over", async () => {
    const order: string[] = [];
    const stage = await open({
      apply: async () => {
        await stage.operations.act(stage.application, action("one"));
        await new Promise((resolve) => setTimeout(resolve, 500));
        order.push("applied");
        return {};
      },
      act: async () => void order.push("acted"),
    });
    await stage.request();
    await stage.idle();
    expect(order).toEqual(["applied", "acted"]);
  });

  test("keeps the next apply waiting for it", async () => {
    const order: string[] = [];
    let attempts = 0;
    const stage = await open({
      prepare: async () => {
        // After two quick attempts a step is handed to the server, and signals are heard while it runs.
        if (++attempts <= 2) throw new SluiceError("SourceUnavailable", "not now");
        await stage.operations.act(stage.application, action("one"));
        await vi.waitFor(() => expect(order).toContain("acting"), { timeout: 10_000 });
      },
      apply: async () => {
        order.push("applied");
        return {};
      },
      act: async () => {
        order.push("acting");
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        order.push("acted");
      },
    });
    await stage.request();
    await stage.idle();
    expect(order).toEqual(["acting", "acted", "applied"]);
  });

  test("that fails for good is given up, and that is recorded", async () => {
    const told: unknown[] = [];
    const stage = await open({
      act: async ({ failure }) => {
        told.push(failure?.code);
        if (!failure) throw new SluiceError("Forbidden", "no");
      },
    });
    await stage.operations.act(stage.application, action("one"));
    await stage.idle();
    expect(told).toEqual([undefined, "Forbidden"]);
  });

  test("does not keep a request from running that comes with it", async () => {
    const stage = await open({ act: async () => void (await stage.request({ operation: "after" })) });
    await stage.operations.act(stage.application, action("one"));
    await until(() => stage.terminals().length === 1);
    await stage.idle();
    expect(stage.terminals()).toMatchObject([{ type: "SyncSucceeded", data: { operation: "after" } }]);
  });
});
