import { describe, expect, test } from "vitest";
import type { IntakeDelivery } from "../../../services/dispatcher/ports.ts";
import type { Service } from "../../../services/service.ts";
import { REPO, until, World } from "./world.ts";

/** Every place where the process may die between taking a push and having acknowledged it. */
const STEPS = [
  "load",
  "fetch",
  "resolve",
  "ensure",
  "digest",
  "append before",
  "append after",
  "request before",
  "request after",
  "ack before",
  "ack after",
] as const;
type Step = (typeof STEPS)[number];

/** A dispatcher that stands still for ever at the given step, as one that was killed there: it neither acknowledges nor hands back. */
async function killedAt(world: World, step: Step): Promise<{ reached: Promise<void>; service: Service }> {
  let reachedStep!: () => void;
  const reached = new Promise<void>((resolve) => (reachedStep = resolve));
  let dead = false;
  const at = async (place: Step): Promise<void> => {
    if (place === step) {
      dead = true;
      reachedStep();
    }
    if (dead) await new Promise(() => undefined);
  };
  const deps = world.deps();
  const around =
    <Args extends unknown[], Out>(before: Step, work: (...args: Args) => Promise<Out>, after?: Step) =>
    async (...args: Args): Promise<Out> => {
      await at(before);
      const out = await work(...args);
      if (after) await at(after);
      return out;
    };
  const mortal = (item: IntakeDelivery): IntakeDelivery => ({
    ...item,
    ack: around("ack before", item.ack, "ack after"),
    nak: (delay) => (dead ? undefined : item.nak(delay)),
    working: () => (dead ? undefined : item.working()),
  });
  const service = await world.dispatch({
    intake: {
      ...deps.intake,
      consume: ({ handle, ...more }) =>
        deps.intake.consume({ ...more, handle: async (batch) => (dead ? undefined : handle(batch.map(mortal))) }),
    },
    aggregates: {
      load: around("load", deps.aggregates.load as never) as never,
      execute: around("append before", deps.aggregates.execute as never, "append after") as never,
    },
    mirrors: {
      fetchRef: around("fetch", deps.mirrors.fetchRef),
      resolve: around("resolve", deps.mirrors.resolve),
      ensure: around("ensure", deps.mirrors.ensure),
    },
    sourceDigest: around("digest", deps.sourceDigest),
    operations: { ...deps.operations, request: around("request before", deps.operations.request, "request after") },
    configuration: { consume: async () => undefined },
  });
  return { reached, service };
}

describe("killed, then the message comes again", () => {
  test.each(STEPS)("at %s: one record per delivery, and the operations of the record", async (step) => {
    await using world = await World.start();
    await world.repository("shop");
    world.git.set(REPO, "refs/heads/main", "c1", { a: "v1", b: "v1", c: "v1" });
    await world.applications(["a", "b", "c"]);
    const sent = [await world.push(), await world.push(), await world.push({ ref: "refs/heads/other" })];
    const { reached, service } = await killedAt(world, step);
    await reached;
    // It consumes no more from here on, as a dead process; what it holds is not handed back.
    void service.stop();
    // Meanwhile the branch went on, and another push came.
    world.git.set(REPO, "refs/heads/main", "c2", { a: "v2" });
    sent.push(await world.push());
    await world.dispatch({ configuration: { consume: async () => undefined } });
    await world.drained();
    await until(async () => (await world.deliveries()).length >= sent.length, "a record of each delivery");

    expect(await world.deliveries()).toEqual(sent.toSorted());
    const recorded = (await world.dispatched()).flatMap(({ operations }) =>
      operations.map(({ operation }) => operation),
    );
    expect(new Set(recorded).size).toBe(recorded.length);
    expect([...world.operations.requests.keys()].toSorted()).toEqual(recorded.toSorted());
    expect(world.operations.triggered("push").filter((name) => name !== "a")).toEqual(["b", "c"]);
    expect(world.operations.of("a").length).toBeGreaterThanOrEqual(1);
    expect((await world.dispatched()).findLast(({ ref }) => ref === "refs/heads/main")!.resolved).toEqual({
      main: world.git.refs.get(`${REPO} refs/heads/main`),
    });
  });
});

test("two dispatchers share the work and record each delivery once", async () => {
  await using world = await World.start();
  await world.repository("shop");
  world.git.set(REPO, "refs/heads/main", "c1", { a: "v1", b: "v1" });
  await world.applications(["a", "b"]);
  const configuration = { consume: async () => undefined };
  await Promise.all([world.dispatch({ configuration }), world.dispatch({ configuration })]);
  const sent: string[] = [];
  for (let index = 0; index < 120; index++) {
    if (index % 20 === 0) world.git.set(REPO, "refs/heads/main", `c${index}`, { a: `v${index}` });
    sent.push(await world.push());
  }
  await world.drained();
  expect(await world.deliveries()).toEqual(sent.toSorted());
  const recorded = (await world.dispatched()).flatMap(({ operations }) => operations.map(({ operation }) => operation));
  expect([...world.operations.requests.keys()].toSorted()).toEqual([...new Set(recorded)].toSorted());
});
