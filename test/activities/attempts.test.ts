import { describe, expect, test } from "vitest";
import { retryPolicy } from "../../activities/attempt.ts";
import { createPrepare, type PrepareDeps } from "../../activities/prepare.ts";
import type { Prepared, StepContext } from "../../activities/steps.ts";
import type { Command } from "../../domain/application/command.ts";
import { applicationDecider } from "../../domain/application/decider.ts";
import type { HookStep, Plan } from "../../schemas/artifact.ts";
import type { ApplicationEvent } from "../../schemas/events/index.ts";
import { Retry, type SyncPolicy } from "../../schemas/kinds/application.ts";
import type { OperationRequest } from "../../schemas/operation.ts";
import { configuration, counts, end, start, success, trigger } from "../domain/application/examples.ts";

/** Attempts at one operation, and the hooks that each is planned with. */

const context: StepContext = { signal: new AbortController().signal, heartbeat: () => undefined, progress: undefined };
const request = (more: Partial<OperationRequest> = {}): OperationRequest => ({
  ...{ operation: "op-1", kind: "sync", trigger, requestedAt: "2026-01-01T00:00:00.000Z" },
  ...more,
});
const hook: HookStep = {
  ...{ key: { group: "batch", kind: "Job", namespace: "web", name: "migrate" }, apiVersion: "batch/v1" },
  ...{ phase: "PreSync", wave: 0, deletePolicies: [], object: "", run: "op-1/1/PreSync" },
};
const waves = [{ phase: "PreSync", wave: 0 }] as const;

/** An application in memory whose source renders to another commit each time. */
function world(retry?: SyncPolicy["retry"]) {
  const { decide, evolve, initial } = applicationDecider;
  const events: ApplicationEvent[] = [];
  const state = () => events.reduce(evolve, initial);
  const run = (command: Command): ApplicationEvent[] => {
    const decided = decide(command, state());
    events.push(...decided);
    return decided;
  };
  const { spec, ...described } = configuration();
  const syncPolicy = { ...spec.syncPolicy, ...(retry && { retry }) };
  run({ type: "CreateApplication", ...described, spec: { ...spec, syncPolicy } });
  const planned: Parameters<PrepareDeps["plan"]>[0][] = [];
  const produced: { since: string }[] = [];
  const messages: string[] = [];
  const plan: Plan = {
    ...{ version: 1, application: "guestbook", operation: "op-1", cluster: "prod", artifact: "a", steps: [], counts },
    ...{ inventory: "begun", hooks: [hook] },
  };
  const deps: PrepareDeps = {
    applications: {
      load: async () => state(),
      execute: async (_, command, { messageId }) => {
        messages.push(messageId);
        return run(command);
      },
    },
    blobs: { getJson: async <T>() => plan as T },
    place: async () => ({
      cluster: { name: "prod", server: "https://prod" },
      project: { name: "default", spec: {} as never },
    }),
    admit: async () => ({}),
    dryRun: async () => ({ report: "", counts, failures: [] }),
    source: {
      produce: async (asked) => {
        produced.push(asked);
        const which = produced.length;
        return { revision: `commit-${which}`, sourceDigest: `source-${which}`, artifact: `artifact-${which}` };
      },
      move: async () => "forward",
    },
    plan: async (asked) => {
      planned.push(asked);
      const which = `plan-${planned.length}`;
      return { plan: which, inventory: "begun", counts, resources: [], course: { waves: [...waves] } };
    },
    apply: async () => Promise.reject(new Error("nothing is applied while it is planned")),
    taskQueueOf: () => "queue",
    waits: { degradedGraceMs: 1, recheckMs: 2, longestRecheckMs: 3 },
    now: () => "2026-01-01T00:10:00.000Z",
    recorded: () => undefined,
  };
  const prepare = createPrepare(deps);
  return {
    ...{ run, events, planned, produced, messages },
    prepare: (attempt?: number, more: Partial<OperationRequest> = {}): Promise<Prepared> =>
      prepare({ application: "guestbook", request: request(more), ...(attempt && { attempt }) }, context),
  };
}

