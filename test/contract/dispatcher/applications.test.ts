import { describe, expect, test } from "vitest";
import { applicationDecider } from "../../../domain/application/decider.ts";
import type { ApplicationCommand, ClusterChanged } from "../../../schemas/messages.ts";
import { REPO, until, World } from "./world.ts";

const actor = { kind: "user", name: "ada" } as const;
let ids = 0;

const command = (world: World, more: Partial<ApplicationCommand>) => {
  const message: ApplicationCommand = {
    type: "application.command",
    application: "a",
    command: "sync",
    operation: "op-1",
    actor,
    requestedAt: new Date().toISOString(),
    ...more,
  };
  return world.intake.publish(message, `command-${++ids}`);
};

const changed = (world: World, more: Partial<ClusterChanged> = {}) => {
  const message: ClusterChanged = {
    type: "cluster.changed",
    cluster: "staging",
    application: "a",
    health: "Healthy",
    unhealthy: [],
    drifted: [],
    inventory: "inventory-1",
    observedAt: new Date().toISOString(),
    ...more,
  };
  return world.intake.publish(message, `cluster-${++ids}`);
};
const drifted = [
  { object: "apps/Deployment/default/web", uid: "u", change: "modified" as const, managers: ["kubectl"] },
];

const counts = { create: 1, update: 0, recreate: 0, unchanged: 0, prune: 0, refused: 0, failed: 0 };
const ran = {
  operation: "first",
  kind: "sync",
  trigger: { type: "manual", actor, cause: "x" },
  revision: "r",
  sourceDigest: "d",
  artifact: "art",
} as const;

const startOperation = (world: World) =>
  world.aggregates.execute(
    applicationDecider,
    "a",
    {
      type: "StartOperation",
      ...ran,
      requestedAt: new Date().toISOString(),
      at: new Date().toISOString(),
      cluster: "staging",
      plan: "plan",
      counts,
      resources: ["apps/v1/deployments"],
      inventory: "inventory-1",
    },
    world.meta("start"),
  );
const endOperation = (world: World) =>
  world.aggregates.execute(
    applicationDecider,
    "a",
    {
      type: "EndOperation",
      ...ran,
      durationMs: 1,
      outcome: { result: "Succeeded", counts, inventory: "inventory-1", report: "rep", health: "Healthy", refused: [] },
    },
    world.meta("end"),
  );

const started = async (policy?: object): Promise<World> => {
  const world = await World.start();
  await world.applications(["a"], {}, policy);
  await world.dispatch();
  await until(() => world.operations.triggered("configuration").length === 1, "the first operation");
  return world;
};

describe("commands", () => {
  test("are carried out under the id they were given", async () => {
    await using world = await started();
    await command(world, { command: "sync", operation: "op-1", revision: "v1.2.3", prune: true });
    await command(world, { command: "refresh", operation: "op-2" });
    await command(world, { command: "delete", operation: "op-3" });
    await command(world, { command: "terminate", operation: "*" });
    await command(world, { command: "confirm", operation: "op-3" });
    await world.drained();
    expect(world.operations.requests.get("op-1")?.request).toMatchObject({
      kind: "sync",
      revision: "v1.2.3",
      prune: true,
      trigger: { type: "manual", actor },
    });
    // It is automated, so that what is new is synced, as the next poll would.
    expect(world.operations.requests.get("op-2")?.request).toMatchObject({
      ...{ kind: "sync", trigger: { type: "poll", actor }, options: { onlyNew: true } },
    });
    expect(world.operations.requests.get("op-3")?.request.kind).toBe("delete");
    expect(world.operations.terminated).toEqual([{ application: "a", operation: "*" }]);
    expect(world.operations.confirmed).toEqual([{ application: "a", operation: "op-3" }]);
  });

  test("for an operation that has ended, or an application that is not there, do nothing", async () => {
    await using world = await started();
    await startOperation(world);
    await endOperation(world);
    await command(world, { operation: "first" });
    await command(world, { application: "nobody", operation: "op-9" });
    await world.drained();
    expect(world.operations.requests.has("first")).toBe(false);
    expect(world.operations.requests.has("op-9")).toBe(false);
  });

  test("wait for Temporal", async () => {
    await using world = await started();
    world.operations.down = true;
    await command(world, { operation: "op-1" });
    await until(async () => (await world.pending()) === 1, "the command to be taken");
    world.operations.down = false;
    await world.drained();
    expect(world.operations.requests.has("op-1")).toBe(true);
  });
});

