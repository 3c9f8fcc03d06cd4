import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import type { Resource } from "../../adapters/kubernetes/resource.ts";
import type { WatchLine, WatchOptions } from "../../adapters/kubernetes/watch.ts";
import { clusterOf } from "../../domain/configuration/references.ts";
import type { Dependency } from "../../schemas/kinds/application.ts";
import type { ApplicationView } from "../../schemas/views.ts";
import type { ViewsPort } from "./ports.ts";

/** What following one object needs of a cluster. */
export interface FollowedCluster {
  resolve(apiVersion: string, kind: string): Promise<Resource | undefined>;
  watch(resource: Resource, options: WatchOptions): Promise<AsyncIterable<WatchLine[]>>;
}

export interface FollowDeps {
  clusters(name: string): Promise<FollowedCluster>;
  views: Pick<ViewsPort, "list">;
  log: Logger;
  /** First pause after a watch that ended, in milliseconds: 1 s by default, doubled up to a minute while it fails. */
  pauseMs?: number;
}

const PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;
const TIMEOUT_SECONDS = 300;
/** Bookmarks come about once a minute. */
const IDLE_MS = 150_000;

/** Follows every object that an application depends on: one watch of that one object each, while the application is held. */
export function createFollow(
  deps: FollowDeps,
): (view: ApplicationView, options: { signal: AbortSignal; changed(): void }) => void {
  return ({ spec, name }, options) => {
    const known = new Map(deps.views.list("clusters").map(({ value }) => [value.name, value.spec]));
    const cluster = clusterOf(spec.destination, known)?.name;
    if (cluster === undefined) return;
    for (const { resource } of spec.dependsOn ?? []) {
      if (!resource) continue;
      const namespace = resource.namespace ?? spec.destination.namespace ?? "default";
      void followObject(deps, { application: name, cluster, resource: { ...resource, namespace } }, options);
    }
  };
}

interface Followed {
  application: string;
  cluster: string;
  resource: NonNullable<Dependency["resource"]> & { namespace: string };
}

async function followObject(
  deps: FollowDeps,
  followed: Followed,
  { signal, changed }: { signal: AbortSignal; changed(): void },
): Promise<void> {
  const { log, pauseMs = PAUSE_MS } = deps;
  let pause = pauseMs;
  const lived = (): void => {
    pause = pauseMs;
  };
  while (!signal.aborted) {
    try {
      await watchObject(deps, followed, { signal, changed, lived });
    } catch (err) {
      const { application, cluster, resource } = followed;
      const object = `${resource.kind} ${resource.name}`;
      if (!signal.aborted) log.debug({ err, application, cluster, object }, "a watch was interrupted");
    }
    await sleep(pause, undefined, { signal }).catch(() => undefined);
    pause = Math.min(pause * 2, MAX_PAUSE_MS);
  }
}

/** One watch, until it ends or fails; nothing while the kind is not served. */
async function watchObject(
  { clusters }: FollowDeps,
  { cluster, resource: { apiVersion, kind, namespace, name } }: Followed,
  { signal, changed, lived }: { signal: AbortSignal; changed(): void; lived(): void },
): Promise<void> {
  const client = await clusters(cluster);
  const served = await client.resolve(apiVersion, kind);
  if (!served) return;
  const only = { namespace: served.namespaced ? namespace : "", name };
  // From no version on: the object as it stands comes first, and so nothing is missed between two watches.
  const limits = { timeoutSeconds: TIMEOUT_SECONDS, idleMs: IDLE_MS, signal };
  for await (const lines of await client.watch(served, { resourceVersion: "", only, ...limits })) {
    lived();
    if (lines.some(({ type }) => type === "upserted" || type === "deleted")) changed();
  }
}
