import { createHash } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { VIEW_NAMES } from "../../schemas/views.ts";
import type { ViewName, Views } from "../../schemas/views.ts";
import { createRecent } from "../cache/recent.ts";
import { createBatch, writeRows } from "./batch.ts";
import type { Batch, Pending } from "./batch.ts";
import { beginFilling, endFilling, openDatabase, rowsOf, statementsOf, transaction, valueOf } from "./database.ts";
import type { StoredRow } from "./database.ts";

export type { Batch, Changed } from "./batch.ts";

/** One row of a view. Its value is shared: whoever gets it must not change it. */
export interface Row<View extends ViewName> {
  key: string;
  value: Views[View];
}

/** Which rows of a view, and in which order. */
export interface ListOptions {
  /** Only keys that begin with it. */
  prefix?: string;
  limit?: number;
  /** Only what comes after this key. */
  after?: string;
  /** Newest first, for operations and deliveries; by key otherwise. */
  newest?: boolean;
}

/** The views on disk, disposable: written by one projector, read by everybody in the process. */
export interface ViewStore {
  /** The file, or `:memory:`. */
  readonly path: string;
  get<View extends ViewName>(view: View, key: string): Views[View] | undefined;
  list<View extends ViewName>(view: View, options?: ListOptions): Row<View>[];
  count(view: ViewName): number;
  /** Ledger sequence that the views are folded up to. */
  checkpoint(): number;
  /** Which ledger and which folds the rows come from; empty when the store is new. */
  origin(): string;
  begin(): Batch;
  /** Throws every row away and notes where the new ones will come from. Until `settle` the store is quick to fill and not safe from a crash. */
  clear(origin: string): void;
  /** The store is filled: everything is on disk, and commits are safe from here on. */
  settle(): void;
  /** Takes over the rows and the checkpoint of another store's file, in one transaction. */
  adopt(path: string): void;
  /** Every row as bytes, in the order of views and keys: equal views have equal bytes. For small stores. */
  dump(): Uint8Array;
  /** sha256 (hex) of what `dump` returns, read in parts. */
  digest(): Promise<string>;
  close(): void;
}

/** Views with few rows that are read often; operations and deliveries are many and read seldom. */
const CACHED: readonly ViewName[] = [
  "applications",
  "projects",
  "clusters",
  "repositories",
  "resourceCustomizations",
  "pipelines",
  "releaseSources",
  "gatePolicies",
  "analysisTemplates",
  "notifications",
  "accounts",
];
/** Rows kept decoded: all applications of the largest installation there is a budget for. */
const CACHED_ROWS = 12_000;
/** Rows read at a time by `digest`. */
const DIGEST_PAGE = 2_000;
/** After every key. */
const END = "\u{10ffff}";

/** A store in a file, or in memory for `:memory:`. A file that cannot be read is thrown away. */
export function createViewStore(options: { path: string; cachedRows?: number }): ViewStore {
  const database = openDatabase(options.path);
  const statements = statementsOf(database);
  const recent = createRecent<object>(options.cachedRows ?? CACHED_ROWS);
  let filling = false;
  const note = (name: string): string | undefined => valueOf(statements.meta.get, name);

  function get<View extends ViewName>(view: View, key: string): Views[View] | undefined {
    const known = recent.get(cacheKey(view, key));
    if (known !== undefined) return known as Views[View];
    const text = valueOf(statements[view].get, key);
    if (text === undefined) return undefined;
    const value = JSON.parse(text) as Views[View];
    if (CACHED.includes(view)) recent.set(cacheKey(view, key), value);
    return value;
  }

  function list<View extends ViewName>(view: View, wanted: ListOptions = {}): Row<View>[] {
    const { prefix = "", after = "", limit = -1, newest = false } = wanted;
    const range = { prefix, end: prefix + END, after, limit };
    if (newest) return rowsOf(statements[view].newest, range).map(decoded<View>);
    if (!CACHED.includes(view)) return rowsOf(statements[view].list, range).map(decoded<View>);
    return rowsOf(statements[view].keys, range).map(({ key }) => ({ key, value: get(view, key) as Views[View] }));
  }

  function write(pending: Pending, sequence: number): void {
    transaction(database, () => {
      for (const [view, rows] of pending) writeRows(statements[view], view, rows);
      statements.meta.set.run("checkpoint", String(sequence));
    });
    for (const [view, rows] of pending) {
      for (const [key, value] of rows) {
        if (value === undefined) recent.delete(cacheKey(view, key));
        else if (CACHED.includes(view)) recent.set(cacheKey(view, key), value);
      }
    }
  }

  async function digest(): Promise<string> {
    const hash = createHash("sha256");
    for (const view of VIEW_NAMES) {
      for (let after = ""; ;) {
        const page = rowsOf(statements[view].list, { prefix: "", end: END, after, limit: DIGEST_PAGE });
        for (const row of page) hash.update(lineOf(view, row));
        if (page.length < DIGEST_PAGE) break;
        after = page.at(-1)?.key ?? END;
        await turn();
      }
    }
    return hash.digest("hex");
  }

  return {
    path: options.path,
    get,
    list,
    count: (view) => Number(statements[view].count.get()?.["count"]),
    checkpoint: () => Number(note("checkpoint") ?? 0),
    origin: () => note("origin") ?? "",
    begin: () => createBatch({ get, write }),
    clear(origin) {
      transaction(database, () => {
        for (const view of VIEW_NAMES) statements[view].clear.run();
        statements.meta.set.run("checkpoint", "0");
        statements.meta.set.run("origin", origin);
      });
      recent.clear();
      beginFilling(database, options.path);
      filling = true;
    },
    settle() {
      if (filling) endFilling(database, options.path);
      filling = false;
    },
    adopt(path) {
      database.prepare("ATTACH DATABASE ? AS other").run(path);
      try {
        transaction(database, () => {
          for (const table of [...VIEW_NAMES, "meta"]) {
            database.exec(`DELETE FROM main.${table}; INSERT INTO main.${table} SELECT * FROM other.${table}`);
          }
        });
      } finally {
        database.exec("DETACH DATABASE other");
        recent.clear();
      }
    },
    dump: () =>
      Buffer.from(
        VIEW_NAMES.map((view) =>
          rowsOf(statements[view].all)
            .map((row) => lineOf(view, row))
            .join(""),
        ).join(""),
      ),
    digest,
    close: () => database.close(),
  };
}

const cacheKey = (view: ViewName, key: string): string => `${view}/${key}`;

const decoded = <View extends ViewName>({ key, value }: StoredRow): Row<View> => ({
  key,
  value: JSON.parse(value) as Views[View],
});

const lineOf = (view: ViewName, { key, value }: StoredRow): string => `${view}\0${key}\0${value}\n`;
