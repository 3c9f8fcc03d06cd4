import fc from "fast-check";
import semver from "semver";
import { describe, expect, it } from "vitest";
import { compareVersions, parseRange, parseVersion } from "../../../domain/source/semver-range.ts";

const fits = (range: string, version: string) => parseRange(range)?.(parseVersion(version)!);

describe("parseRange reads the grammar of Masterminds/semver 3", () => {
  // From its README and its constraints_test.go.
  it.each([
    ["=2.0.0", "1.2.3", false],
    ["=2.0.0", "2.0.0", true],
    ["=2.0", "2.0.1", true],
    ["=2", "2.5.0", true],
    ["4.1", "4.1.0", true],
    ["!=4.1.0", "4.1.1", true],
    ["!=4.1.0", "4.1.0", false],
    ["!=4.x", "5.1.0", true],
    ["!=4.x", "4.1.0", false],
    [">1.1", "4.1.0", true],
    [">1.1", "1.1.1", false],
    [">1.1", "1.2.0", true],
    [">0", "0.0.1-alpha", false],
    [">0", "0", false],
    [">0", "1", true],
    ["<1.1", "1.0.9", true],
    ["<1.1", "1.1.0", false],
    [">=11.1.3", "11.1.2", false],
    [">=1.1", "1.1.0", true],
    [">= 1.1, < 2", "1.9.9", true],
    [">= 1.1, < 2", "2.0.0", false],
    [">=1.1 <2", "1.5.0", true],
    ["<=1.1", "1.1.1", true],
    ["<=1.1", "1.2.0", false],
    ["=< 1.1", "1.1.9", true],
    ["=> 1.1", "1.1.9", true],
    ["~1.2.3", "1.2.9", true],
    ["~1.2.3", "1.3.0", false],
    ["~1.2", "1.2.9", true],
    ["~1.2", "1.3.0", false],
    ["~1", "1.9.9", true],
    ["~1", "2.0.0", false],
    ["~>1.2.3", "1.2.4", true],
    ["^1.2.3", "1.9.9", true],
    ["^1.2.3", "2.0.0", false],
    ["^0.2.3", "0.2.9", true],
    ["^0.2.3", "0.3.0", false],
    ["^0.0.3", "0.0.3", true],
    ["^0.0.3", "0.0.4", false],
    ["^0.0", "0.0.9", true],
    ["^0.0", "0.1.0", false],
    ["^0", "0.9.0", true],
    ["^0", "1.0.0", false],
    ["1.2.x", "1.2.7", true],
    ["1.2.x", "1.3.0", false],
    ["1.x", "1.9.0", true],
    ["*", "1.2.3", true],
    ["*", "1.2.3-beta", false],
    [">= 1.2.x", "1.2.0", true],
    ["<= 2.x", "2.9.9", true],
    ["<= 2.x", "3.0.0", false],
    ["1.2 - 1.4.5", "1.4.5", true],
    ["1.2 - 1.4.5", "1.4.6", false],
    ["1.2 - 1.4.5", "1.1.9", false],
    ["<1.1 || >=2", "1.5.0", false],
    ["<1.1 || >=2", "2.5.0", true],
    [">=1.2.3", "1.2.4-beta.1", false],
    [">=1.2.3-0", "1.2.4-beta.1", true],
    ["^1.2.0-0", "1.3.0-rc.1", true],
    ["v1.2.3", "1.2.3", true],
    ["1.2.3+build", "1.2.3", true],
  ])("%s against %s is %s", (range, version, expected) => {
    expect(fits(range, version)).toBe(expected);
  });

  it.each(["", "main", "foo >= 1", "1.2.3.4", "^", "> 1 < ", "01.2.3", "release-1.2"])("%j is no range", (text) => {
    expect(parseRange(text)).toBeUndefined();
  });

  it("agrees with npm's semver where the two grammars say the same", () => {
    const number = fc.integer({ min: 0, max: 4 });
    const version = fc.tuple(number, number, number).map((parts) => parts.join("."));
    const comparison = fc
      .tuple(fc.constantFrom("=", ">", "<", ">=", "<=", "^", "~"), version)
      .map((parts) => parts.join(""));
    const range = fc.array(fc.array(comparison, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 });
    fc.assert(
      fc.property(range, version, (alternatives, candidate) => {
        const ours = alternatives.map((all) => all.join(", ")).join(" || ");
        const theirs = alternatives.map((all) => all.join(" ")).join(" || ");
        expect(fits(ours, candidate)).toBe(semver.satisfies(candidate, theirs));
      }),
      { numRuns: 2_000 },
    );
  });
});

it("orders versions as semver 2 does", () => {
  const identifier = fc.oneof(fc.constantFrom("alpha", "beta", "rc"), fc.nat(20).map(String));
  const pre = fc.array(identifier, { maxLength: 3 }).map((parts) => (parts.length === 0 ? "" : `-${parts.join(".")}`));
  const version = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3), pre).map(([a, b, c, tail]) => `${a}.${b}.${c}${tail}`);
  fc.assert(
    fc.property(version, version, (a, b) => {
      expect(Math.sign(compareVersions(parseVersion(a)!, parseVersion(b)!))).toBe(semver.compare(a, b));
    }),
    { numRuns: 2_000 },
  );
});
