import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  pathOfPointer,
  pathsOfJq,
  pointerNames,
  valueAt,
  withoutPaths,
  withValues,
  type JsonPath,
} from "../../../domain/diff/path.ts";

const object = { spec: { replicas: 3, list: ["a", "b", "c"], "a/b": { "x~y": 1 } }, empty: {} };

describe("a JSON pointer", () => {
  test("is taken apart as RFC 6901 has it", () => {
    expect(pointerNames("/spec/a~1b/x~0y")).toEqual(["spec", "a/b", "x~y"]);
    expect(pointerNames("")).toEqual([]);
    expect(pointerNames("/~01")).toEqual(["~1"]);
  });

  test.each([
    ["/spec/replicas", ["spec", "replicas"]],
    ["/spec/list/1", ["spec", "list", 1]],
    ["/spec/a~1b/x~0y", ["spec", "a/b", "x~y"]],
    ["/spec/list/3", undefined],
    ["/spec/list/01", undefined],
    ["/spec/list/-1", undefined],
    ["/spec/replicas/x", undefined],
    ["/toString", undefined],
  ])("%s names what is there and nothing else", (pointer, path) => {
    expect(pathOfPointer(object, pointer)).toEqual(path);
  });
});

describe("a path of jq", () => {
  test.each([
    [["spec", "list", -1], [["spec", "list", 2]]],
    [
      ["spec", "list", { start: 1, end: null }],
      [
        ["spec", "list", 1],
        ["spec", "list", 2],
      ],
    ],
    [
      ["spec", "list", { start: null, end: -1 }],
      [
        ["spec", "list", 0],
        ["spec", "list", 1],
      ],
    ],
    [["spec", "gone"], []],
    [["spec", "replicas", 0], []],
    [["spec", ["b"]], []],
  ])("%j names the places of a value", (steps, paths) => {
    expect(pathsOfJq(object, steps)).toEqual(paths);
  });
});

test("what is left empty by a cut goes with it, what was empty stays", () => {
  expect(withoutPaths({ a: { b: { c: 1 } }, d: {} }, [["a", "b", "c"]])).toEqual({ d: {} });
  expect(
    withoutPaths({ list: [{ name: "x" }, { name: "y", v: 1 }] }, [
      ["list", 0, "name"],
      ["list", 1, "v"],
    ]),
  ).toEqual({
    list: [{ name: "y" }],
  });
  expect(withoutPaths({ a: 1 }, [["a"]])).toEqual({});
});

test("values are changed where they are, and made nowhere", () => {
  const changes = [
    { path: ["spec", "replicas"], value: 7 },
    { path: ["spec", "list", 0], value: "z" },
    { path: ["spec", "gone", "deep"], value: 1 },
  ];
  expect(withValues(object, changes)).toEqual({
    ...object,
    spec: { ...object.spec, replicas: 7, list: ["z", "b", "c"] },
  });
});

const tree = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(1, "x", true, null),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "c", "d/e"), tie("value"), { maxKeys: 3 }),
  ),
})).value;

const allPaths = (value: unknown): JsonPath[] =>
  value === null || typeof value !== "object"
    ? []
    : Object.entries(value).flatMap(([name, item]) => {
        const key = Array.isArray(value) ? Number(name) : name;
        return [[key], ...allPaths(item).map((path) => [key, ...path])];
      });

test("whatever is cut: nothing cut is left, nothing else is touched, and cutting again changes nothing", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom("a", "b", "c"), tree, { minKeys: 1 }),
      fc.infiniteStream(fc.boolean()),
      (value, dice) => {
        const paths = allPaths(value);
        const chosen = paths.filter(() => dice.next().value === true);
        const before = structuredClone(value);
        const after = withoutPaths(value, chosen);
        expect(value).toEqual(before);
        // By names only: positions move up when an item goes.
        for (const path of chosen.filter((steps) => steps.every((step) => typeof step === "string"))) {
          expect(valueAt(after, path)).toBeUndefined();
        }
        for (const path of paths.filter((steps) => steps.every((step) => typeof step === "string"))) {
          const related = chosen.some(
            (cut) => cut.every((step, at) => path[at] === step) || path.every((step, at) => cut[at] === step),
          );
          if (!related) expect(valueAt(after, path)).toEqual(valueAt(value, path));
        }
      },
    ),
  );
});
