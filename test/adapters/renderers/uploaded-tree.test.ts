import { describe, expect, test } from "vitest";
import { uploadedTree } from "../../../adapters/renderers/uploaded-tree.ts";

const file = (path: string, text = path) => ({ path, content: Buffer.from(text) });

test("files that were sent are read as a commit is", async () => {
  const tree = uploadedTree([file("b/c.yaml"), file("a.yaml"), file("b/d/e.yaml")]);
  expect(tree.revision).toBe("local");
  expect((await tree.list("")).map(({ path, type }) => `${path} ${type}`)).toEqual(["a.yaml blob", "b tree"]);
  expect((await tree.list("b", { recursive: true })).map(({ path }) => path)).toEqual([
    "b/c.yaml",
    "b/d",
    "b/d/e.yaml",
  ]);
  expect(Buffer.from(await tree.read("b/c.yaml")).toString()).toBe("b/c.yaml");
  expect(await tree.entry("b")).toMatchObject({ type: "tree", mode: "040000" });
  expect((await tree.entries(["", ".", "none"])).map((entry) => entry?.type)).toEqual(["tree", "tree", undefined]);
});

test("directories of the same content have the same id, of another one another", async () => {
  const one = uploadedTree([file("x/a", "1"), file("y/a", "1"), file("z/a", "2")]);
  const ids = await one.entries(["x", "y", "z"]);
  expect(ids[0]?.oid).toBe(ids[1]?.oid);
  expect(ids[0]?.oid).not.toBe(ids[2]?.oid);
});

test("a file above the limit is not read", async () => {
  const tree = uploadedTree([file("a", "12345")]);
  const { oid } = (await tree.entry("a"))!;
  await expect(tree.readBlob(oid, 4)).rejects.toMatchObject({ code: "RenderLimit" });
});

describe("a path that a file system would take elsewhere", () => {
  test.each([
    ["../a", "it leaves the repository"],
    ["a/../b", "`..`"],
    ["/etc/passwd", "no path of a file"],
    ["a//b", "no path of a file"],
    ["./a", "no path of a file"],
    ["a/", "no path of a file"],
    [".git/config", "`.git`"],
    ["sub/.GIT/hooks/x", "`.git`"],
    ["a\\b", "backslash"],
    ["a\nb", "control characters"],
    ["", "no path of a file"],
  ])("%j is refused", (path, message) => {
    expect(() => uploadedTree([file(path)])).toThrow(message);
  });

  test.each([
    [["a", "a"], "it is there twice"],
    [["a", "a/b"], "a is a file"],
    [["a/b", "a"], "it is there twice"],
  ])("%j are refused together", (paths, message) => {
    expect(() => uploadedTree(paths.map((path) => file(path)))).toThrow(message);
  });
});