describe("what the watch saw", () => {
  test("is told to the running operation and nothing else", async () => {
    await using world = await started();
    await startOperation(world);
    await changed(world, { health: "Degraded", drifted });
    await world.drained();
    expect(world.operations.signals).toEqual([{ application: "a", health: "Degraded" }]);
    expect(world.operations.triggered("drift")).toEqual([]);
  });

  test("is recorded when none runs, and with self-heal put back", async () => {
    await using world = await started();
    await startOperation(world);
    await endOperation(world);
    await changed(world, { drifted });
    await world.drained();
    const { state } = await world.aggregates.load(applicationDecider, "a");
    expect(state.drift).toHaveLength(1);
    expect(world.operations.triggered("drift")).toEqual(["a"]);
    expect(world.operations.of("a").at(-1)).toMatchObject({ kind: "sync", trigger: { type: "drift" } });
    expect(world.operations.signals).toEqual([]);
  });

  test("is only recorded without self-heal", async () => {
    await using world = await started({ automated: {} });
    await startOperation(world);
    await endOperation(world);
    await changed(world, { drifted, health: "Progressing" });
    await world.drained();
    expect((await world.aggregates.load(applicationDecider, "a")).state).toMatchObject({ health: "Progressing" });
    expect(world.operations.triggered("drift")).toEqual([]);
  });

  test("against an inventory that is not the newest is put back by nobody", async () => {
    await using world = await started();
    await startOperation(world);
    await endOperation(world);
    await changed(world, { drifted, inventory: "older" });
    await world.drained();
    expect(world.operations.triggered("drift")).toEqual([]);
  });

  test("again soon after it was put back waits, so that two controllers do not race", async () => {
    await using world = await started();
    await startOperation(world);
    await endOperation(world);
    await changed(world, { drifted });
    await world.drained();
    await changed(world, { drifted: [{ ...drifted[0]!, change: "deleted" }] });
    await until(async () => {
      const { state } = await world.aggregates.load(applicationDecider, "a");
      return state.drift[0]?.change === "deleted";
    }, "the second drift to be recorded");
    expect(world.operations.triggered("drift")).toEqual(["a"]);
    expect(await world.pending()).toBe(1);
    await world.drained();
    expect(world.operations.triggered("drift")).toEqual(["a", "a"]);
  });

  test("of many reports only the newest counts", async () => {
    await using world = await World.start();
    await world.applications(["a"], {}, { automated: {} });
    await startOperation(world);
    await endOperation(world);
    for (let index = 0; index < 50; index++) await changed(world, { health: index % 2 ? "Degraded" : "Progressing" });
    await changed(world, { health: "Suspended" });
    const before = await world.ledger.last();
    await world.dispatch({ configuration: { consume: async () => undefined } });
    await world.drained();
    expect((await world.aggregates.load(applicationDecider, "a")).state.health).toBe("Suspended");
    expect((await world.ledger.last()) - before).toBeLessThanOrEqual(2);
  });
});

describe("configuration", () => {
  test("that is new or changed leads to one operation each, by its policy and its author", async () => {
    await using world = await World.start();
    await world.applications(["a"]);
    await world.applications(["b"], {}, {});
    await world.dispatch();
    await until(() => world.operations.requests.size === 2, "the operations");
    expect(world.operations.of("a")[0]).toMatchObject({
      kind: "sync",
      trigger: { type: "configuration", actor: { kind: "user", name: "test" } },
    });
    expect(world.operations.of("b")[0]).toMatchObject({ kind: "refresh" });
    await world.applications(["a"], { path: "elsewhere" });
    await until(() => world.operations.of("a").length === 2, "the operation of the change");
  });

  test("that is gone again leads to nothing, and its pushes find nothing", async () => {
    await using world = await World.start();
    world.git.set(REPO, "refs/heads/main", "c1", { a: "v1" });
    await world.repository("shop");
    await world.applications(["a"]);
    await world.aggregates.execute(
      applicationDecider,
      "a",
      { type: "DeleteApplication", cascade: false },
      world.meta("delete"),
    );
    await world.dispatch();
    await world.push();
    await world.drained();
    expect(await world.dispatched()).toMatchObject([{ considered: 0 }]);
    expect(world.operations.requests.size).toBe(0);
  });
});

test("the back-off between remediations outlives the dispatcher, and holds for its heir", async () => {
  await using world = await started();
  await startOperation(world);
  await endOperation(world);
  const [web] = drifted;
  await changed(world, { drifted });
  await world.drained();
  await world.restart();
  await changed(world, { drifted: [{ ...web!, change: "deleted" }] });
  await until(async () => {
    const { state } = await world.aggregates.load(applicationDecider, "a");
    return state.drift[0]?.change === "deleted";
  }, "the second drift to be recorded");
  expect(world.operations.triggered("drift")).toEqual(["a"]);
  await world.drained();
  expect(world.operations.triggered("drift")).toEqual(["a", "a"]);
});

test("a break-glass that the API recorded is followed", async () => {
  await using world = await started();
  const { execute } = world.aggregates;
  const at = new Date();
  const end = new Date(at.getTime() + 60_000).toISOString();
  const more = { reason: "incident", people: [] as string[], by: actor, then: "PutBack" } as const;
  const command = { type: "StartBreakGlass", id: "b", at: at.toISOString(), until: end, ...more } as const;
  await execute(applicationDecider, "a", command, world.meta("break-glass"));
  await expect.poll(() => world.operations.breakGlasses).toEqual(["a"]);
  await startOperation(world);
  await endOperation(world);
  await changed(world, { drifted });
  await world.drained();
  expect(world.operations.triggered("drift")).toEqual([]);
  const { state } = await world.aggregates.load(applicationDecider, "a");
  expect(state.breakGlass?.changed).toEqual(drifted.map(({ object }) => object));
});
