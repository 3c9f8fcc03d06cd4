import { createDiscover } from "../../activities/release/discover.ts";
import { createHistory } from "../../adapters/git/history.ts";
import type { Mirrors } from "../../adapters/git/mirrors.ts";
import { createChartIndex } from "../../adapters/registry/chart-index.ts";
import { createAsk } from "../../adapters/registry/http.ts";
import { createRegistry } from "../../adapters/registry/registry.ts";
import { createSession } from "../../adapters/registry/session.ts";
import { createLook, type Look, type LookReason } from "../dispatcher/look.ts";
import type { Core } from "./core.ts";
import type { RepositoryDirectory } from "./repositories.ts";

/** How releases are found. */
export interface ReleaseFinder {
  look(source: string, reason: LookReason): Promise<Look>;
  close(): Promise<void>;
}

/** Registries, chart repositories and histories, with the credentials of the configured repositories. */
export function createReleaseFinder(of: {
  core: Pick<Core, "aggregates" | "ledger" | "store" | "projector">;
  repositories: Pick<RepositoryDirectory, "credentialsFor">;
  mirrors: Mirrors;
}): ReleaseFinder {
  const { core, repositories, mirrors } = of;
  const { ask, close } = createAsk();
  const { credentialsFor } = repositories;
  const session = createSession({ ask, credentialsFor, now: Date.now });
  const discover = createDiscover({
    registry: createRegistry(session),
    charts: createChartIndex({ ask, credentialsFor }),
    history: createHistory(mirrors),
  });
  const views = { get: core.store.get, reached: core.projector.reached };
  const look = createLook({ aggregates: core.aggregates, ledger: core.ledger, views, discover, now: Date.now });
  return { look, close };
}
