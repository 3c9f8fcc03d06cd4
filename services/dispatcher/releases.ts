import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { dependenciesOf } from "../../domain/dependency/graph.ts";
import { unready } from "../../domain/dependency/readiness.ts";
import type { ApplicationView } from "../../schemas/views.ts";
import type { Service } from "../service.ts";
import type { ViewsPort } from "./ports.ts";

export interface ReleasesDeps {
  views: Pick<ViewsPort, "get" | "list" | "onChange">;
  operations: {
    /** Tells a held operation to look again; whether there was one to tell. */
    released(application: string): Promise<unknown>;
  };
  /** Follows the objects that an application depends on; tells of every change of one of them until the signal. */
  follow(view: ApplicationView, options: { signal: AbortSignal; changed(): void }): void;
  log: Logger;
  /** Least time between two words to the same application, in milliseconds: 500 by default. */
  spacingMs?: number;
}

const SPACING_MS = 500;
const MAX_RETRY_MS = 30_000;
const PAGE = 1_000;

/** An application whose operation is held, and what is followed for it. */
interface Waiting {
  view: ApplicationView;
  following: AbortController;
  /** What it waits for, to see whether that has changed. */
  dependsOn: string;
}

/**
 * Tells held operations to look again as soon as what they wait for may have come. It carries no state of its own: what is held stands in
 * the views, at its start everything held is told once, and whoever is told for nothing is held again.
 */
export function startReleases(deps: ReleasesDeps): Service {
  const { views, operations, follow, spacingMs = SPACING_MS } = deps;
  const log = deps.log.child({ service: "releases" });
  const stopping = new AbortController();
  const { signal } = stopping;
  const waiting = new Map<string, Waiting>();
  const dependents = new Map<string, Set<string>>();
  /** Told now; true when there is something new to tell meanwhile. */
  const telling = new Map<string, boolean>();

  const tell = (name: string): void => {
    const busy = telling.has(name);
    telling.set(name, busy);
    if (!busy) void deliver(name);
  };

  const deliver = async (name: string): Promise<void> => {
    for (let pause = spacingMs; !signal.aborted && waiting.has(name);) {
      try {
        await operations.released(name);
        telling.set(name, false);
        pause = spacingMs;
      } catch (err) {
        telling.set(name, true);
        pause = Math.min(pause * 2, MAX_RETRY_MS);
        log.warn({ err, application: name }, "a held operation could not be told to look again, it is tried again");
      }
      await sleep(pause, undefined, { signal }).catch(() => undefined);
      if (telling.get(name) !== true) break;
    }
    telling.delete(name);
  };

  const forget = (name: string): void => {
    const known = waiting.get(name);
    if (!known) return;
    known.following.abort();
    waiting.delete(name);
    for (const dependency of dependenciesOf(known.view.spec)) dependents.get(dependency)?.delete(name);
  };

  const take = (view: ApplicationView): void => {
    const { name, spec } = view;
    const dependsOn = JSON.stringify([spec.dependsOn, spec.destination]);
    const known = waiting.get(name);
    if (known?.dependsOn === dependsOn) {
      known.view = view;
      return;
    }
    forget(name);
    const following = new AbortController();
    waiting.set(name, { view, following, dependsOn });
    for (const dependency of dependenciesOf(spec)) {
      dependents.set(dependency, (dependents.get(dependency) ?? new Set<string>()).add(name));
    }
    follow(view, { signal: AbortSignal.any([signal, following.signal]), changed: () => tell(name) });
  };

  /** As far as views tell; what they don't, the operation sees for itself. */
  const looksReady = ({ spec }: ApplicationView): boolean =>
    dependenciesOf(spec).every((dependency) => unready(views.get("applications", dependency)) === undefined);

  const applicationChanged = (name: string): void => {
    const view = views.get("applications", name);
    if (view?.held) {
      take(view);
      // What it waits for may have come between its look and its word that it waits.
      if (isDependent(view) && dependenciesOf(view.spec).length > 0 && looksReady(view)) tell(name);
    } else forget(name);
    for (const dependent of dependents.get(name) ?? []) {
      const held = waiting.get(dependent)?.view;
      if (held && isDependent(held) && looksReady(held)) tell(dependent);
    }
  };

  const projectChanged = (project: string): void => {
    for (const [name, { view }] of waiting) {
      if (view.spec.project === project && view.held?.reason === "SyncWindowClosed") tell(name);
    }
  };

  const unsubscribe = views.onChange((view, key) => {
    if (view === "applications") applicationChanged(key);
    if (view === "projects") projectChanged(key);
  });
  for (const view of everyApplication(views)) {
    if (!view.held) continue;
    take(view);
    tell(view.name);
  }

  return {
    name: "releases",
    notReady: () => (signal.aborted ? "stopped" : undefined),
    async stop() {
      stopping.abort();
      unsubscribe();
      waiting.clear();
    },
  };
}

const isDependent = ({ held }: ApplicationView): boolean => held?.reason === "DependencyNotReady";

function* everyApplication(views: Pick<ViewsPort, "list">): Generator<ApplicationView> {
  for (let after: string | undefined; ;) {
    const page = views.list("applications", { limit: PAGE, ...(after !== undefined && { after }) });
    for (const { value } of page) yield value;
    after = page.at(-1)?.key;
    if (page.length < PAGE || after === undefined) return;
  }
}
