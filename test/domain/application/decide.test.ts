import { describe, expect, test } from "vitest";
import type { Command, Outcome } from "../../../domain/application/command.ts";
import { applicationDecider } from "../../../domain/application/decider.ts";
import type { ApplicationState } from "../../../domain/application/state.ts";
import type { ApplicationEvent } from "../../../schemas/events/index.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import { configuration, counts, end, observation, start, success } from "./examples.ts";

const { decide, evolve, initial } = applicationDecider;

function run(commands: readonly Command[], from: ApplicationState = initial): ApplicationState {
  return commands.reduce((state, command) => decide(command, state).reduce(evolve, state), from);
}
const given = (...commands: Command[]): ApplicationState => run(commands);
const types = (events: readonly ApplicationEvent[]): string[] => events.map(({ type }) => type);
const codeOf = (decision: () => unknown): string | undefined => {
  try {
    decision();
    return undefined;
  } catch (error) {
    return error instanceof SluiceError ? error.code : String(error);
  }
};

const create: Command = { type: "CreateApplication", ...configuration() };
const synced = [create, start("op-1"), end("op-1", success())];

describe("configuration", () => {
  test("is created once", () => {
    expect(types(decide(create, initial))).toEqual(["ApplicationCreated"]);
    expect(codeOf(() => decide(create, given(create)))).toBe("Conflict");
  });
  test("an update with the same content says nothing, whatever the order of its keys", () => {
    const { spec, labels, annotations } = configuration();
    const reordered = { ...spec, source: { targetRevision: "main", path: "guestbook", repoURL: spec.source.repoURL } };
    expect(decide({ type: "UpdateApplication", spec: reordered, labels, annotations }, given(create))).toEqual([]);
  });
  test("an update with another content is recorded; of nothing it is refused", () => {
    const update: Command = { type: "UpdateApplication", ...configuration("other") };
    expect(decide(update, given(create))).toEqual([{ type: "ApplicationUpdated", data: configuration("other") }]);
    expect(codeOf(() => decide(update, initial))).toBe("NotFound");
  });
  test("a changed label alone is a change", () => {
    const update: Command = { type: "UpdateApplication", ...configuration(), labels: { team: "two" } };
    expect(types(decide(update, given(create)))).toEqual(["ApplicationUpdated"]);
  });
  test("configure creates, then updates, then says nothing", () => {
    const configure: Command = { type: "ConfigureApplication", ...configuration() };
    expect(types(decide(configure, initial))).toEqual(["ApplicationCreated"]);
    expect(decide(configure, given(create))).toEqual([]);
    const other: Command = { type: "ConfigureApplication", ...configuration("other") };
    expect(types(decide(other, given(create)))).toEqual(["ApplicationUpdated"]);
  });
  test("is not deleted under a running operation, and deleted once", () => {
    const remove: Command = { type: "DeleteApplication", cascade: false };
    expect(codeOf(() => decide(remove, given(create, start("op-1"))))).toBe("Conflict");
    expect(types(decide(remove, given(create)))).toEqual(["ApplicationDeleted"]);
    expect(decide(remove, given(create, remove))).toEqual([]);
  });
  test("created again after a delete, it knows nothing of the objects before but all ended operations", () => {
    const state = given(...synced, { type: "DeleteApplication", cascade: false }, create);
    expect(state).toMatchObject({ ended: ["op-1"], resources: [], health: "Unknown" });
    expect(state.inventory).toBeUndefined();
    expect(codeOf(() => decide(start("op-1"), state))).toBe("Conflict");
  });
});

