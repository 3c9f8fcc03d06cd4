import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { globMatches, globsAllow } from "../../../domain/project/glob.ts";

describe("a glob", () => {
  test.each<[string, string, boolean]>([
    ["*", "", true],
    ["*", "anything/at all", true],
    ["team-*", "team-a", true],
    ["team-*", "team-", true],
    ["team-*", "a-team-b", false],
    ["*-prod", "shop-prod", true],
    ["a*b*c", "aXbYc", true],
    ["a*b*c", "aXcYb", false],
    ["?at", "cat", true],
    ["?at", "at", false],
    ["{dev,test}-*", "test-1", true],
    ["{dev,test}-*", "prod-1", false],
    ["{a,b}{c,d}", "bd", true],
    ["a.b", "aXb", false],
    ["a+", "aa", false],
    ["", "", true],
    ["", "x", false],
    ["[ab]", "a", false],
  ])("%j on %j is %j", (pattern, text, expected) => {
    expect(globMatches(pattern, text)).toBe(expected);
  });

  test.each<[string, string, boolean]>([
    ["https://git.example/team/*", "https://git.example/team/shop.git", true],
    ["https://git.example/*", "https://git.example/team/shop.git", false],
    ["https://git.example/**", "https://git.example/team/shop.git", true],
    ["*", "https://git.example/team/shop.git", true],
    ["https://git.example?team", "https://git.example/team", false],
  ])("with a separator, %j on %j is %j", (pattern, text, expected) => {
    expect(globMatches(pattern, text, "/")).toBe(expected);
  });

  test("without its own signs matches itself only", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (text, other) => {
        fc.pre(!/[*?{}]/.test(text));
        expect(globMatches(text, text)).toBe(true);
        expect(globMatches(text, text + other)).toBe(other === "");
      }),
    );
  });

  test("agrees with the regular expression that says the same", () => {
    const part = fc.constantFrom("a", "b", "/", "*", "?", "**");
    const text = fc.array(fc.constantFrom("a", "b", "/"), { maxLength: 8 }).map((all) => all.join(""));
    const expression = (pattern: string): RegExp =>
      new RegExp(
        `^(?:${pattern.replace(/\*+|\?/g, (found) => (found === "?" ? "[^/]" : found === "*" ? "[^/]*" : ".*"))})$`,
      );
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 6 }).map((all) => all.join("")),
        text,
        (pattern, value) => {
          fc.pre(pattern !== "*" && pattern !== "**");
          expect(globMatches(pattern, value, "/")).toBe(expression(pattern).test(value));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("made to be slow ends all the same (a back-tracking matcher would run into the time limit)", () => {
    expect(globMatches("*a".repeat(200), "a".repeat(5_000) + "b")).toBe(false);
    expect(globMatches("{a,b}".repeat(200), "x")).toBe(false);
  });
});

describe("a list of globs", () => {
  test("allows nothing when it is empty, and what one allows and none denies", () => {
    expect(globsAllow([], "a")).toBe(false);
    expect(globsAllow(["!b"], "a")).toBe(false);
    expect(globsAllow(["a*"], "ab")).toBe(true);
    expect(globsAllow(["a*", "!ab"], "ab")).toBe(false);
    expect(globsAllow(["!ab", "a*"], "ac")).toBe(true);
  });
});
