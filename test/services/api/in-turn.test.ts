import { expect, it } from "vitest";
import { createInTurn } from "../../../services/api/in-turn.ts";
import { apiInstance, application, CLUSTER, REPOSITORY } from "./instance.ts";

const free = async () => ({ release: async () => undefined });
const moment = () => new Promise((resolve) => setImmediate(resolve));

it("work is done one after the other, also after work that failed", async () => {
  const inTurn = createInTurn(free);
  const told: string[] = [];
  const work = (name: string, fails = false) =>
    inTurn(async () => {
      told.push(`${name} begins`);
      await moment();
      told.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    });
  expect(await Promise.allSettled([work("a"), work("b", true), work("c")])).toMatchObject([
    { value: "a" },
    { reason: { message: "b" } },
    { value: "c" },
  ]);
  expect(told).toEqual(["a", "b", "c"].flatMap((name) => [`${name} begins`, `${name} ends`]));
});

it("what another process holds too long is Unavailable, and nothing is done", async () => {
  const held = ({ signal }: { signal: AbortSignal }) =>
    new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
  const done: string[] = [];
  const asked = createInTurn(held, 10)(async () => done.push("it"));
  await expect(asked).rejects.toMatchObject({ code: "Unavailable" });
  expect(done).toEqual([]);
});

it("whoever lost its turn to another writes nothing any more", async () => {
  const inTurn = createInTurn(async ({ onLost }) => (onLost(), await free()));
  await expect(inTurn(async (still) => still())).rejects.toMatchObject({ code: "Unavailable" });
});

it("of two applies at once that would make a circle of dependencies, one is refused", async () => {
  const { apply } = await apiInstance();
  await apply([CLUSTER, REPOSITORY, application("pa1"), application("pa2")].join("---"));
  const answers = await Promise.all([
    apply(application("pa1", "dependsOn: [{ application: pa2 }]")),
    apply(application("pa2", "dependsOn: [{ application: pa1 }]")),
  ]);
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 422]);
  expect(answers.find(({ status }) => status === 422)?.text).toMatch(/pa\d -> pa\d -> pa\d/);
});
