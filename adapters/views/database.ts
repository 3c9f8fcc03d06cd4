import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { SQLInputValue, StatementSync } from "node:sqlite";
import { VIEW_NAMES } from "../../schemas/views.ts";
import type { ViewName } from "../../schemas/views.ts";

/** Stands beside a database while it is filled without a journal: one that a crash left there is worth nothing. */
const markerOf = (path: string): string => `${path}-filling`;

/** Opens the file, or begins a new one when it holds something else than views of ours or was left half filled. */
export function openDatabase(path: string): DatabaseSync {
  if (path === ":memory:") return prepared(new DatabaseSync(path));
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (existsSync(markerOf(path))) removeDatabase(path);
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
  const files = [path, `${path}-wal`, `${path}-shm`, `${path}-journal`, markerOf(path)];
  for (const file of files) rmSync(file, { force: true });
}

/** From here on nothing is safe from a crash, and writing costs half as much: for an empty store that a whole ledger is folded into. */
export function beginFilling(database: DatabaseSync, path: string): void {
  if (path === ":memory:") return;
  writeFileSync(markerOf(path), "");
  database.exec("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -64000");
}

/** Brings everything to disk and is careful again. */
export function endFilling(database: DatabaseSync, path: string): void {
  if (path === ":memory:") return;
  database.exec(CAREFUL);
  // Nothing but the marker says that the pages written so far may be in memory only.
  const file = openSync(path, "r");
  fsyncSync(file);
  closeSync(file);
  rmSync(markerOf(path), { force: true });
}

/**
 * WAL with `synchronous = NORMAL`: a commit survives the death of the process without an fsync of its own. After a power cut the newest
 * commits may be gone together with their checkpoint, and are folded again.
 */
const CAREFUL = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA wal_autocheckpoint = 2000;
  PRAGMA journal_size_limit = 33554432;
  PRAGMA cache_size = -16000;
`;

function prepared(database: DatabaseSync): DatabaseSync {
  database.exec(`
    PRAGMA page_size = 8192;
    ${CAREFUL}
    PRAGMA temp_store = MEMORY;
    CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  `);
  for (const view of VIEW_NAMES) {
    // Rows lie in the order of their making, and only the small index has them by key: three times as fast to fill as one tree by key.
    database.exec(`CREATE TABLE IF NOT EXISTS ${view}
      (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, rank INTEGER NOT NULL, value TEXT NOT NULL)`);
  }
  return database;
}

/** What a statement that selects rows returns; a statement that selects less leaves the rest absent. */
export interface StoredRow {
  key: string;
  value: string;
}

/** The rows of a statement, its parameters given by name. */
export const rowsOf = (statement: StatementSync, parameters: Record<string, SQLInputValue> = {}): StoredRow[] =>
  statement.all(parameters) as unknown as StoredRow[];

/** The value of the row with a key. */
export const valueOf = (statement: StatementSync, key: string): string | undefined =>
  (statement.get(key) as { value: string } | undefined)?.value;

/** Runs the work in a transaction: all of it, or nothing when it throws. */
export function transaction(database: DatabaseSync, work: () => void): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    work();
    database.exec("COMMIT");
  } catch (error) {
    // A full disk has SQLite roll back by itself; a second time would be an error that hides why.
    if (database.isTransaction) database.exec("ROLLBACK");
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
      set: `INSERT INTO ${view} (key, rank, value) VALUES (?, ?, ?)
        ON CONFLICT (key) DO UPDATE SET rank = excluded.rank, value = excluded.value`,
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
