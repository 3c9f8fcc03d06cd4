import { expect, test } from "vitest";
import { REPO, until, World } from "./world.ts";

test("a change that no webhook told of is found by the poll, by one of two dispatchers", async () => {
  await using world = await World.start();
  await world.repository("shop", { url: REPO, pollInterval: "5s" });
  const first = world.git.set(REPO, "refs/heads/main", "c1", { a: "v1" });
  await world.applications(["a"]);
  const configuration = { consume: async () => undefined };
  await Promise.all([world.dispatch({ poll: true, configuration }), world.dispatch({ poll: true, configuration })]);
  await until(async () => (await world.dispatched()).length === 1, "the first look");
  expect((await world.dispatched())[0]).toMatchObject({ source: "poll", revision: first });
  expect(world.operations.triggered("poll")).toEqual(["a"]);
  const second = world.git.set(REPO, "refs/heads/main", "c2", { a: "v2" });
  await until(async () => (await world.dispatched()).length === 2, "the second look");
  await world.drained();
  expect((await world.dispatched())[1]).toMatchObject({ source: "poll", revision: second, resolved: { main: second } });
  expect(world.operations.triggered("poll")).toEqual(["a", "a"]);
});
