import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { celProblems, checkByCel } from "../../../adapters/health-checks/cel.ts";

type Rule = Parameters<typeof checkByCel>[0][number];

const rule = (status: Rule["status"], when: string, message?: string): Rule => ({
  status,
  when,
  ...(message && { message }),
});
const object = (status: unknown): string =>
  JSON.stringify({ metadata: { generation: 2 }, spec: { replicas: 3 }, status });

describe("rules in CEL", () => {
  const rules = [
    rule("Degraded", 'object.status.phase == "Failed"', '"it failed: " + object.status.reason'),
    rule("Suspended", "object.spec.paused"),
    rule("Healthy", 'object.status.phase == "Ready" && object.status.observedGeneration >= object.metadata.generation'),
  ];

  test("the first that is true says the health, with its message", () => {
    expect(checkByCel(rules, object({ phase: "Failed", reason: "disk full" }))).toEqual({
      outcome: "judged",
      status: "Degraded",
      message: "it failed: disk full",
    });
    expect(checkByCel(rules, object({ phase: "Ready", observedGeneration: 2 }))).toEqual({
      outcome: "judged",
      status: "Healthy",
    });
  });

  test("a field that is not there makes a rule false, and a message silent", () => {
    expect(checkByCel(rules, object(undefined))).toEqual({ outcome: "silent", waits: true });
    expect(checkByCel(rules, object({ phase: "Failed" }))).toMatchObject({
      status: "Degraded",
      message: /as its own check says/,
    });
    expect(
      checkByCel([rule("Degraded", 'object.status.conditions[3].type == "x"')], object({ conditions: [] })),
    ).toEqual({
      outcome: "silent",
      waits: false,
    });
  });

  test("conditions, texts, whole numbers and optional fields are read as in any CEL", () => {
    const conditions = [{ type: "Ready", status: "True", message: "all fine" }];
    const yes = (when: string) =>
      checkByCel([rule("Healthy", when)], object({ conditions, ready: 3, share: 0.5, big: 2 ** 60 }));
    for (const when of [
      'object.status.conditions.exists(c, c.type == "Ready" && c.status == "True")',
      'object.status.conditions.filter(c, c.type == "Ready")[0].message.startsWith("all")',
      "object.status.ready == object.spec.replicas && object.status.ready + 1 == 4 && object.status.ready / 2 == 1",
      "object.status.share < 1.0 && object.status.big > 1000000",
      'object.?status.?phase.orValue("none") == "none" && !has(object.status.phase)',
      "size(object.status.conditions) == 1",
    ]) {
      expect(yes(when), when).toEqual({ outcome: "judged", status: "Healthy" });
    }
  });

  test("what can't be evaluated, or is neither true nor false, fails with the rule's number", () => {
    expect(checkByCel([rule("Healthy", "true && object.status.phase + 1 == 2")], object({ phase: "x" }))).toEqual({
      outcome: "failed",
      message: expect.stringMatching(/^rule 1 \(Healthy\): no such overload/),
    });
    expect(
      checkByCel([rule("Degraded", "false"), rule("Healthy", "object.status.phase")], object({ phase: "x" })),
    ).toEqual({
      outcome: "failed",
      message: "rule 2 (Healthy): `when` gave a string, not true or false",
    });
  });

  test("nothing but the object is in reach, and nothing of JavaScript behind it", () => {
    for (const when of [
      "object.constructor == null",
      "object.__proto__ == null",
      'object.status["constructor"] == null',
    ]) {
      expect(checkByCel([rule("Healthy", when)], object({})).outcome, when).not.toBe("judged");
    }
    expect(checkByCel([rule("Healthy", "process.exit(1)")], object({})).outcome).toBe("failed");
  });

  test("a message of any length is kept short", () => {
    const long = checkByCel([rule("Degraded", "true", "object.status.text")], object({ text: "x".repeat(100_000) }));
    expect(long).toMatchObject({ outcome: "judged" });
    expect((long as { message: string }).message).toHaveLength(1_000);
  });

  test("whatever an object holds, an outcome comes back", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (status) => {
        expect(["judged", "silent", "failed"]).toContain(checkByCel(rules, object(status)).outcome);
      }),
    );
  });
});

describe("looking rules over", () => {
  test.each([
    ['object.status.phase == "Ready"', []],
    ["object.status.ready", []],
    ["object.status.phase ==", [/not valid CEL: it ends where something is still expected$/]],
    ["object.status.phase = 1", [/not valid CEL: .*\(at character 21\)$/]],
    ["phase == 1", [/not valid CEL: .*phase \(at character 1\); the object is called `object`/]],
    ['"a" + 1 == 2', [/not valid CEL: no such overload/]],
    ['"Ready"', [/must be true or false, and is string/]],
    [`${"(".repeat(5_000)}1`, [/not valid CEL/]],
  ])("%.40s", (when, expected) => {
    const problems = celProblems([rule("Healthy", when)]);
    expect(problems.map(({ path }) => path)).toEqual(expected.map(() => ["cel", 0, "when"]));
    for (const [at, text] of expected.entries()) expect(problems[at]?.message).toMatch(text);
  });

  test("a message has to be a text, and a problem names the rule", () => {
    expect(celProblems([rule("Healthy", "true"), rule("Degraded", "true", "[1, 2]")])).toEqual([
      { path: ["cel", 1, "message"], message: "must be a text, and is list<int>" },
    ]);
  });
});
