import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classifyTarget, pickRevision, refusedRef } from "../../../domain/source/revision.ts";

const sha = (digit: string) => digit.repeat(40);

describe("classifyTarget", () => {
  it.each([
    ["HEAD", { kind: "head" }],
    ["", { kind: "head" }],
    [sha("A"), { kind: "commit", commit: sha("a") }],
    ["a".repeat(64), { kind: "commit", commit: "a".repeat(64) }],
    ["main", { kind: "name", name: "main" }],
    ["v1.2.3", { kind: "name", name: "v1.2.3" }],
    ["1.2", { kind: "name", name: "1.2" }],
    ["refs/heads/main", { kind: "name", name: "refs/heads/main" }],
    ["release-1.x-branch", { kind: "name", name: "release-1.x-branch" }],
    ["^1.2", { kind: "range", range: "^1.2" }],
    ["1.2.x", { kind: "range", range: "1.2.x" }],
    ["*", { kind: "range", range: "*" }],
    [">=1 <2", { kind: "range", range: ">=1 <2" }],
  ])("%j", (text, target) => {
    expect(classifyTarget(text)).toEqual(target);
  });
});

describe("pickRevision", () => {
  const refs = new Map([
    ["HEAD", sha("1")],
    ["refs/heads/main", sha("1")],
    ["refs/heads/both", sha("2")],
    ["refs/tags/both", sha("3")],
    ["refs/tags/v1.0.0", sha("4")],
    ["refs/tags/v1.0.0^{}", sha("5")],
    ["refs/tags/v1.10.0", sha("6")],
    ["refs/tags/1.9.0", sha("7")],
    ["refs/tags/v2.0.0-rc.1", sha("8")],
    ["refs/tags/not-a-version", sha("9")],
    ["refs/pull/7/head", sha("a")],
  ]);
  const pick = (text: string) => pickRevision(classifyTarget(text), refs);

  it("takes a branch, and the peeled commit of an annotated tag", () => {
    expect(pick("main")).toEqual({ revision: sha("1"), ref: "refs/heads/main" });
    expect(pick("HEAD")).toEqual({ revision: sha("1"), ref: "HEAD" });
    expect(pick("v1.0.0")).toEqual({ revision: sha("5"), ref: "refs/tags/v1.0.0" });
    expect(pick("refs/pull/7/head")?.revision).toBe(sha("a"));
    expect(pick("pull/7/head")?.revision).toBe(sha("a"));
  });

  it("prefers a branch over a tag of the same name, unless the full ref is given", () => {
    expect(pick("both")?.revision).toBe(sha("2"));
    expect(pick("refs/tags/both")?.revision).toBe(sha("3"));
  });

  it("takes the highest version of a range, by number and not by letter", () => {
    expect(pick("^1.0")).toEqual({ revision: sha("6"), ref: "refs/tags/v1.10.0" });
    expect(pick("~1.0")).toEqual({ revision: sha("5"), ref: "refs/tags/v1.0.0" });
    expect(pick("*")?.ref).toBe("refs/tags/v1.10.0");
    expect(pick(">=2.0.0-0")?.ref).toBe("refs/tags/v2.0.0-rc.1");
    expect(pick("^3")).toBeUndefined();
  });

  it("finds nothing for a name that is not there", () => {
    expect(pick("nope")).toBeUndefined();
    expect(pick("refs/heads/nope")).toBeUndefined();
  });
});

describe("refusedRef", () => {
  it.each(["main", "feature/x", "refs/heads/a-b", "v1.2.3", "ümlaut"])("takes %s", (ref) => {
    expect(refusedRef(ref)).toBeUndefined();
  });
  it.each([
    "",
    "@",
    "-x",
    "--upload-pack=x",
    "a b",
    "a\nb",
    "a\0b",
    "a..b",
    "../../x",
    "a~1",
    "a^",
    "a:b",
    "a?",
    "a*",
    "a[",
    "a\\b",
  ])("refuses %j", (ref) => {
    expect(refusedRef(ref)).toBeTypeOf("string");
  });
  it.each(["a//b", "/a", "a/", "a.", ".a", "a/.b", "a.lock", "a.lock/b", "a@{1}", "x".repeat(256)])(
    "refuses %j",
    (ref) => {
      expect(refusedRef(ref)).toBeTypeOf("string");
    },
  );
  it("lets nothing through that could be an option, a refspec or a second line", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (ref) => {
        if (refusedRef(ref) !== undefined) return;
        expect(ref).not.toMatch(/^-|[:~^*?[\\ \t\n\v\f\r\0]|\.\./);
      }),
      { numRuns: 2_000 },
    );
  });
});
