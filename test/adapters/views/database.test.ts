import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { transaction } from "../../../adapters/views/database.ts";

test("a transaction that a full disk has ended says that the disk is full, and leaves nothing", () => {
  const database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE t (x); PRAGMA max_page_count = 20");
  expect(() =>
    transaction(database, () => {
      database.exec("INSERT INTO t VALUES (1)");
      database.exec("ROLLBACK");
      throw new Error("database or disk is full");
    }),
  ).toThrow("database or disk is full");
  const insert = database.prepare("INSERT INTO t VALUES (zeroblob(10000))");
  expect(() =>
    transaction(database, () => {
      for (let row = 0; row < 100; row++) insert.run();
    }),
  ).toThrow("database or disk is full");
  expect(database.prepare("SELECT count(*) AS count FROM t").get()).toEqual({ count: 0 });
  database.close();
});
