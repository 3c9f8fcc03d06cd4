import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  conditionProblem,
  instantOfExpression,
  instantProblem,
  worthOf,
} from "../../../domain/verification/condition.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const success = (result: unknown, successCondition: string) => worthOf(result, { successCondition }, NOW);

/** Conditions that stand in Argo Rollouts' documentation and examples, with a result that fits and one that doesn't. */
const DOCUMENTED: [condition: string, good: unknown, bad: unknown][] = [
  ["result == true", true, false],
  ["result == 'true'", "true", "false"],
  ['result == "I am OK"', "I am OK", "I am not"],
  ["result >= 0.95", 0.95, 0.949],
  ["result <= 0.01", 0.01, 0.02],
  ["result[0] >= 0.95", [0.95], [0.94]],
  ["result[0] >= 0.90", [1], [0.5]],
  ["result[0] <= 0.95", [0.95, 2], [1]],
  ["default(result, 0) < 0.05", null, 0.05],
  ["default(result, 0) < 10", 9, 10],
  ["isNaN(result) || result >= 0.95", Number.NaN, 0.5],
  ["isInf(result)", Infinity, 1],
  ["len(result) == 0 || result[0] >= 0.95", [], [0.1]],
  ["len(result) > 0 && result[0] >= 0.95", [0.99], []],
  ["max(result) < 0.05", [0.01, 0.02], [0.01, 0.06]],
  ["all(result, # < 1000)", [1, 999], [1, 1000]],
  ["all(result, {# > 1})", [2, 2], [1]],
  ["len(result) >= 5 and all(result, {# <= 0.01})", [0, 0, 0, 0, 0.01], [0, 0, 0, 0, 1]],
  ["result.ok && result.successPercent >= 0.90", { ok: true, successPercent: 0.9 }, { ok: false, successPercent: 1 }],
  ["result.successRate >= 0.95", { successRate: 0.95 }, { successRate: 0 }],
  [
    "all(result.service_apdex.values.values, {asFloat(.value) >= 9900})",
    { service_apdex: { values: { values: [{ value: "9900.5" }] } } },
    { service_apdex: { values: { values: [{ value: "9899" }] } } },
  ],
  ["2 in result", [1, 2], [1, 3]],
  ["asInt(result) == 1", "1", "2"],
  ["asInt(result) == 1", 1.123, 2],
  ["asFloat(result) >= 1.1", "1.1", "1.0"],
  ["isNil(result)", null, 1],
];

describe("conditions that Argo Rollouts documents", () => {
  test.each(DOCUMENTED)("%s", (condition, good, bad) => {
    expect(success(good, condition)).toEqual({ phase: "Successful" });
    expect(success(bad, condition)).toEqual({ phase: "Failed" });
    expect(worthOf(bad, { failureCondition: condition }, NOW)).toEqual({ phase: "Successful" });
    expect(worthOf(good, { failureCondition: condition }, NOW)).toEqual({ phase: "Failed" });
  });

  test("without conditions every value is good", () => {
    expect(worthOf([], {}, NOW)).toEqual({ phase: "Successful" });
  });

  test("with both, what fits neither is inconclusive, and failed beats successful", () => {
    const both = { successCondition: "result > 10", failureCondition: "result < 5" };
    expect([11, 7, 4].map((result) => worthOf(result, both, NOW).phase)).toEqual([
      "Successful",
      "Inconclusive",
      "Failed",
    ]);
    expect(worthOf(1, { successCondition: "true", failureCondition: "true" }, NOW).phase).toBe("Failed");
  });

  test.each([
    [true, "1", "expected a bool"],
    [true, "invalidVariable", "unknown name invalidVariable"],
    [true, "result.Name() == 'hi'", "no method Name"],
    [true, "result.name == 'hi'", "a bool has no field name"],
    ["1.1", "asInt(result) == 1.1", "asInt can't make a number of a text"],
    ["NotANum", "asFloat(result) == 1.1", "asFloat can't make a number"],
    ["1.1", 'asFloat(result) == "1.1"', "== does not go between a number and a string"],
    [[], "result[0] >= 0.95", "nothing was measured: the answer is empty"],
    [null, "result >= 0.95", "nothing was measured"],
    [[], "max(result) < 0.05", "nothing was measured"],
    [[1], "result[3] > 1", "index out of range: 3 (the list has 1)"],
    [[1], "result >= 0.95", ">= does not go between a list and a number"],
    [{}, "result.a.b > 1", "nil has no field b"],
    [1, "result &&", "it ends too early"],
    [1, "result > 1)", "unexpected )"],
    [1, "result ~ 1", "unexpected"],
    [1, "constructor", "unknown name constructor"],
    [1, "toString(result) == '1'", "unknown function toString"],
    [{}, "result.__proto__ != nil", undefined],
    [1, "let x = 1; x > 0", 'unexpected "="'],
  ])("%j with %s could not be measured", (result, condition, message) => {
    const { phase, message: said } = success(result, condition);
    expect(phase).toBe(message === undefined ? "Failed" : "Error");
    if (message !== undefined) expect(said).toContain(message);
  });
});

