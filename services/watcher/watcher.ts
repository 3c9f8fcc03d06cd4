import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { ApplicationView } from "../../schemas/views.ts";
import type { Service } from "../service.ts";
import { ClusterOwner } from "./cluster-owner.ts";
import { createDriftDetail, type DriftDetailDeps } from "./drift-detail.ts";
import { FieldSets } from "./field-sets.ts";
import { watchMeters } from "./meters.ts";
import type { Judgement, TakeLease, WatchedCluster, WatcherBlobs, WatcherIntake, WatcherViews } from "./ports.ts";

export interface WatcherDeps extends Judgement, Pick<DriftDetailDeps, "open" | "mask"> {
  views: WatcherViews;
  blobs: WatcherBlobs;
  /** The client of a cluster; another one after its credentials changed. */
  clusters(name: string): Promise<WatchedCluster>;
  intake: WatcherIntake;
  /** One owner per cluster over all processes. */
  lease: TakeLease;
  /** Tells of every change of the own health checks, and which API groups it is about. */
  onChecksChange?(listener: (concerns: (group: string) => boolean) => void): () => void;
  log: Logger;
  metrics: Registry;
  /** Milliseconds without an API server before its objects count as Unknown; 30 s by default. */
  graceMs?: number;
  random?: () => number;
}

const GRACE_MS = 30_000;
const PAGE = 500;

/**
 * Follows the managed objects of every cluster that applications live in, and publishes ClusterChanged when an application's
 * health or the set of its drifted objects turns.
 */
export function startWatcher(deps: WatcherDeps): Service {
  const { views, metrics, random = Math.random, graceMs = GRACE_MS } = deps;
  const log = deps.log.child({ service: "watcher" });
  const owners = new Map<string, ClusterOwner>();
  const clusterOf = new Map<string, string>();
  const { own } = deps;
  const judgement: Judgement = { health: deps.health, fieldsDigest: deps.fieldsDigest, ...(own && { own }) };
  const fieldSets = new FieldSets();
  const meters = watchMeters(metrics);
  meters.objects(() => new Map([...owners].map(([name, owner]) => [name, owner.objects])));

  const { clusters, lease, blobs, intake } = deps;
  const detail = createDriftDetail({ blobs, open: deps.open, mask: deps.mask });
  const shared = { clusters, lease, blobs, intake, judgement, detail, fieldSets, meters, graceMs, random };
  const ownerOf = (cluster: string): ClusterOwner => {
    const known = owners.get(cluster);
    if (known) return known;
    const owner = new ClusterOwner({
      ...shared,
      cluster,
      log: log.child({ cluster }),
      applications: () => [...everyApplication(views)].filter((view) => view.cluster === cluster),
    });
    owners.set(cluster, owner);
    return owner;
  };

  const take = (name: string, view: ApplicationView | undefined): void => {
    const before = clusterOf.get(name);
    if (before !== undefined && before !== view?.cluster) {
      owners.get(before)?.remove(name);
      clusterOf.delete(name);
    }
    if (view?.cluster === undefined) return;
    clusterOf.set(name, view.cluster);
    ownerOf(view.cluster).update(view);
  };

  const unsubscribe = views.onChange((view, key) => {
    if (view === "applications") take(key, views.get("applications", key));
    if (view === "clusters") void owners.get(key)?.reconnect();
  });
  const unsubscribeChecks = deps.onChecksChange?.((concerns) => {
    for (const owner of owners.values()) owner.judgeAnew(concerns);
  });
  for (const view of everyApplication(views)) take(view.name, view);

  return {
    name: "watcher",
    notReady: () => {
      const waiting = [...owners.values()].flatMap((owner) => owner.waitingFor ?? []);
      return waiting.length > 0 ? `waiting for ${waiting.join(", ")}` : undefined;
    },
    async stop() {
      unsubscribe();
      unsubscribeChecks?.();
      await Promise.all([...owners.values()].map((owner) => owner.stop()));
    },
  };
}

function* everyApplication(views: WatcherViews): Generator<ApplicationView> {
  for (let after: string | undefined; ;) {
    const page = views.list("applications", { limit: PAGE, ...(after === undefined ? {} : { after }) });
    for (const { value } of page) yield value;
    after = page.at(-1)?.key;
    if (page.length < PAGE || after === undefined) return;
  }
}
