import { Registry } from "prom-client";
import { describe, expect, test } from "vitest";
import { SluiceError } from "../../../schemas/errors.ts";
import { commit, REPO, until, World } from "./world.ts";

const contents = (...names: string[]) => Object.fromEntries(names.map((name) => [name, "v1"]));

describe("a push", () => {
  test("asks for operations of the changed applications only, and says so in the ledger", async () => {
    await using world = await World.start();
    await world.repository("shop");
    world.git.set(REPO, "refs/heads/main", "c1", contents("a", "b", "c"));
    await world.applications(["a", "b", "c"]);
    await world.applications(["manual"], { path: "a" }, {});
    const metrics = new Registry();
    await world.dispatch({ metrics });
    await until(() => world.operations.triggered("configuration").length === 4, "the first operations");
    await world.push();
    await world.drained();
    // Nothing ran yet, so everything counts as changed, once.
    expect(world.operations.triggered("push")).toEqual(["a", "b", "c", "manual"]);

    const sha = world.git.set(REPO, "refs/heads/main", "c2", { b: "v2" });
    await world.push();
    await world.drained();
    const last = (await world.dispatched()).at(-1)!;
    expect(last).toMatchObject({ revision: sha, considered: 4, resolved: { main: sha }, source: "webhook" });
    expect(last.operations.map(({ application }) => application)).toEqual(["b"]);
    const [, , request] = world.operations.of("b");
    expect(request).toMatchObject({
      operation: last.operations[0]!.operation,
      kind: "sync",
      trigger: { type: "push", actor: { name: "octocat" }, cause: last.deliveries[0]!.delivery },
    });
    expect(world.operations.of("manual").at(-1)).toMatchObject({ kind: "refresh" });
    const text = await metrics.metrics();
    expect(text).toContain("sluice_applications_considered_total 8");
    expect(text).toContain("sluice_applications_changed_total 5");
    expect(text).toContain("sluice_intake_pending 0");
    expect(text).toContain('sluice_dispatch_duration_seconds_count{type="push",result="ok"} 2');
  });

  test("that changes nothing asks for nothing and writes nothing on any application", async () => {
    await using world = await World.start();
    world.git.set(REPO, "refs/heads/main", "c1", contents("a"));
    await world.applications(["a"]);
    await world.repository("shop");
    await world.dispatch();
    await world.push();
    await world.drained();
    const before = await world.ledger.head({ type: "application", name: "a" });
    world.git.set(REPO, "refs/heads/main", "c2", { readme: "x" });
    await world.push();
    await world.drained();
    expect(await world.ledger.head({ type: "application", name: "a" })).toEqual(before);
    expect((await world.dispatched()).at(-1)).toMatchObject({ considered: 1, operations: [] });
  });

  test("there and back again ends with an operation for each turn", async () => {
    await using world = await World.start();
    world.git.set(REPO, "refs/heads/main", "c1", contents("a"));
    await world.applications(["a"]);
    await world.dispatch();
    for (const [name, content] of [
      ["c1", "v1"],
      ["c2", "v2"],
      ["c3", "v1"],
    ] as const) {
      world.git.set(REPO, "refs/heads/main", name, { a: content });
      await world.push();
      await world.drained();
    }
    const pushed = world.operations.of("a").filter(({ trigger }) => trigger.type === "push");
    expect(new Set(pushed.map(({ operation }) => operation)).size).toBe(3);
  });

  test("of a branch nobody follows is recorded and resolves nothing", async () => {
    await using world = await World.start();
    await world.repository("shop");
    await world.applications(["a"]);
    await world.dispatch();
    await world.push({ ref: "refs/heads/feature" });
    await world.drained();
    expect(await world.dispatched()).toMatchObject([{ ref: "refs/heads/feature", considered: 0, operations: [] }]);
    expect(world.git.calls).toEqual([]);
  });

  test("that deletes the branch an application follows is told of once", async () => {
    await using world = await World.start();
    await world.repository("shop");
    await world.applications(["a"]);
    await world.dispatch();
    for (let time = 0; time < 3; time++) {
      await world.push();
      await world.drained();
    }
    const events = await world.dispatched();
    expect(events.map(({ operations }) => operations.length)).toEqual([1, 0, 0]);
    expect(events[0]).toMatchObject({ resolved: { main: null } });
    expect(events[0]).not.toHaveProperty("revision");
  });

  test("of an application whose path is gone does not keep the others back", async () => {
    await using world = await World.start();
    await world.repository("shop");
    world.git.set(REPO, "refs/heads/main", "c1", contents("b"));
    await world.applications(["a", "b"]);
    await world.dispatch();
    await world.push();
    await world.drained();
    expect(world.operations.triggered("push")).toEqual(["a", "b"]);
    await world.push();
    await world.drained();
    expect((await world.dispatched()).at(-1)!.operations).toEqual([]);
  });

  test("to an address spelled otherwise finds the applications", async () => {
    await using world = await World.start();
    world.git.set("git@git.example.com:Acme/shop.git", "refs/heads/main", "c1", contents("a"));
    await world.applications(["a"], { repoURL: "git@git.example.com:Acme/shop.git" });
    await world.dispatch();
    await world.push();
    await world.drained();
    expect(world.operations.triggered("push")).toEqual(["a"]);
  });

  test("that is refused for good is rejected with the reason, and acknowledged", async () => {
    await using world = await World.start();
    await world.repository("shop");
    world.git.failures.set(REPO, new SluiceError("SourceForbidden", "The repository refused the credentials."));
    await world.applications(["a"]);
    await world.dispatch();
    const delivery = await world.push();
    await world.drained();
    expect(await world.pushEvents()).toMatchObject([
      { type: "PushRejected", data: { code: "SourceForbidden", deliveries: [{ delivery }] } },
    ]);
  });

  test("that cannot be resolved for now is tried again until it can", async () => {
    await using world = await World.start();
    await world.repository("shop");
    world.git.set(REPO, "refs/heads/main", "c1", contents("a"));
    world.git.failures.set(REPO, new SluiceError("SourceUnavailable", "connection refused"));
    await world.applications(["a"]);
    await world.dispatch();
    const delivery = await world.push();
    await until(() => world.git.count("fetch") >= 2, "a second attempt");
    expect(await world.pushEvents()).toEqual([]);
    world.git.failures.clear();
    await world.drained();
    expect(await world.deliveries()).toEqual([delivery]);
    expect(world.operations.triggered("push")).toEqual(["a"]);
  });

  test("from long ago that can still not be resolved is rejected", async () => {
    await using world = await World.start();
    await world.repository("shop");
    world.git.failures.set(REPO, new SluiceError("SourceUnavailable", "connection refused"));
    await world.applications(["a"]);
    await world.dispatch();
    await world.push({ receivedAt: new Date(Date.now() - 31 * 60_000).toISOString() });
    await world.drained();
    expect(await world.pushEvents()).toMatchObject([{ type: "PushRejected", data: { code: "SourceUnavailable" } }]);
  });
});

