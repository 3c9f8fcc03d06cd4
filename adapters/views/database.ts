import { mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { SQLInputValue, StatementSync } from "node:sqlite";
import { VIEW_NAMES } from "../../schemas/views.ts";
import type { ViewName } from "../../schemas/views.ts";

/** Opens the file, or begins a new one when it holds something else than views of ours. */
export function openDatabase(path: string): DatabaseSync {
  if (path === ":memory:") return prepared(new DatabaseSync(path));
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    return prepared(database);
  } catch {
    database?.close();
    removeDatabase(path);
    return prepared(new DatabaseSync(path));
  }
}

/** Removes a database with the files that SQLite keeps beside it. */
export function removeDatabase(path: string): void {
  for (const file of [path, `${path}-wal`, `${path}-shm`, `${path}-journal`]) rmSync(file, { force: true });
}

/**
 * WAL with `synchronous = NORMAL`: a commit survives the death of the process without an fsync of its own. After a power cut the newest
 * commits may be gone together with their checkpoint, and are folded again.
 */
function prepared(database: DatabaseSync): DatabaseSync {
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA wal_autocheckpoint = 8000;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA cache_size = -16000;
    PRAGMA temp_store = MEMORY;
    CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  `);
  for (const view of VIEW_NAMES) {
    database.exec(`CREATE TABLE IF NOT EXISTS ${view}
      (key TEXT PRIMARY KEY, rank INTEGER NOT NULL, value TEXT NOT NULL) WITHOUT ROWID`);
  }
  return database;
}

/** What a statement that selects rows returns; a statement that selects less leaves the rest absent. */
export interface StoredRow {
  key: string;
  value: string;
}

/** The rows of a statement, its parameters given by name or as one value. */
export function rowsOf(statement: StatementSync, parameters?: Record<string, SQLInputValue> | string): StoredRow[] {
  const rows =
    parameters === undefined
      ? statement.all()
      : typeof parameters === "string"
        ? statement.all(parameters)
        : statement.all(parameters);
  return rows as unknown as StoredRow[];
}

/** Runs the work in a transaction: all of it, or nothing when it throws. */
export function transaction(database: DatabaseSync, work: () => void): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    work();
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

type Prepared<Name extends string> = Record<Name, StatementSync>;

/** The statements of each view and of the notes beside them. */
export type Statements = Record<
  ViewName,
  Prepared<"get" | "set" | "remove" | "list" | "newest" | "keys" | "count" | "all" | "clear">
> & { meta: Prepared<"get" | "set"> };

/** Prepares every statement once. */
export function statementsOf(database: DatabaseSync): Statements {
  const ofView = (view: ViewName): Statements[ViewName] => {
    const range = "key >= :prefix AND key < :end AND key > :after";
    // The row named by :after is where the page before ended; without one, everything is older than nothing.
    const older = `(:after = '' OR (rank, key) < (SELECT rank, key FROM ${view} WHERE key = :after))`;
    const sql = {
      get: `SELECT value FROM ${view} WHERE key = ?`,
      set: `INSERT OR REPLACE INTO ${view} (key, rank, value) VALUES (?, ?, ?)`,
      remove: `DELETE FROM ${view} WHERE key = ?`,
      list: `SELECT key, value FROM ${view} WHERE ${range} ORDER BY key LIMIT :limit`,
      keys: `SELECT key FROM ${view} WHERE ${range} ORDER BY key LIMIT :limit`,
      newest: `SELECT key, value FROM ${view} WHERE key >= :prefix AND key < :end AND ${older}
        ORDER BY rank DESC, key DESC LIMIT :limit`,
      count: `SELECT count(*) AS count FROM ${view}`,
      all: `SELECT key, value FROM ${view} ORDER BY key`,
      clear: `DELETE FROM ${view}`,
    };
    return Object.fromEntries(
      Object.entries(sql).map(([name, text]) => [name, database.prepare(text)]),
    ) as Statements[ViewName];
  };
  return {
    ...(Object.fromEntries(VIEW_NAMES.map((view) => [view, ofView(view)])) as Record<ViewName, Statements[ViewName]>),
    meta: {
      get: database.prepare("SELECT value FROM meta WHERE name = ?"),
      set: database.prepare("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)"),
    },
  };
}
