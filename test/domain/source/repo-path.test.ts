import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { joinRepoPath, nameOf, parentOf, refusedRepoPath } from "../../../domain/source/repo-path.ts";

describe("joinRepoPath", () => {
  it.each([
    ["apps/a", "../base", "apps/base"],
    ["", "x/./y", "x/y"],
    [".", "x", "x"],
    ["a", "..", ""],
    ["a", "../..", undefined],
    ["", "..", undefined],
    ["a/b", "../../c/../../x", undefined],
    ["a", "b//c/", "a/b/c"],
  ])("%s and %s are %s", (base, relative, joined) => {
    expect(joinRepoPath(base, relative)).toBe(joined);
  });

  it("never leaves the repository", () => {
    const part = fc.constantFrom("..", ".", "", "a", "b", "...", "..a");
    fc.assert(
      fc.property(fc.array(part), fc.array(part), (base, relative) => {
        const joined = joinRepoPath(joinRepoPath("", base.join("/")) ?? "", relative.join("/"));
        if (joined !== undefined) expect(joined.split("/")).not.toContain("..");
      }),
    );
  });
});

it("parentOf and nameOf take a path apart", () => {
  expect([parentOf("a/b/c"), nameOf("a/b/c"), parentOf("a"), nameOf("a")]).toEqual(["a/b", "c", "", "a"]);
});

describe("refusedRepoPath", () => {
  it.each(["apps/a", ".", "", "a/../b"])("takes %j", (path) => {
    expect(refusedRepoPath(path)).toBeUndefined();
  });
  it.each(["/etc", "..", "a/../..", "a\\b", "a\nb", "a\0", ".git", "x/.git/config", "x/.GIT"])("refuses %j", (path) => {
    expect(refusedRepoPath(path)).toBeTypeOf("string");
  });
});