describe("an operation", () => {
  test("starts once", () => {
    const events = decide(start("op-1"), given(create));
    expect(types(events)).toEqual(["OperationStarted"]);
    expect(events[0]?.data).not.toHaveProperty("at");
    expect(decide(start("op-1"), given(create, start("op-1")))).toEqual([]);
  });
  test("owns from its start what it is about to apply", () => {
    expect(given(create, start("op-1"))).toMatchObject({
      inventory: "begun-op-1",
      cluster: "prod",
      resources: ["apps/v1/deployments"],
      running: { operation: "op-1", plan: "plan-1" },
    });
  });
  test("does not start once it has ended, nor without its application", () => {
    expect(codeOf(() => decide(start("op-1"), given(...synced)))).toBe("Conflict");
    expect(codeOf(() => decide(start("op-1"), initial))).toBe("NotFound");
  });
  test("one whose workflow was lost is ended by the next to start, with its duration", () => {
    const next = start("op-2", { at: "2026-01-01T00:00:05Z" });
    const events = decide(next, given(create, start("op-1")));
    expect(types(events)).toEqual(["SyncSuperseded", "OperationStarted"]);
    expect(events[0]?.data).toMatchObject({ operation: "op-1", by: "op-2", durationMs: 5_000, revision: "c0ffee" });
    expect(events[0]?.data).not.toHaveProperty("plan");
  });
  test("ends once, with what its start recorded filled in", () => {
    const events = decide(end("op-1", success()), given(create, start("op-1")));
    expect(events).toMatchObject([
      { type: "SyncSucceeded", data: { revision: "c0ffee", artifact: "artifact-1", sourceDigest: "source-1" } },
    ]);
    expect(decide(end("op-1", { result: "Superseded", by: "op-2" }), given(...synced))).toEqual([]);
  });
  test("that never started ends too", () => {
    const events = decide(end("op-9", { result: "Superseded", by: "op-2" }), given(...synced));
    expect(events).toMatchObject([{ type: "SyncSuperseded", data: { operation: "op-9", by: "op-2" } }]);
    expect(events[0]?.data).not.toHaveProperty("revision");
  });
  test.each([
    ["Failed", { result: "Failed", code: "ApplyFailed", message: "no", failures: [] }, "SyncFailed"],
    ["Terminated", { result: "Terminated", by: { kind: "user", name: "ada" } }, "SyncTerminated"],
    ["TimedOut", { result: "TimedOut", limitSeconds: 60, waitingFor: [] }, "SyncTimedOut"],
    [
      "Compared",
      { result: "Compared", sync: "Synced", health: "Healthy", counts, plan: "plan-1", differing: [] },
      "ComparisonRecorded",
    ],
  ] as const)("ends %s", (_, outcome, type) => {
    const state = given(create, start("op-1"));
    const events = decide(end("op-1", structuredClone(outcome) as never), state);
    expect(types(events)).toEqual([type]);
    const after = events.reduce(evolve, state);
    expect(after.running).toBeUndefined();
    expect(after.inventory).toBe("begun-op-1");
    expect(after.ended).toEqual(["op-1"]);
  });
  test("a failed refresh is a failed comparison", () => {
    const outcome = { result: "Failed", code: "RenderFailed", message: "line 3", failures: [] } as const;
    const events = decide(end("op-1", { ...outcome, failures: [] }, { kind: "refresh" }), given(create));
    expect(events).toMatchObject([{ type: "ComparisonFailed", data: { code: "RenderFailed", kind: "refresh" } }]);
  });
  test("a delete that succeeds takes the application with it, in one append; one that fails does not", () => {
    const state = given(create, start("op-1", { kind: "delete" }));
    expect(types(decide(end("op-1", success(), { kind: "delete" }), state))).toEqual([
      "SyncSucceeded",
      "ApplicationDeleted",
    ]);
    const failure = { result: "Failed", code: "ApplyFailed", message: "no", failures: [] } as const;
    expect(types(decide(end("op-1", { ...failure, failures: [] }, { kind: "delete" }), state))).toEqual(["SyncFailed"]);
  });
  test("a partial inventory replaces what the start assumed", () => {
    const outcome = { result: "Terminated", by: { kind: "user", name: "ada" }, inventory: "partial" } as const;
    expect(given(create, start("op-1"), end("op-1", outcome)).inventory).toBe("partial");
  });
  test("success clears the drift and says what is deployed", () => {
    const drifted = [{ object: "/ConfigMap/a/b", uid: "1", change: "modified" as const, managers: ["kubectl"] }];
    const observed: Command = { type: "ObserveCluster", message: observation({ drifted }) };
    const state = given(...synced, observed, start("op-2"), end("op-2", success("inventory-2")));
    expect(state.drift).toEqual([]);
    expect(state.deployed).toEqual({
      operation: "op-2",
      revision: "c0ffee",
      artifact: "artifact-1",
      sourceDigest: "source-1",
    });
  });
  test("start and end can be one decision", () => {
    const both: Command = { type: "InOrder", commands: [start("op-1"), end("op-1", success())] };
    expect(types(decide(both, given(create)))).toEqual(["OperationStarted", "SyncSucceeded"]);
    expect(run([create, both]).running).toBeUndefined();
  });
});

