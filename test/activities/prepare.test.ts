import { describe, expect, test } from "vitest";
import { createPrepare } from "../../activities/prepare.ts";
import { createSettle } from "../../activities/settle.ts";
import type { Applied } from "../../activities/steps.ts";
import type { Outcome } from "../../domain/application/command.ts";
import { isTerminal } from "../../domain/application/state.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { configuration, end, start, success, trigger } from "../domain/application/examples.ts";
import { NOTHING, context, request, step, world, unchanged } from "./prepare-world.ts";

describe("prepare of a sync", () => {
  test("records the start before anything is written and returns digests only", async () => {
    const { prepare, types, events, calls } = world();
    expect(await prepare()).toEqual({
      status: "planned",
      cluster: "prod",
      taskQueue: "queue-of-prod",
      plan: "plan-1",
      inventory: "begun-1",
      counts: { ...NOTHING, create: 1 },
      waits: { timeoutMs: 600_000, degradedGraceMs: 1, recheckMs: 2, longestRecheckMs: 3 },
    });
    expect(types()).toEqual(["OperationStarted"]);
    expect(events.at(-1)?.data).toMatchObject({ revision: "c0ffee", artifact: "artifact-1", inventory: "begun-1" });
    expect(calls.apply).toEqual([]);
    expect(calls.messages).toEqual(["op-1/started"]);
  });

  test("run again after a crash, it goes on with the plan that the start recorded", async () => {
    const { prepare, types, calls } = world();
    const first = await prepare();
    expect(await prepare()).toEqual(first);
    expect(types()).toEqual(["OperationStarted"]);
    expect([calls.produce.length, calls.plan.length]).toEqual([1, 1]);
  });

  test("of an ended operation does nothing", async () => {
    const { prepare, run, calls } = world();
    run(end("op-1", success()));
    expect(await prepare()).toEqual({ status: "ended" });
    expect([calls.produce, calls.plan]).toEqual([[], []]);
  });

  test("of an application that is gone says so", async () => {
    const { prepare, run } = world();
    run({ type: "DeleteApplication", cascade: false });
    await expect(prepare()).rejects.toMatchObject({ code: "NotFound" });
  });

  test.each(["Healthy", "Suspended"] as const)("with nothing to write ends at once when it is %s", async (health) => {
    const { prepare, types, events, calls, recorded } = unchanged({ health });
    expect(await prepare()).toEqual({ status: "ended" });
    expect(types()).toEqual(["OperationStarted", "SyncSucceeded"]);
    expect(events.at(-1)?.data).toMatchObject({ health, inventory: "inventory-1", durationMs: 2_000 });
    expect(calls.messages).toEqual(["op-1/terminal"]);
    expect(recorded.filter(isTerminal)).toHaveLength(1);
  });

  test.each([
    { health: "Progressing" },
    { health: "Degraded" },
    { health: "Unknown" },
    { health: "Missing" },
    { interrupted: true },
    { failures: [{ object: "/ConfigMap/web/a", reason: "Forbidden" }] },
  ] as const)("with nothing to write goes on like any other when %j is to be waited for", async (done) => {
    const { prepare, types, calls } = unchanged(done as Partial<Applied>);
    const first = await prepare();
    expect(first).toMatchObject({ status: "planned", cluster: "prod", plan: "plan-1", inventory: "begun-1" });
    expect(types()).toEqual(["OperationStarted"]);
    expect(calls.messages).toEqual(["op-1/started"]);
    expect(await prepare()).toEqual(first);
  });

  test("with an error records nothing and passes it on", async () => {
    const { deps, types } = world();
    deps.source.produce = () => Promise.reject(new SluiceError("RenderFailed", "a.yaml:3"));
    const prepare = createPrepare(deps);
    await expect(prepare({ application: "guestbook", request: request() }, context)).rejects.toMatchObject({
      code: "RenderFailed",
    });
    expect(types()).toEqual([]);
  });

  test("hands on what was asked for", async () => {
    const { prepare, calls } = world();
    await prepare({ revision: "v1.2.3", prune: true });
    expect(calls.produce).toMatchObject([{ revision: "v1.2.3", cluster: "prod", since: "2026-01-01T00:00:00.000Z" }]);
    expect(calls.plan).toMatchObject([{ prune: true, move: "chosen" }]);
  });
});

