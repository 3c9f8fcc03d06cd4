import { SluiceError } from "../../schemas/errors.ts";
import { failure } from "./errors.ts";
import { header } from "./requester.ts";
import type { Send } from "./requester.ts";
import type { Resource } from "./resource.ts";

/** What the API server serves, read by aggregated discovery (two requests, or two 304 when nothing changed). */
export interface Discovery {
  /** The resource of a kind; asks the server again when it is not known. Undefined is no proof that the kind is gone. */
  resolve(apiVersion: string, kind: string): Promise<Resource | undefined>;
  /** The same by plural name, as in `deployments`. */
  lookup(apiVersion: string, resource: string): Promise<Resource | undefined>;
  /** Everything that is served, each kind once in the version that the server prefers. Always asks the server. */
  kinds(): Promise<Resource[]>;
  /** Groups that the server could not vouch for at this moment, sorted. Always asks the server. */
  staleGroups(): Promise<string[]>;
  refresh(): Promise<void>;
}

interface Root {
  etag: string | undefined;
  resources: Resource[];
  stale: string[];
}

interface GroupList {
  kind?: unknown;
  items?: {
    metadata?: { name?: string };
    versions?: { version: string; freshness?: string; resources?: ServedResource[] }[];
  }[];
}

interface ServedResource {
  resource: string;
  responseKind?: { group?: string; kind?: string };
  scope?: string;
  verbs?: string[];
}

const ACCEPT = ["v2", "v2beta1"]
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .join(",");
const ROOTS = ["/api", "/apis"] as const;
/** A miss asks the server at most this often. */
const MISS_INTERVAL_MS = 250;
const MAX_BYTES = 64 * 1_048_576;

/** Nothing is asked before the first call. Throws ClusterUnavailable or ClusterForbidden. */
export function createDiscovery(send: Send, server: string, now: () => number = () => performance.now()): Discovery {
  const roots = new Map<string, Root>();
  let byKind = new Map<string, Resource>();
  let byName = new Map<string, Resource>();
  let running: Promise<void> | undefined;
  let refreshedAt = Number.NEGATIVE_INFINITY;

  async function readAll(): Promise<void> {
    await Promise.all(ROOTS.map(async (path) => roots.set(path, await readRoot(send, server, path, roots.get(path)))));
    const all = ROOTS.flatMap((path) => roots.get(path)?.resources ?? []);
    byName = new Map(all.map((resource) => [`${resource.apiVersion}/${resource.resource}`, resource]));
    // Of several resources of one kind, the first that can be listed is the kind's own.
    const listed = (resource: Resource): number => Number(resource.verbs.includes("list"));
    const ranked = all.toReversed().sort((a, b) => listed(a) - listed(b));
    byKind = new Map(ranked.map((resource) => [`${resource.apiVersion}/${resource.kind}`, resource]));
    refreshedAt = now();
  }

  const refresh = (): Promise<void> => (running ??= readAll().finally(() => (running = undefined)));

  async function find(index: () => Map<string, Resource>, key: string): Promise<Resource | undefined> {
    const known = index().get(key);
    if (known) return known;
    if (now() - refreshedAt >= MISS_INTERVAL_MS) await refresh();
    return index().get(key);
  }

  return {
    resolve: (apiVersion, kind) => find(() => byKind, `${apiVersion}/${kind}`),
    lookup: (apiVersion, resource) => find(() => byName, `${apiVersion}/${resource}`),
    async kinds() {
      await refresh();
      const all = ROOTS.flatMap((path) => roots.get(path)?.resources ?? []);
      const preferred = new Map<string, Resource>();
      for (const one of all) {
        const key = `${one.group}/${one.resource}`;
        if (!preferred.has(key)) preferred.set(key, one);
      }
      return [...preferred.values()];
    },
    async staleGroups() {
      await refresh();
      return [...new Set(ROOTS.flatMap((path) => roots.get(path)?.stale ?? []))].sort();
    },
    refresh,
  };
}

async function readRoot(send: Send, server: string, path: string, before: Root | undefined): Promise<Root> {
  const headers = { accept: ACCEPT, ...(before?.etag ? { "if-none-match": before.etag } : {}) };
  const answer = await send({ subject: { verb: "discover" }, method: "GET", path, headers, maxBytes: MAX_BYTES });
  if (answer.status === 304 && before) return before;
  if (answer.status >= 400) throw failure(server, { verb: "discover" }, answer);
  const list = JSON.parse(answer.text) as GroupList;
  if (list.kind !== "APIGroupDiscoveryList") {
    throw new SluiceError("ClusterUnavailable", `${server} does not offer aggregated discovery`, {
      next: "Kubernetes 1.27 or newer is needed.",
    });
  }
  return parseRoot(list, header(answer, "etag"), before);
}

function parseRoot(list: GroupList, etag: string | undefined, before: Root | undefined): Root {
  const resources: Resource[] = [];
  const stale: string[] = [];
  for (const item of list.items ?? []) {
    const group = item.metadata?.name ?? "";
    for (const { version, freshness, resources: served = [] } of item.versions ?? []) {
      const apiVersion = group === "" ? version : `${group}/${version}`;
      if (freshness === "Stale") stale.push(group);
      const found = served
        .filter((entry) => entry.responseKind?.kind)
        .map((entry) => toResource(entry, group, version));
      // A stale version may come without its resources: what was known of it still helps to name things.
      const kept = freshness === "Stale" && found.length === 0;
      resources.push(...(kept ? (before?.resources.filter((old) => old.apiVersion === apiVersion) ?? []) : found));
    }
  }
  return { etag, resources, stale };
}

const toResource = (entry: ServedResource, group: string, version: string): Resource => ({
  group,
  version,
  apiVersion: group === "" ? version : `${group}/${version}`,
  resource: entry.resource,
  kind: entry.responseKind?.kind ?? "",
  namespaced: entry.scope !== "Cluster",
  verbs: entry.verbs ?? [],
});