describe("the watch's report", () => {
  const drifted = [
    { object: "/ConfigMap/a/b", uid: "1", change: "modified" as const, managers: ["kubectl", "argo"] },
    { object: "/ConfigMap/a/c", uid: null, change: "deleted" as const, managers: [] },
  ];
  const observe = (more: Parameters<typeof observation>[0]): Command => ({
    type: "ObserveCluster",
    message: observation(more),
  });

  test("says nothing while an operation runs, of another inventory or cluster, or of no application", () => {
    const report = observe({ drifted, health: "Degraded" });
    expect(decide(report, given(create, start("op-1", { inventory: "inventory-1" })))).toEqual([]);
    expect(decide(observe({ drifted, inventory: "older" }), given(...synced))).toEqual([]);
    expect(decide(observe({ drifted, cluster: "staging" }), given(...synced))).toEqual([]);
    expect(decide(report, initial)).toEqual([]);
  });
  test("drift is told when its set changes, not when it is reported again in another order", () => {
    const once = given(...synced, observe({ drifted }));
    expect(types(decide(observe({ drifted }), given(...synced)))).toEqual(["DriftDetected"]);
    const reordered = drifted.toReversed().map((entry) => ({ ...entry, managers: entry.managers.toReversed() }));
    expect(decide(observe({ drifted: reordered }), once)).toEqual([]);
    expect(types(decide(observe({ drifted: drifted.slice(1) }), once))).toEqual(["DriftDetected"]);
  });
  test("drift that is gone is resolved, once", () => {
    const once = given(...synced, observe({ drifted }));
    expect(decide(observe({}), once)).toEqual([{ type: "DriftResolved", data: { inventory: "inventory-1" } }]);
    expect(decide(observe({}), run([observe({})], once))).toEqual([]);
  });
  test("health is told when it turns, with the objects", () => {
    const unhealthy = [{ object: "apps/Deployment/a/b", health: "Degraded", message: "no progress" }];
    const events = decide(observe({ health: "Degraded", unhealthy }), given(...synced));
    expect(events).toEqual([
      {
        type: "HealthChanged",
        data: {
          from: "Healthy",
          to: "Degraded",
          objects: [{ object: "apps/Deployment/a/b", reason: "Degraded", message: "no progress" }],
        },
      },
    ]);
    expect(decide(observe({ health: "Degraded", unhealthy }), events.reduce(evolve, given(...synced)))).toEqual([]);
  });
  test("that another object is unhealthy is told, and the same with other numbers is not", () => {
    const unhealthy = [{ object: "apps/Deployment/a/b", health: "Degraded" as const, message: "crashed 2 times" }];
    const before = given(...synced, observe({ health: "Degraded", unhealthy }));
    const later = [{ ...unhealthy[0]!, message: "crashed 3 times" }];
    expect(decide(observe({ health: "Degraded", unhealthy: later }), before)).toEqual([]);
    const other = [{ object: "/Service/a/b", health: "Missing" as const }, ...unhealthy];
    expect(decide(observe({ health: "Degraded", unhealthy: other }), before)).toMatchObject([
      { type: "HealthChanged", data: { from: "Degraded", to: "Degraded", objects: [{ reason: "Missing" }, {}] } },
    ]);
    const timedOut: Outcome = { result: "TimedOut", limitSeconds: 1, waitingFor: [], health: "Degraded" };
    const waited = given(...synced, start("op-2"), end("op-2", timedOut));
    const newest = observe({ health: "Degraded", unhealthy, inventory: "begun-op-2" });
    expect(types(decide(newest, waited))).toEqual(["HealthChanged"]);
  });
});