describe("how the commit relates to the one before", () => {
  const deploy = (revision: string) => {
    const it = world();
    const begun = start("op-0", { revision, plan: "plan-0", inventory: "begun-0" });
    it.run({ type: "InOrder", commands: [begun, end("op-0", success("inventory-0"))] });
    return it;
  };
  test("first", async () => {
    const { prepare, calls } = world();
    await prepare();
    expect(calls.plan[0]).toMatchObject({ move: "first" });
    expect(calls.plan[0]).not.toHaveProperty("inventory");
  });
  test("same", async () => {
    const { prepare, calls } = deploy("c0ffee");
    await prepare();
    expect(calls.plan).toMatchObject([{ move: "same", inventory: "inventory-0" }]);
  });
  test("as the source says", async () => {
    const { prepare, calls, deps } = deploy("badcafe");
    deps.source.move = async (_, from, to) => (from === "badcafe" && to === "c0ffee" ? "diverged" : "unknown");
    await prepare();
    expect(calls.plan).toMatchObject([{ move: "diverged" }]);
  });
  test("in another cluster nothing is owned", async () => {
    const { prepare, calls, run } = deploy("c0ffee");
    const { spec, labels, annotations } = configuration();
    const moved = { ...spec, destination: { name: "staging", namespace: "web" } };
    run({ type: "UpdateApplication", spec: moved, labels, annotations });
    await prepare();
    expect(calls.plan[0]).toMatchObject({ cluster: { name: "staging" } });
    expect(calls.plan[0]).not.toHaveProperty("inventory");
  });
  test("a delete goes to where the objects are and renders nothing", async () => {
    const { prepare, calls, run } = deploy("c0ffee");
    const { spec, labels, annotations } = configuration();
    run({ type: "UpdateApplication", spec: { ...spec, destination: { name: "staging" } }, labels, annotations });
    expect(await prepare({ kind: "delete" })).toMatchObject({ status: "planned", cluster: "prod" });
    expect(calls.produce).toEqual([]);
    expect(calls.plan).toMatchObject([{ kind: "delete", cluster: { name: "prod" }, inventory: "inventory-0" }]);
    expect(calls.plan[0]).not.toHaveProperty("artifact");
  });
});

describe("prepare of a refresh", () => {
  test("records what differs and starts nothing", async () => {
    const steps = [
      step("a", "unchanged", { health: "Healthy" }),
      step("b", "create", { reason: "Absent", message: "it is not there" }),
      step("c", "prune", { health: "Degraded" }),
    ];
    const { prepare, types, events } = world({ unchanged: 1, create: 1, prune: 1 }, steps);
    expect(await prepare({ kind: "refresh" })).toEqual({ status: "ended" });
    expect(types()).toEqual(["ComparisonRecorded"]);
    expect(events.at(-1)?.data).toMatchObject({
      sync: "OutOfSync",
      health: "Missing",
      plan: "plan-1",
      revision: "c0ffee",
      durationMs: 2_000,
      differing: [
        { object: "/ConfigMap/web/b", reason: "Absent", message: "it is not there" },
        { object: "/ConfigMap/web/c", reason: "Drifted" },
      ],
    });
  });
  test("of equal states is Synced, and names at most 20 objects otherwise", async () => {
    const same = world({ unchanged: 1 }, [step("a", "unchanged", { health: "Healthy" })]);
    await same.prepare({ kind: "refresh" });
    expect(same.events.at(-1)?.data).toMatchObject({ sync: "Synced", health: "Healthy", differing: [] });
    const many = world(
      { update: 30 },
      Array.from({ length: 30 }, (_, index) => step(`c${index}`, "update")),
    );
    await many.prepare({ kind: "refresh" });
    expect(many.events.at(-1)?.data).toHaveProperty("differing.length", 20);
  });
});

describe("prepare of a sync of what a rollback left", () => {
  const manual = { ...trigger, type: "manual" } as const;
  const rolledBack = () => {
    const at = world();
    at.run(start("op-0", { revision: "c0ffee", sourceDigest: "source-1", artifact: "artifact-1" }));
    at.run(end("op-0", success()));
    at.run(start("op-b", { kind: "rollback", trigger: manual, sourceDigest: "source-0", artifact: "artifact-0" }));
    at.run(end("op-b", success(), { kind: "rollback" }));
    return at;
  };

  test("that was asked for by hand fails, says what to do, and the application differs from Git", async () => {
    const { prepare, events } = rolledBack();
    expect(await prepare({ trigger: manual })).toEqual({ status: "ended" });
    const message = expect.stringContaining("sluice app release guestbook");
    expect(events.at(-1)).toMatchObject({
      type: "SyncFailed",
      data: { code: "RevisionExcluded", message, counts: {} },
    });
  });

  test("that nobody asked for by hand only compares", async () => {
    const { prepare, events } = rolledBack();
    await prepare();
    expect(events.at(-1)).toMatchObject({ type: "ComparisonRecorded", data: { sync: "OutOfSync" } });
  });
});