describe("a storm", () => {
  test("of 500 pushes is one resolve of the newest commit and one operation", async () => {
    await using world = await World.start();
    await world.repository("shop");
    world.git.set(REPO, "refs/heads/main", "c1", contents("a", "b"));
    await world.applications(["a", "b"]);
    const sent: string[] = [];
    await Promise.all(
      Array.from({ length: 500 }, async (_, index) => {
        sent.push(await world.push({ delivery: `storm-${index}` }));
      }),
    );
    const sha = world.git.set(REPO, "refs/heads/main", "c500", { a: "v500" });
    await world.dispatch();
    await world.drained();
    expect(await world.deliveries()).toEqual(sent.toSorted());
    const events = await world.dispatched();
    // NATS may hand 500 messages over in more than one batch; what comes while a round is under way is the next one.
    expect(world.git.count("fetch")).toBe(events.length);
    expect(events.length).toBeLessThanOrEqual(3);
    expect(events.every(({ revision }) => revision === sha)).toBe(true);
    expect(events.flatMap(({ operations }) => operations.map(({ application }) => application))).toEqual(["a", "b"]);
    expect(world.operations.triggered("push")).toEqual(["a", "b"]);
  });

  test("of thousands of applications is split into messages that fit", async () => {
    await using world = await World.start();
    await world.repository("shop");
    const names = Array.from({ length: 2_600 }, (_, index) => `app-${index}`);
    world.git.set(REPO, "refs/heads/main", "c1", { shared: "v1" });
    const start = performance.now();
    await world.applications(names, { path: "shared" });
    await world.dispatch({ configuration: { consume: async () => undefined } });
    await world.push();
    await world.drained();
    expect(performance.now() - start).toBeLessThan(55_000);
    const events = await world.dispatched();
    expect(events.map(({ operations, deliveries }) => [operations.length, deliveries.length])).toEqual([
      [2_500, 0],
      [100, 1],
    ]);
    expect(world.operations.triggered("push")).toHaveLength(2_600);
    await world.push();
    await world.drained();
    const again = (await world.dispatched()).at(-1)!;
    expect([again.considered, again.operations.map(({ application }) => application)]).toEqual([2_600, []]);
  });
});

test("a repository that hangs delays no other", async () => {
  await using world = await World.start();
  const other = "https://git.example.com/acme/other";
  await world.repository("other", { url: other });
  world.git.hanging.add(REPO);
  world.git.set(other, "refs/heads/main", "c1", contents("b"));
  await world.applications(["a"]);
  await world.applications(["b"], { repoURL: other });
  await world.dispatch();
  for (let index = 0; index < 600; index++) await world.push({ delivery: `stuck-${index}` });
  await until(() => world.git.count("fetch") === 1, "the first to hang");
  await world.push({ repository: "other", repoURL: other });
  await until(() => world.operations.triggered("push").includes("b"), "the other repository's operation");
  expect(await world.deliveries("other")).toHaveLength(1);
});

test("an operation that Temporal could not be asked for is asked for later, the same one", async () => {
  await using world = await World.start();
  await world.repository("shop");
  world.git.set(REPO, "refs/heads/main", "c1", contents("a"));
  await world.applications(["a"]);
  world.operations.down = true;
  await world.dispatch({ configuration: { consume: async () => undefined } });
  await world.push();
  await until(async () => (await world.dispatched()).length === 1, "the record");
  expect(world.operations.requests.size).toBe(0);
  world.operations.down = false;
  await world.drained();
  const [event] = await world.dispatched();
  expect([...world.operations.requests.keys()]).toEqual(event!.operations.map(({ operation }) => operation));
});

test("what was asked for before a restart counts, though no view shows it yet", async () => {
  await using world = await World.start();
  await world.repository("shop");
  world.git.set(REPO, "refs/heads/main", "c1", contents("a"));
  await world.applications(["a"]);
  const first = await world.dispatch();
  await world.push();
  await world.drained();
  await first.stop();
  await world.dispatch();
  await world.push();
  await world.drained();
  expect((await world.dispatched()).map(({ operations }) => operations.length)).toEqual([1, 0]);
  expect(commit("c1")).toBe((await world.dispatched())[1]!.revision);
});
