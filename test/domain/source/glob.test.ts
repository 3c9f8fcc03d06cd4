import fc from "fast-check";
import picomatch from "picomatch";
import { expect, it } from "vitest";
import { matchGlob } from "../../../domain/source/glob.ts";

it.each([
  ["*.yaml", "a.yaml", true],
  ["*.yaml", "sub/a.yaml", true],
  ["*.yaml", "a.yml", false],
  ["{a,b}/*.yaml", "a/x.yaml", true],
  ["{a,b}/*.yaml", "c/x.yaml", false],
  ["a?.yaml", "ab.yaml", true],
  ["[ab].yaml", "a.yaml", true],
  ["[!ab].yaml", "a.yaml", false],
  ["[a-c]x", "bx", true],
  ["\\*.yaml", "*.yaml", true],
  ["\\*.yaml", "a.yaml", false],
  ["{*.yaml,*.json}", "x.json", true],
])("as Argo CD's include and exclude: %s against %s is %s", (pattern, text, expected) => {
  expect(matchGlob(pattern, text)).toBe(expected);
});

it.each([
  ["env/*.yaml", "env/a.yaml", true],
  ["env/*.yaml", "env/sub/a.yaml", false],
  ["env/**/x.yaml", "env/a/b/x.yaml", true],
  ["env/**.yaml", "env/a/b/x.yaml", true],
])("with a separator: %s against %s is %s", (pattern, text, expected) => {
  expect(matchGlob(pattern, text, "/")).toBe(expected);
});

it("agrees with picomatch on plain patterns within one segment", () => {
  const pattern = fc
    .array(fc.constantFrom("a", "b", "*", "?", "[ab]"), { minLength: 1, maxLength: 6 })
    .map((p) => p.join(""));
  fc.assert(
    fc.property(
      pattern.filter((text) => !text.includes("**")),
      fc.stringMatching(/^[abc]{1,6}$/),
      (glob, text) => {
        expect(matchGlob(glob, text, "/")).toBe(picomatch.isMatch(text, glob, { bash: true }));
      },
    ),
  );
});

it("comes to an end with a hostile pattern", () => {
  expect(matchGlob("*a".repeat(200), "a".repeat(2_000) + "b")).toBe(false);
});