describe("prepare of an operation that is held", () => {
  const hold = { reason: "SyncWindowClosed", message: "night", until: "2026-01-01T06:00:00.000Z" } as const;

  test("says so once, with how live differs from what is held back", async () => {
    const there = world();
    there.deps.admit = async () => ({ hold });
    expect(await there.prepare()).toMatchObject({ status: "held", hold, waits: { longestRecheckMs: 3 } });
    await there.prepare();
    expect(there.types()).toEqual(["OperationHeld"]);
    expect(there.events.at(-1)?.data).toMatchObject({ ...hold, compared: { revision: "c0ffee", sync: "OutOfSync" } });
    expect(there.calls.produce.length).toBe(1);
  });

  test("does so with its source out of reach, too, and begins once it is let go", async () => {
    const there = world();
    const { admit } = there.deps;
    const { produce } = there.deps.source;
    there.deps.admit = async () => ({ hold });
    there.deps.source.produce = () => Promise.reject(new SluiceError("SourceUnavailable", "away"));
    await there.prepare();
    expect(there.events.at(-1)?.data).not.toHaveProperty("compared");
    Object.assign(there.deps, { admit });
    there.deps.source.produce = produce;
    expect(await there.prepare()).toMatchObject({ status: "planned" });
    expect(there.types()).toEqual(["OperationHeld", "OperationStarted"]);
  });

  test("is not asked again once it has begun", async () => {
    const there = world();
    const first = await there.prepare();
    there.deps.admit = async () => ({ hold });
    expect(await there.prepare()).toEqual(first);
    expect(await there.prepare({}, 2)).toMatchObject({ status: "planned" });
  });

  test("but overridden says so with its start, and once", async () => {
    const there = world();
    there.deps.admit = async () => ({ overridden: { windows: ["deny"], reason: "it burns" } });
    await there.prepare();
    await there.prepare();
    expect(there.types()).toEqual(["OperationStarted", "SyncWindowOverridden"]);
    expect(there.events.at(-1)?.data).toEqual({
      ...{ operation: "op-1", windows: ["deny"], reason: "it burns" },
      by: trigger.actor,
    });
  });
});

describe("prepare of a dry run", () => {
  test("records what would be and begins nothing", async () => {
    const { prepare, types, events, calls } = world();
    const options = { dryRun: true };
    expect(await prepare({ options })).toEqual({ status: "ended" });
    expect(types()).toEqual(["DryRunRecorded"]);
    expect(events.at(-1)?.data).toMatchObject({
      options,
      plan: "plan-1",
      report: "report of plan-1",
      revision: "c0ffee",
    });
    expect(calls.apply).toEqual([]);
  });
});

describe("settle", () => {
  test("records each end once, with its duration and message id", async () => {
    const { deps, prepare, types, calls, recorded } = world();
    await prepare();
    const settle = createSettle(deps);
    const ends = [
      { request: request(), outcome: success() },
      {
        request: request({ operation: "op-2", requestedAt: "2030-01-01T00:00:00Z" }),
        outcome: { result: "Superseded", by: "op-3" } as const,
      },
    ];
    await settle({ application: "guestbook", ends }, context);
    await settle({ application: "guestbook", ends }, context);
    expect(types()).toEqual(["OperationStarted", "SyncSucceeded", "SyncSuperseded"]);
    expect(calls.messages.slice(1, 3)).toEqual(["op-1/terminal", "op-2/terminal"]);
    expect(recorded.filter(isTerminal).map(({ data }) => data.durationMs)).toEqual([2_000, 0]);
  });

  test("keeps the revision that was asked for with a failure", async () => {
    const { deps, events } = world();
    const outcome: Outcome = { result: "Failed", code: "RevisionNotFound", message: "no", failures: [] };
    const ends = [{ request: request({ revision: "v1.2.33" }), outcome }];
    await createSettle(deps)({ application: "guestbook", ends }, context);
    expect(events.at(-1)).toMatchObject({ type: "SyncFailed", data: { asked: "v1.2.33", code: "RevisionNotFound" } });
  });
});
