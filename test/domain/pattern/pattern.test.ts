import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPattern, newEffort, patternProblem } from "../../../domain/pattern/pattern.ts";

const matches = (pattern: string, text: string): boolean => createPattern(pattern).test(text, newEffort());
const all = (pattern: string, text: string): string[] => createPattern(pattern).all(text, newEffort(), 1_000);

/** Expressions whose meaning is the same in RE2 and in JavaScript. */
const atom = fc.oneof(
  fc.constantFrom(
    "a",
    "b",
    "c",
    "1",
    "-",
    ".",
    "[ab]",
    "[^a]",
    "[a-c1]",
    "\\d",
    "\\w",
    "\\D",
    "\\.",
    "^",
    "$",
    "\\b",
    "\\B",
  ),
  fc.constantFrom("ab", "a1"),
);
const { pattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
  part: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    atom,
    tie("pattern").map((inner) => `(?:${inner})`),
    tie("pattern").map((inner) => `(${inner})`),
    fc
      .tuple(tie("pattern"), fc.constantFrom("*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{0,2}?", "{2,}"))
      .map(([inner, repeat]) => `(?:${inner})${repeat}`),
  ),
  pattern: fc.oneof(
    fc.array(tie("part"), { minLength: 1, maxLength: 4 }).map((parts) => parts.join("")),
    fc.tuple(tie("part"), tie("part")).map(([left, right]) => `${left}|${right}`),
  ),
}));
const subject = fc.string({ unit: fc.constantFrom("a", "b", "c", "1", "-", ".", "\n"), maxLength: 12 });

describe("what an expression matches", () => {
  it("is what JavaScript's own engine says, for expressions that mean the same there", () => {
    fc.assert(
      fc.property(pattern, subject, (source, text) => {
        expect(matches(source, text)).toBe(new RegExp(source, "u").test(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it("is found at the same places and in the same length, as long as nothing repeated is empty", () => {
    const plain = fc
      .array(
        fc.tuple(
          fc.constantFrom("a", "b", "[ab]", "\\d", "(?:ab|a)", "(?:a|ab)", "[^-]", "."),
          fc.constantFrom("", "*", "+", "?", "+?", "*?", "{1,2}"),
        ),
        { minLength: 1, maxLength: 5 },
      )
      .map((parts) => parts.map((part) => part.join("")).join(""));
    fc.assert(
      fc.property(plain, subject, (source, text) => {
        const expected = [...text.matchAll(new RegExp(source, "gu"))]
          .map(([found]) => found)
          .filter((each) => each !== "");
        expect(all(source, text)).toEqual(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["^v1\\.", "v1.2.3", true],
    ["^v1\\.", "v11.2", false],
    ["(?i)^RELEASE-", "release-1", true],
    ["^(?P<version>\\d+)-prod$", "12-prod", true],
    ["^(?<version>\\d+)-prod$", "12-prod", true],
    ["[[:digit:]]+$", "a12", true],
    ["[]a]", "]", true],
    ["^\\x41\\x{1F600}$", "A😀", true],
    ["^.$", "😀", true],
    ["", "anything", true],
  ])("%s on %s: %s", (source, text, expected) => {
    expect(matches(source, text)).toBe(expected);
  });

  it("tickets of a message come in their order", () => {
    expect(all("[A-Z][A-Z0-9]+-[0-9]+", "SHOP-12: fix (OPS-7, SHOP-12), not shop-1")).toEqual([
      "SHOP-12",
      "OPS-7",
      "SHOP-12",
    ]);
  });
});

describe("what can't be an expression", () => {
  it.each([
    ["(a", "a `(` is not closed"],
    ["a)", "a `)` closes nothing"],
    ["[a", "a `[` is not closed"],
    ["*a", "there is nothing that `*` could repeat"],
    ["a**", "a repetition is repeated"],
    ["(a)\\1", "back-references can't be matched in linear time"],
    ["(?=a)", "look-around can't be matched in linear time: (?=a"],
    ["(?<!a)b", "look-around can't be matched in linear time: (?<!"],
    ["a{2,1}", "a repetition's bounds are the wrong way round"],
    ["a{1001}", "a part is repeated more than 1000 times"],
    ["(?:(?:a{100}){100}){100}", "it is too large: its repetitions multiply"],
    ["\\q", "\\q means nothing here"],
    ["a\\", "it ends with a backslash"],
    ["[z-a]", "a range in [ ] is the wrong way round"],
    ["(".repeat(200), "groups are nested deeper than 100"],
  ])("%s: %s", (source, problem) => {
    expect(patternProblem(source)).toBe(problem);
    expect(() => createPattern(source)).toThrow(expect.objectContaining({ code: "InvalidInput" }) as Error);
  });

  it("whatever the text is, reading it ends with an expression or a sentence", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from("ab1()[]{}*+?|\\^$.,-:<>=!P")), maxLength: 30 }),
        (source) => {
          const problem = patternProblem(source);
          if (problem === undefined) expect(typeof matches(source, "aab1")).toBe("boolean");
          else expect(problem).not.toBe("");
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe("time", () => {
  it.each(["(a+)+$", "(a|a)*b", "(a*)*c", "(?:a?){200}a{200}"])("%s does not explode", (source) => {
    const effort = newEffort();
    const before = effort.steps;
    createPattern(source).test("a".repeat(400), effort);
    expect(before - effort.steps).toBeLessThan(2_000_000);
  });

  it("work beyond the effort ends with a sentence", () => {
    const effort = { steps: 1_000 };
    expect(() => createPattern("(a|b)*c").test("ab".repeat(1_000), effort)).toThrow("takes too long");
  });
});
