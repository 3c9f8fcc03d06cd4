import { afterEach, beforeEach, expect, it } from "vitest";
import { readConfiguration } from "../../../services/api/read-configuration.ts";
import { readAside } from "../../../services/api/read-in-thread.ts";
import { apiInstance, application, CLUSTER } from "./instance.ts";

let at: Awaited<ReturnType<typeof apiInstance>>;
beforeEach(async () => {
  at = await apiInstance();
});
afterEach(() => at.app.close());

const MANY = Array.from({ length: 900 }, (_, index) => application(`web-${index}`, `# ${"x".repeat(2_000)}`)).join(
  "---",
);

it("others are answered while a megabyte is read", async () => {
  await at.apply(CLUSTER);
  let longest = 0;
  let before = performance.now();
  const look = (): void => {
    longest = Math.max(longest, performance.now() - before);
    before = performance.now();
  };
  const beat = setInterval(look, 5);
  const text = MANY.replaceAll("name: staging", "name: nowhere");
  const began = performance.now();
  const read = await readAside([{ file: "many.yaml", text }]);
  const took = performance.now() - began;
  look();
  clearInterval(beat);
  expect(read.objects).toHaveLength(900);
  // A share of the whole, so that a slow machine changes nothing.
  expect(longest).toBeLessThan(took / 2);
});

it("what is large is applied as what is small", async () => {
  await at.apply(CLUSTER);
  const { status, body } = await at.apply(MANY);
  expect([status, (body as { objects: unknown[] }).objects.length]).toEqual([200, 900]);
});

it("its problems stand where they are in the file, those of references too", async () => {
  await at.apply(CLUSTER);
  const wrong = MANY.replace("name: staging", "name: nowhere");
  const line = wrong.split("\n").findIndex((text) => text.includes("nowhere")) + 1;
  const referred = (await at.apply(wrong)).body as { problems: object[] };
  expect(referred.problems).toMatchObject([{ file: "test.yaml", line, path: "spec.destination.name" }]);
  const files = [{ file: "a.yaml", text: MANY.replace("spec:", "sepc: 1\nspec:") }];
  const [aside, here] = [await readAside(files), readConfiguration(files)];
  expect(aside.problems).toEqual(here.problems);
  expect(aside.objects.map(({ object }) => object)).toEqual(here.objects.map(({ object }) => object));
});
