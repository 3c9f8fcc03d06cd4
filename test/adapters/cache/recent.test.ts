import { describe, expect, test } from "vitest";
import { createRecent } from "../../../adapters/cache/recent.ts";

describe("the most recently used entries", () => {
  test("the least recently used one goes first", () => {
    const recent = createRecent<number>(2);
    recent.set("a", 1);
    recent.set("b", 2);
    recent.get("a");
    recent.set("c", 3);
    expect([recent.get("a"), recent.get("b"), recent.get("c")]).toEqual([1, undefined, 3]);
  });

  test("weights are what is limited, and a replaced entry's weight is given back", () => {
    const recent = createRecent<string>(10, (value) => value.length);
    recent.set("a", "12345");
    recent.set("a", "1");
    recent.set("b", "123456789");
    expect([recent.get("a"), recent.get("b")]).toEqual(["1", "123456789"]);
    recent.set("c", "12");
    // "a" is the oldest, and without "b" as well there is room.
    expect([recent.get("a"), recent.get("b"), recent.get("c")]).toEqual([undefined, undefined, "12"]);
  });

  test("what is heavier than the limit is not kept, and pushes nothing out", () => {
    const recent = createRecent<string>(3, (value) => value.length);
    recent.set("a", "123");
    recent.set("b", "1234");
    expect([recent.get("a"), recent.get("b")]).toEqual(["123", undefined]);
  });

  test("deleted and cleared entries are gone and weigh nothing", () => {
    const recent = createRecent<number>(2);
    recent.set("a", 1);
    recent.delete("a");
    recent.set("b", 2);
    recent.clear();
    recent.set("c", 3);
    recent.set("d", 4);
    expect(["a", "b", "c", "d"].map((key) => recent.get(key))).toEqual([undefined, undefined, 3, 4]);
  });
});
