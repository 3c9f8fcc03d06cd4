import { existsSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createViewStore } from "../../../adapters/views/store.ts";
import type { ViewStore } from "../../../adapters/views/store.ts";
import type { DeliveryView, OperationView, ProjectView } from "../../../schemas/views.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-views-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function open(name = ":memory:"): ViewStore {
  const store = createViewStore({ path: name === ":memory:" ? name : join(folder, name) });
  onTestFinished(() => {
    try {
      store.close();
    } catch {
      // The test closed it.
    }
  });
  return store;
}

const project = (name: string, sequence = 1) => ({ name, sequence }) as ProjectView;
const operation = (id: string, firstSequence: number) => ({ id, firstSequence }) as OperationView;
const delivery = (intakeSequence: number) => ({ intakeSequence }) as DeliveryView;

function fill(store: ViewStore, rows: (batch: ReturnType<ViewStore["begin"]>) => void, sequence = 1) {
  const batch = store.begin();
  rows(batch);
  return batch.commit(sequence);
}

describe("a store of views", () => {
  test("shows a batch only once it is committed, together with its checkpoint", () => {
    const store = open();
    const batch = store.begin();
    batch.set("projects", "a", project("a"));
    expect(batch.get("projects", "a")).toEqual(project("a"));
    expect(store.get("projects", "a")).toBeUndefined();
    expect(store.checkpoint()).toBe(0);
    expect(batch.commit(12)).toEqual([{ view: "projects", key: "a" }]);
    expect(store.get("projects", "a")).toEqual(project("a"));
    expect(store.checkpoint()).toBe(12);
  });

  test("has nothing of a batch that could not be written whole", () => {
    const store = open();
    fill(store, (batch) => batch.set("projects", "a", project("a")));
    const unwritable = { toJSON: () => Promise.reject.call(undefined as never) };
    expect(() =>
      fill(
        store,
        (batch) => {
          batch.set("projects", "a", project("a", 2));
          batch.set("projects", "b", unwritable as never);
        },
        2,
      ),
    ).toThrow();
    expect(store.get("projects", "a")).toEqual(project("a", 1));
    expect(store.checkpoint()).toBe(1);
  });

  test("forgets removed rows, cached or not", () => {
    const store = open();
    fill(store, (batch) => {
      batch.set("projects", "a", project("a"));
      batch.set("operations", "a/1", operation("1", 1));
    });
    store.get("projects", "a");
    fill(store, (batch) => {
      batch.remove("projects", "a");
      batch.remove("operations", "a/1");
      expect(batch.get("projects", "a")).toBeUndefined();
    });
    expect(store.get("projects", "a")).toBeUndefined();
    expect(store.list("operations")).toEqual([]);
  });

  test("is still there after it was closed and opened", () => {
    const first = open("kept.db");
    first.clear("here");
    fill(first, (batch) => batch.set("projects", "a", project("a")), 5);
    first.settle();
    first.close();
    const second = open("kept.db");
    expect(second.get("projects", "a")).toEqual(project("a"));
    expect([second.checkpoint(), second.origin()]).toEqual([5, "here"]);
  });

  test("that was not settled is begun anew: a crash may have left half of a page", () => {
    const first = open("filling.db");
    first.clear("here");
    fill(first, (batch) => batch.set("projects", "a", project("a")), 5);
    expect(existsSync(join(folder, "filling.db-filling"))).toBe(true);
    const second = open("filling.db");
    expect(second.get("projects", "a")).toBeUndefined();
    expect([second.checkpoint(), second.origin()]).toEqual([0, ""]);
  });

  test("in a file that is something else is begun anew", () => {
    writeFileSync(join(folder, "other.db"), "not a database ".repeat(100));
    expect(open("other.db").list("projects")).toEqual([]);
  });
});

