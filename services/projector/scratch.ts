import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeDatabase } from "../../adapters/views/database.ts";
import { createViewStore } from "../../adapters/views/store.ts";
import type { ViewStore } from "../../adapters/views/store.ts";

/** An empty store in a file beside that of another one, or in the temporary folder when that is in memory. */
export function scratchBeside(store: Pick<ViewStore, "path">): { store: ViewStore; remove(): void } {
  const beside = store.path === ":memory:" ? join(tmpdir(), `sluice-views-${process.pid}`) : store.path;
  const path = `${beside}.rebuild`;
  removeDatabase(path);
  return { store: createViewStore({ path }), remove: () => removeDatabase(path) };
}
