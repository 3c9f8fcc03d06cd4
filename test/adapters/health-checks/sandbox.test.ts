import { afterAll, describe, expect, test } from "vitest";
import type { HealthCheck } from "../../../adapters/health-checks/check.ts";
import { createHealthSandbox, SANDBOX_LIMITS } from "../../../adapters/health-checks/sandbox.ts";

const healthy = { lua: "return { status = 'Healthy' }" };
const loop = (name: string) => ({ lua: `-- ${name}\nwhile true do end` });
/** No hook of the virtual machine is called in there. */
const deaf = { lua: "return string.find(string.rep('a', 5000), string.rep('a*', 40) .. 'b')" };

const sandbox = createHealthSandbox({ ...SANDBOX_LIMITS, milliseconds: 300 });
const judge = (check: HealthCheck, json: string, place = "one") => sandbox.judge(check, { place, json });
afterAll(() => sandbox.close());

describe("the sandbox", () => {
  test("runs CEL and Lua", async () => {
    expect(await judge(healthy, "{}")).toEqual({ outcome: "judged", status: "Healthy" });
    const cel = { cel: [{ status: "Degraded" as const, when: "object.x == 1" }] };
    expect(await judge(cel, '{"x":1}')).toMatchObject({ outcome: "judged", status: "Degraded" });
  });

  test("a check that loops is an outcome with its reason, and what answered before is not held up by it", async () => {
    // Once on trial, once in the thread of those that answered.
    await judge(healthy, "{}");
    await judge(healthy, "{}");
    let ended = false;
    const looping = judge(loop("a"), "{}").finally(() => (ended = true));
    expect(await judge(healthy, "{}")).toMatchObject({ status: "Healthy" });
    expect(ended).toBe(false);
    expect(await looping).toMatchObject({ outcome: "failed", message: /^it exceeded 0.3 s/ });
  });

  test("a check that loops on every object is run on three of them, and put off for all others", async () => {
    const places = Array.from({ length: 50 }, (_, at) => `object ${at}`);
    const all = await Promise.all(places.map((place) => judge(loop("b"), "{}", place)));
    expect(all.map(({ outcome }) => outcome)).toEqual([
      ...Array.from({ length: 3 }, () => "failed"),
      ...Array.from({ length: 47 }, () => "postponed"),
    ]);
    expect(all.at(-1)).toMatchObject({ message: /^it exceeded 0.3 s/ });
  });

  test("one object that is too much for a check takes it from no other object", async () => {
    const check = { lua: "if obj.loop then while true do end end return { status = 'Healthy' }" };
    expect(await judge(check, '{"loop":true}', "odd")).toMatchObject({ outcome: "failed", tooFar: true });
    expect(await judge(check, "{}", "fine")).toMatchObject({ status: "Healthy" });
    expect(await judge(check, "{}", "odd")).toMatchObject({ outcome: "failed", againInMs: expect.any(Number) });
  });

  test("what the virtual machine can't stop is ended from outside", async () => {
    expect(await judge(deaf, "{}")).toMatchObject({ outcome: "failed", message: /exceeded/, tooFar: true });
    expect(await judge({ lua: "return { status = 'Healthy', message = 'after' }" }, "{}")).toMatchObject({
      message: "after",
    });
  });

  test("CEL that takes too long, and CEL that takes too much memory, end too", async () => {
    const list = Array.from({ length: 300 }, (_, at) => at);
    const slow = {
      cel: [
        {
          status: "Healthy" as const,
          when: "object.l.all(a, object.l.all(b, object.l.all(c, object.l.all(d, a + b + c + d >= 0))))",
        },
      ],
    };
    expect(await judge(slow, JSON.stringify({ l: list }))).toMatchObject({ outcome: "failed", tooFar: true });
    const large = "object.l.map(a, object.l.map(b, object.l.map(c, object.l.map(d, [a, b, c, d]))))";
    const bomb = { cel: [{ status: "Healthy" as const, when: `size(${large}) > 0` }] };
    expect(await judge(bomb, JSON.stringify({ l: list }))).toMatchObject({ outcome: "failed", tooFar: true });
    expect(await judge(healthy, "{}")).toMatchObject({ status: "Healthy" });
  });

  test("looks checks over without running them", async () => {
    expect(await sandbox.look(loop("c"))).toEqual([]);
    expect(await sandbox.look({ lua: "if" })).toMatchObject([{ path: ["lua"] }]);
    expect(await sandbox.look({ cel: [{ status: "Healthy", when: "1 +" }] })).toMatchObject([
      { path: ["cel", 0, "when"] },
    ]);
  });

  test("once closed it has no thread left, and starts one again when it is asked again", async () => {
    await sandbox.close();
    expect(await judge(healthy, "{}")).toMatchObject({ status: "Healthy" });
  });
});
