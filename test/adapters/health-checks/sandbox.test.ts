import { afterAll, describe, expect, test } from "vitest";
import { createHealthSandbox, SANDBOX_LIMITS } from "../../../adapters/health-checks/sandbox.ts";

const healthy = { lua: "return { status = 'Healthy' }" };
const loop = (name: string) => ({ lua: `-- ${name}\nwhile true do end` });
/** No hook of the virtual machine is called in there. */
const deaf = { lua: "return string.find(string.rep('a', 5000), string.rep('a*', 40) .. 'b')" };

const sandbox = createHealthSandbox({ ...SANDBOX_LIMITS, milliseconds: 300 });
afterAll(() => sandbox.close());

describe("the sandbox", () => {
  test("runs CEL and Lua", async () => {
    expect(await sandbox.judge(healthy, "{}")).toEqual({ outcome: "judged", status: "Healthy" });
    const cel = { cel: [{ status: "Degraded" as const, when: "object.x == 1" }] };
    expect(await sandbox.judge(cel, '{"x":1}')).toMatchObject({ outcome: "judged", status: "Degraded" });
  });

  test("a check that loops is an outcome with its reason, and what answered before is not held up by it", async () => {
    await sandbox.judge(healthy, "{}");
    let ended = false;
    const looping = sandbox.judge(loop("a"), "{}").finally(() => (ended = true));
    expect(await sandbox.judge(healthy, "{}")).toMatchObject({ status: "Healthy" });
    expect(ended).toBe(false);
    expect(await looping).toMatchObject({ outcome: "failed", message: /^it exceeded 0.3 s/ });
  });

  test("what went too far once is not run again for a while, however many objects ask", async () => {
    const check = loop("b");
    const all = await Promise.all(Array.from({ length: 50 }, () => sandbox.judge(check, "{}")));
    expect(all.every((one) => one.outcome === "failed" && /exceeded/.test(one.message))).toBe(true);
    // Fifty times the limit would be fifteen seconds.
    const before = performance.now();
    expect(await sandbox.judge(check, "{}")).toMatchObject({ outcome: "failed" });
    expect(performance.now() - before).toBeLessThan(200);
  });

  test("what the virtual machine can't stop is ended from outside", async () => {
    expect(await sandbox.judge(deaf, "{}")).toMatchObject({ outcome: "failed", message: /exceeded/, tooFar: true });
    expect(await sandbox.judge({ lua: "return { status = 'Healthy', message = 'after' }" }, "{}")).toMatchObject({
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
    expect(await sandbox.judge(slow, JSON.stringify({ l: list }))).toMatchObject({ outcome: "failed", tooFar: true });
    const large = "object.l.map(a, object.l.map(b, object.l.map(c, object.l.map(d, [a, b, c, d]))))";
    const bomb = { cel: [{ status: "Healthy" as const, when: `size(${large}) > 0` }] };
    expect(await sandbox.judge(bomb, JSON.stringify({ l: list }))).toMatchObject({ outcome: "failed", tooFar: true });
    expect(await sandbox.judge(healthy, "{}")).toMatchObject({ status: "Healthy" });
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
    expect(await sandbox.judge(healthy, "{}")).toMatchObject({ status: "Healthy" });
  });
});
