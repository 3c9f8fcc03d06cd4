import { effectiveSource } from "../../domain/application/effective.ts";
import { createRepositories, type Repositories } from "../../domain/routing/repositories.ts";
import { createRoutes, type Routes } from "../../domain/routing/routes.ts";
import { durationMs } from "../../schemas/kinds/metadata.ts";
import type { ViewName } from "../../schemas/views.ts";
import type { ViewsPort } from "./ports.ts";

/** What the dispatcher keeps of the views in a form that finds things. */
export interface Indexed {
  routes: Routes;
  repositories: Repositories;
  /** Milliseconds between polls of the addresses a Repository covers; the default for undefined. */
  intervalOf(repository: string | undefined): number;
  stop(): void;
}

/** How often a repository without a Repository object is polled: as Argo CD's default, 3 minutes. */
const DEFAULT_INTERVAL_MS = 180_000;
/** Nobody is polled more often than this, whatever is configured. */
const SHORTEST_INTERVAL_MS = 5_000;
const PAGE = 1_000;

/** Reads the views whole and follows their changes from then on. */
export function indexViews(views: Pick<ViewsPort, "get" | "list" | "onChange">): Indexed {
  const routes = createRoutes();
  const repositories = createRepositories();
  const intervals = new Map<string, number>();

  const update = (view: ViewName, key: string): void => {
    if (view === "applications") {
      const application = views.get("applications", key);
      if (application) routes.set(key, effectiveSource(application.spec.source, application.pinned));
      else routes.delete(key);
    } else if (view === "repositories") {
      const repository = views.get("repositories", key);
      if (repository) {
        repositories.set(key, repository.spec);
        intervals.set(key, Math.max(SHORTEST_INTERVAL_MS, durationMs(repository.spec.pollInterval)));
      } else {
        repositories.delete(key);
        intervals.delete(key);
      }
    }
  };

  const stop = views.onChange(update);
  for (const view of ["applications", "repositories"] as const) {
    let after: string | undefined;
    for (;;) {
      const page = views.list(view, { limit: PAGE, ...(after !== undefined && { after }) });
      for (const { key } of page) update(view, key);
      after = page.at(-1)?.key;
      if (page.length < PAGE) break;
    }
  }
  return {
    routes,
    repositories,
    intervalOf: (repository) =>
      (repository === undefined ? undefined : intervals.get(repository)) ?? DEFAULT_INTERVAL_MS,
    stop,
  };
}