describe("an attempt", () => {
  test("is planned once however often it is prepared, and says its parts each time", async () => {
    const { prepare, events, planned } = world();
    expect(await prepare()).toMatchObject({ status: "planned", plan: "plan-1", waves });
    expect(await prepare()).toMatchObject({ status: "planned", plan: "plan-1", waves });
    expect(planned).toHaveLength(1);
    expect(events.filter(({ type }) => type === "OperationStarted")).toHaveLength(1);
    expect(events.at(-1)?.data).not.toHaveProperty("course");
  });

  test("after the first is planned anew, at the same commit as it is stored", async () => {
    const { prepare, planned, produced, events, messages } = world(Retry.parse({}));
    await prepare();
    expect(await prepare(2)).toMatchObject({ plan: "plan-2" });
    expect(await prepare(2)).toMatchObject({ status: "planned" });
    expect(produced).toHaveLength(1);
    expect(planned.map(({ artifact, attempt }) => [artifact, attempt])).toEqual([
      ["artifact-1", undefined],
      ["artifact-1", 2],
    ]);
    expect(events.at(-1)).toMatchObject({ type: "OperationStarted", data: { attempt: 2, revision: "commit-1" } });
    expect(messages).toEqual(["op-1/started", "op-1/started/2"]);
  });

  test("takes the newest commit of then with refresh", async () => {
    const { prepare, produced, events } = world(Retry.parse({ refresh: true }));
    await prepare();
    await prepare(2);
    expect(produced.map(({ since }) => since)).toEqual(["2026-01-01T00:00:00.000Z", "2026-01-01T00:10:00.000Z"]);
    expect(events.at(-1)).toMatchObject({ data: { attempt: 2, revision: "commit-2" } });
  });
});

describe("hooks", () => {
  test("of a deletion are those of what was deployed last", async () => {
    const { prepare, run, planned } = world();
    run(start("op-0"));
    run(end("op-0", success()));
    await prepare(undefined, { kind: "delete" });
    expect(planned[0]).toMatchObject({ kind: "delete", hooks: "always", hookArtifact: "artifact-1" });
  });
  test("of an automated sync go by whether its source was synced before", async () => {
    const { prepare, run, planned } = world();
    run(start("op-0"));
    run(end("op-0", success()));
    await prepare();
    await prepare(undefined, { operation: "op-2" });
    expect(planned.map(({ hooks }) => hooks)).toEqual(["ifWriting", "always"]);
  });
});

describe("the retry policy", () => {
  const policyOf = (retry: SyncPolicy["retry"], more: Partial<OperationRequest> = {}) => {
    const { spec } = configuration();
    const syncPolicy = { ...spec.syncPolicy, ...(retry && { retry }) };
    return retryPolicy({ request: request(more), spec: { ...spec, syncPolicy } });
  };
  test("is the application's", () => {
    expect(policyOf(undefined)).toBeUndefined();
    expect(policyOf(Retry.parse({ limit: -1, backoff: { duration: "1s", factor: 3 } }))).toEqual({
      ...{ limit: -1, pauseMs: 1_000, factor: 3, longestMs: 180_000, refresh: false },
    });
  });
  test("is the operation's, field by field over the application's", () => {
    const own = Retry.parse({ limit: 2, backoff: { duration: "1s", maxDuration: "9s" } });
    const options = { retry: { limit: 7, backoff: { duration: "2s" }, refresh: true } };
    expect(policyOf(own, { options })).toEqual({
      ...{ limit: 7, pauseMs: 2_000, factor: 2, longestMs: 9_000, refresh: true },
    });
    expect(policyOf(undefined, { options: { retry: { limit: 1 } } })).toMatchObject({ limit: 1, pauseMs: 5_000 });
  });
  test("is none for a deletion", () => {
    expect(policyOf(Retry.parse({}), { kind: "delete" })).toBeUndefined();
  });
});