describe("the language", () => {
  test.each([
    ["1 + 2 * 3 == 7", true],
    ["(1 + 2) * 3 == 9", true],
    ["2 ** 3 ** 2 == 512", true],
    ["-2 ** 2 == -4", true],
    ["7 % 4 == 3 and 7 / 2 == 3.5", true],
    ["not false and true", true],
    ["!(1 > 2)", true],
    ["true ? 1 < 2 : false", true],
    ["nil ?? 4 == 4", true],
    ["3 in 1..3", true],
    ["4 not in [1, 2, 3]", true],
    ["'a' in {a: 1}", true],
    ['"hello world" contains "lo w" && "hello" startsWith "he" && "hello" endsWith "lo"', true],
    ['"v1.2.3" matches "^v\\\\d+\\\\."', true],
    ["len('ä') == 1", true],
    ["[1, 2, 3][-1] == 3", true],
    ["[1, 2, 3][1:] == [2, 3]", true],
    ["sum(map([1, 2, 3], # * 2)) == 12", true],
    ["count([1, 2, 3], # > 1) == 2 && any([1], # == 1) && none([1], # == 2) && one([1, 2], # == 1)", true],
    ["filter([1, 2, 3], # > 1) == [2, 3] && find([1, 2], # > 1) == 2", true],
    ["mean([1, 2, 3]) == 2 && median([3, 1, 2]) == 2 && min(3, 1) == 1", true],
    ["[1, 2, 3] | filter(# > 2) | len() == 1", true],
    ["round(2.5) == 3 && floor(-1.5) == -2 && abs(-1) == 1", true],
    ["now() - date('2026-11-21T11:00:00Z') == duration('1h')", true],
    ["result?.a?.b == nil", true],
    ["result['a b'] == nil /* a comment */", true],
    ["1_000 == 1000 && 0x10 == 16 && 1e3 == 1000", true],
  ])("%s", (expression, value) => {
    const { phase, message } = success({}, expression);
    expect({ phase, message }).toEqual({ phase: value ? "Successful" : "Failed", message: undefined });
  });

  test("what is wrong with a condition is told without a value", () => {
    expect(conditionProblem("result[0] >= 0.95")).toBeUndefined();
    expect(conditionProblem("results[0] >= 0.95")).toBe("unknown name results; the value is called result");
    expect(conditionProblem("len(result)")).toBe("expected a bool, but it gives a number");
    expect(conditionProblem("len(result) > 'a'")).toContain("> does not go between a number and a string");
    expect(conditionProblem('result matches "("')).toContain("the pattern ( is not valid");
    expect(conditionProblem(`${"(".repeat(200)}result${")".repeat(200)}`)).toContain("nested deeper");
    expect(conditionProblem("a".repeat(20_000))).toContain("longer than");
  });

  test("times of range queries", () => {
    expect(instantOfExpression('now() - duration("15m")', NOW)).toBe(NOW - 900_000);
    expect(instantOfExpression("now()", NOW)).toBe(NOW);
    expect(instantProblem('now() - duration("15 minutes")')).toContain("is not a duration");
    expect(instantProblem("15")).toContain("not a time");
  });

  test("an expression takes a bounded number of steps, whatever it is asked of", () => {
    const long = Array.from({ length: 10_000 }, (_, index) => index);
    expect(success(long, "all(result, none(result, # == -1))")).toMatchObject({ phase: "Error" });
    expect(success(1, "len(1..100000000) > 1")).toMatchObject({ phase: "Error" });
    expect(success("a".repeat(20_000), 'result matches "(a+)+$b"')).toMatchObject({ phase: "Failed" });
  });

  test("arithmetic and comparison are those of the numbers, whatever they are", () => {
    const number = fc.double({ noDefaultInfinity: false });
    fc.assert(
      fc.property(number, number, (a, b) => {
        const result = { a, b };
        const is = (expression: string): boolean => success(result, expression).phase === "Successful";
        expect(is("result.a < result.b")).toBe(a < b);
        expect(is("result.a >= result.b")).toBe(a >= b);
        expect(is("result.a == result.b")).toBe(a === b);
        expect(is("result.a + result.b > result.a * result.b")).toBe(a + b > a * b);
        expect(is("isNaN(result.a)")).toBe(Number.isNaN(a));
      }),
    );
  });

  test("no text makes it throw anything but what is a problem", () => {
    const word = fc.constantFrom(
      ..."( ) [ ] { } . ? : , # | ! == < + - * / % ** .. ?? and or not in true nil 1 'a' result len all map now".split(
        " ",
      ),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        const expression = words.join(" ");
        const { phase } = success([1], expression);
        expect(["Successful", "Failed", "Error"]).toContain(phase);
        if (conditionProblem(expression) !== undefined) expect(phase).toBe("Error");
      }),
      { numRuns: 2_000 },
    );
  });
});