describe("listing", () => {
  const filled = (): ViewStore => {
    const store = open();
    fill(store, (batch) => {
      for (const name of ["b", "a", "c", "\u{1f600}", "z"]) batch.set("projects", name, project(name));
      for (const [id, sequence] of [
        ["x", 3],
        ["y", 9],
        ["w", 5],
      ] as const) {
        batch.set("operations", `shop/${id}`, operation(id, sequence));
        batch.set("operations", `shop-2/${id}`, operation(`other-${id}`, sequence));
      }
      for (const sequence of [2, 10, 9]) batch.set("deliveries", `repo/${sequence}`, delivery(sequence));
    });
    return store;
  };
  const keys = (rows: readonly { key: string }[]): string[] => rows.map(({ key }) => key);

  test("goes by key, in pages", () => {
    const store = filled();
    expect(keys(store.list("projects"))).toEqual(["a", "b", "c", "z", "\u{1f600}"]);
    expect(keys(store.list("projects", { limit: 2 }))).toEqual(["a", "b"]);
    expect(keys(store.list("projects", { limit: 2, after: "b" }))).toEqual(["c", "z"]);
    expect(store.list("projects", { after: "\u{1f600}" })).toEqual([]);
    expect(store.count("projects")).toBe(5);
  });

  test("keeps to a prefix", () => {
    const store = filled();
    expect(keys(store.list("operations", { prefix: "shop/" }))).toEqual(["shop/w", "shop/x", "shop/y"]);
    expect(keys(store.list("operations", { prefix: "shop/", after: "shop/w", limit: 1 }))).toEqual(["shop/x"]);
    expect(store.list("operations", { prefix: "none/" })).toEqual([]);
  });

  test("goes by age where asked to, in pages too", () => {
    const store = filled();
    expect(keys(store.list("operations", { prefix: "shop/", newest: true }))).toEqual(["shop/y", "shop/w", "shop/x"]);
    expect(keys(store.list("operations", { prefix: "shop/", newest: true, limit: 1, after: "shop/y" }))).toEqual([
      "shop/w",
    ]);
    expect(keys(store.list("deliveries", { newest: true }))).toEqual(["repo/10", "repo/9", "repo/2"]);
  });

  test("gives what the cache no longer holds", () => {
    const store = createViewStore({ path: ":memory:", cachedRows: 1 });
    fill(store, (batch) => {
      for (const name of ["a", "b", "c"]) batch.set("projects", name, project(name));
    });
    expect(store.list("projects").map(({ value }) => value.name)).toEqual(["a", "b", "c"]);
    store.close();
  });
});

describe("dump and digest", () => {
  test("are of the rows and their keys, whatever the order of writing", async () => {
    const [one, two, three] = [open(), open(), open()];
    fill(one, (batch) => batch.set("projects", "a", project("a")));
    fill(one, (batch) => batch.set("projects", "b", project("b")), 2);
    fill(two, (batch) => batch.set("projects", "b", project("b")));
    fill(two, (batch) => batch.set("projects", "a", project("a", 7)));
    fill(two, (batch) => batch.set("projects", "a", project("a")));
    fill(three, (batch) => batch.set("projects", "a", project("a")));
    expect(two.dump()).toEqual(one.dump());
    expect(await two.digest()).toBe(await one.digest());
    expect(three.dump()).not.toEqual(one.dump());
    expect(await three.digest()).not.toBe(await one.digest());
  });

  test("cover more rows than a page", async () => {
    const [one, two] = [open(), open()];
    for (const store of [one, two]) {
      fill(store, (batch) => {
        for (let index = 0; index < 4_500; index += 1) batch.set("deliveries", `r/${index}`, delivery(index));
      });
    }
    expect(await one.digest()).toBe(await two.digest());
    fill(two, (batch) => batch.set("deliveries", "r/999", delivery(-1)));
    expect(await one.digest()).not.toBe(await two.digest());
  });
});

test("the rows and the checkpoint of another file can be taken over", () => {
  const other = open("fresh.db");
  other.clear("new");
  fill(other, (batch) => batch.set("projects", "b", project("b")), 9);
  other.settle();
  const store = open("old.db");
  fill(store, (batch) => batch.set("projects", "a", project("a")), 9);
  store.get("projects", "a");
  store.adopt(other.path);
  expect(store.dump()).toEqual(other.dump());
  expect([store.get("projects", "a"), store.origin()]).toEqual([undefined, "new"]);
});
