import { rank } from "../../domain/projections/project.ts";
import type { Rows } from "../../domain/projections/project.ts";
import { VIEW_NAMES } from "../../schemas/views.ts";
import type { ViewName, Views } from "../../schemas/views.ts";
import type { Statements } from "./database.ts";

/** A row that a batch wrote or removed. */
export interface Changed {
  view: ViewName;
  key: string;
}

/** Rows being folded; nothing of it is seen outside before the commit. */
export interface Batch extends Rows {
  /** Writes everything and the checkpoint in one transaction. Each changed row is written once, however often it changed. */
  commit(sequence: number): Changed[];
}

/** Rows to be written by view and key; undefined for one to be removed. */
export type Pending = ReadonlyMap<ViewName, ReadonlyMap<string, object | undefined>>;

/** What a batch needs of its store. */
export interface BatchStore {
  get: Rows["get"];
  /** Writes the rows and the checkpoint, all or nothing. */
  write(pending: Pending, sequence: number): void;
}

/** A batch on top of the rows of a store. */
export function createBatch(store: BatchStore): Batch {
  const pending = new Map<ViewName, Map<string, object | undefined>>(VIEW_NAMES.map((view) => [view, new Map()]));
  const rowsOf = (view: ViewName): Map<string, object | undefined> => pending.get(view) as Map<string, object>;
  return {
    get<View extends ViewName>(view: View, key: string) {
      const rows = rowsOf(view);
      return rows.has(key) ? (rows.get(key) as Views[View] | undefined) : store.get(view, key);
    },
    set: (view, key, value) => void rowsOf(view).set(key, value),
    remove: (view, key) => void rowsOf(view).set(key, undefined),
    commit(sequence) {
      store.write(pending, sequence);
      return [...pending].flatMap(([view, rows]) => Array.from(rows.keys(), (key) => ({ view, key })));
    },
  };
}

/** Writes the pending rows of one view. */
export function writeRows(
  statements: Statements[ViewName],
  view: ViewName,
  rows: ReadonlyMap<string, object | undefined>,
): void {
  // Neighbours in the index are written one after the other.
  for (const key of [...rows.keys()].sort()) {
    const value = rows.get(key);
    if (value === undefined) statements.remove.run(key);
    else statements.set.run(key, rank(view, value as Views[ViewName]), JSON.stringify(value));
  }
}
