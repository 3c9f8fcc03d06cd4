import { hash } from "node:crypto";
import pino from "pino";
import { Registry } from "prom-client";
import type { Page } from "../../../adapters/kubernetes/read.ts";
import type { Resource } from "../../../adapters/kubernetes/resource.ts";
import type { WatchLine } from "../../../adapters/kubernetes/watch.ts";
import { createKeyring } from "../../../adapters/secrets/keyring.ts";
import { maskObject } from "../../../adapters/secrets/objects.ts";
import { canonicalJson } from "../../../domain/sync/canonical.ts";
import type { Digests } from "../../../domain/sync/canonical.ts";
import { fieldsDigest, ownedFields } from "../../../domain/sync/field-set.ts";
import { health } from "../../../domain/health/health.ts";
import { notedHealth } from "../../../domain/watch/unhealthy.ts";
import type { Inventory, RawObject } from "../../../schemas/artifact.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import { APPLICATION_LABEL } from "../../../schemas/ids.ts";
import type { ClusterChanged } from "../../../schemas/messages.ts";
import type { ApplicationView, ViewName, Views } from "../../../schemas/views.ts";
import type { WatchedCluster } from "../../../services/watcher/ports.ts";
import { startWatcher, type WatcherDeps } from "../../../services/watcher/watcher.ts";

const sha256 = (text: string): string => hash("sha256", text, "hex");
export const digests: Digests = { digest: sha256, digestSecret: (text) => sha256(`key ${text}`) };

const keyring = createKeyring([new Uint8Array(32)]);

const RESOURCES: Record<string, Resource> = Object.fromEntries(
  [
    { group: "", kind: "ConfigMap", resource: "configmaps" },
    { group: "apps", kind: "Deployment", resource: "deployments" },
  ].map((one) => {
    const apiVersion = one.group ? `${one.group}/v1` : "v1";
    const resource = { ...one, version: "v1", apiVersion, namespaced: true, verbs: ["list", "watch"] };
    return [`${apiVersion}/${one.resource}`, resource];
  }),
);

/** A cluster in memory: lists, watches and reads, each of which can be made to fail or to lag. */
export class FakeCluster implements WatchedCluster {
  readonly objects = new Map<string, RawObject>();
  readonly reads: string[] = [];
  readonly watched = new Set<string>();
  /** While set, every request fails. */
  down = false;
  /** While set, watches hold their lines back. */
  lagging = false;
  #version = 100;
  #held: (() => void)[] = [];
  readonly #history: { version: number; kind: string; line: WatchLine }[] = [];
  readonly #watches = new Set<{ resource: string; push(line: WatchLine): void; fail(error: Error): void }>();

  async lookup(apiVersion: string, resource: string): Promise<Resource | undefined> {
    this.#reachable();
    return RESOURCES[`${apiVersion}/${resource}`];
  }

  async get(resource: Resource, namespace: string, name: string): Promise<RawObject | undefined> {
    this.#reachable();
    this.reads.push(`${resource.kind} ${namespace}/${name}`);
    return structuredClone(this.objects.get(`${resource.kind} ${namespace}/${name}`));
  }

  async *pages(resource: Resource): AsyncGenerator<Page> {
    this.#reachable();
    const items = [...this.objects.values()].filter(({ kind }) => kind === resource.kind).filter(isManaged);
    yield { items: structuredClone(items), resourceVersion: String(this.#version), restarted: false };
  }

  async watch(
    resource: Resource,
    { signal, resourceVersion }: { signal: AbortSignal; resourceVersion: string },
  ): Promise<AsyncIterable<WatchLine[]>> {
    this.#reachable();
    this.watched.add(resource.resource);
    const missed = this.#history.filter(
      ({ version, kind }) => kind === resource.kind && version > Number(resourceVersion),
    );
    const lines = missed.map(({ line }) => line);
    let wake = Promise.withResolvers<void>();
    if (lines.length > 0) wake.resolve();
    let failure: Error | undefined;
    const watch = {
      resource: resource.resource,
      push: (line: WatchLine) => {
        lines.push(line);
        wake.resolve();
      },
      fail: (error: Error) => {
        failure = error;
        wake.resolve();
      },
    };
    this.#watches.add(watch);
    const close = () => watch.fail(new Error("closed"));
    signal.addEventListener("abort", close);
    const remove = () => {
      this.#watches.delete(watch);
      if (![...this.#watches].some((one) => one.resource === resource.resource)) this.watched.delete(resource.resource);
    };
    return (async function* () {
      try {
        for (;;) {
          await wake.promise;
          if (failure) throw failure;
          wake = Promise.withResolvers();
          yield lines.splice(0);
        }
      } finally {
        remove();
      }
    })();
  }

  /** Puts an object as the API server would after a write, and tells the watches. */
  put(object: RawObject): RawObject {
    const key = keyOf(object);
    const before = this.objects.get(key);
    const uid = object.metadata.uid ?? before?.metadata.uid ?? `uid-${this.#version}`;
    const metadata = { ...object.metadata, uid, resourceVersion: String(++this.#version) };
    const stored = { ...structuredClone(object), metadata };
    this.objects.set(key, stored);
    this.#tell(stored.kind, isManaged(stored) ? "upserted" : "deleted", stored);
    return stored;
  }

  remove(object: RawObject): void {
    this.objects.delete(keyOf(object));
    this.#tell(object.kind, "deleted", {
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(++this.#version) },
    });
  }

  /** Breaks all running watches, and what comes after while `down` is set. */
  cut(): void {
    this.down = true;
    for (const watch of this.#watches) watch.fail(new Error("connection lost"));
  }

  /** Lets the lines held back go. */
  catchUp(): void {
    this.lagging = false;
    for (const deliver of this.#held.splice(0)) deliver();
  }

  #tell(kind: string, type: "upserted" | "deleted", object: RawObject): void {
    const line: WatchLine = { type, object: structuredClone(object) };
    this.#history.push({ version: this.#version, kind, line });
    const deliver = () => {
      for (const watch of this.#watches) {
        if (Object.values(RESOURCES).some((one) => one.resource === watch.resource && one.kind === kind))
          watch.push(line);
      }
    };
    if (this.lagging) this.#held.push(deliver);
    else deliver();
  }

  #reachable(): void {
    if (this.down) throw new SluiceError("ClusterUnavailable", "the fake cluster is down");
  }
}

const keyOf = (object: RawObject): string => `${object.kind} ${object.metadata.namespace}/${object.metadata.name}`;
const isManaged = (object: RawObject): boolean => object.metadata.labels?.[APPLICATION_LABEL] !== undefined;

/** Field sets as the API server would write them for these objects. */
const FIELDS = {
  ConfigMap: { "f:data": { "f:key": {} }, "f:metadata": { "f:labels": { [`f:${APPLICATION_LABEL}`]: {} } } },
  Deployment: { "f:spec": { "f:replicas": {} } },
};
const applied = (kind: keyof typeof FIELDS) => [{ manager: "sluice", operation: "Apply", fieldsV1: FIELDS[kind] }];

export const configMap = (application: string, name: string, value: string): RawObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: {
    name,
    namespace: "default",
    labels: { [APPLICATION_LABEL]: application },
    managedFields: applied("ConfigMap"),
  },
  data: { key: value },
});

export const deployment = (application: string, name: string, ready: number): RawObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: {
    name,
    namespace: "default",
    generation: 1,
    labels: { [APPLICATION_LABEL]: application },
    managedFields: applied("Deployment"),
  },
  spec: { replicas: 2 },
  status: { observedGeneration: 1, replicas: 2, updatedReplicas: 2, readyReplicas: ready, availableReplicas: ready },
});

/** The inventory entry of an object as it now stands. */
const entryOf = (object: RawObject): Inventory["entries"][number] => {
  const fieldSet = ownedFields(object) ?? null;
  const [group = ""] = object.apiVersion.includes("/") ? object.apiVersion.split("/") : [""];
  const key = { group, kind: object.kind, namespace: object.metadata.namespace ?? "", name: object.metadata.name };
  return {
    key,
    apiVersion: object.apiVersion,
    resource: `${object.kind.toLowerCase()}s`,
    namespaced: true,
    uid: object.metadata.uid ?? null,
    desired: "d",
    fields: fieldsDigest(object, fieldSet, digests),
    fieldSet,
  };
};

/** A watcher over a fake cluster, or the one given, with views, blobs and intake in memory. */
export function harness({
  client,
  ...options
}: { client?: WatchedCluster } & Pick<WatcherDeps, "graceMs" | "own" | "onChecksChange"> = {}) {
  const cluster = new FakeCluster();
  const views = new Map<string, ApplicationView>();
  const blobs = new Map<string, unknown>();
  const listeners = new Set<(view: ViewName, key: string) => void>();
  const published: { message: ClusterChanged; id: string; at: number }[] = [];
  const metrics = new Registry();
  const leases = { held: 0, lose: undefined as (() => void) | undefined };
  const faults = { intake: 0 };
  let sequence = 0;

  const set = (name: string, change: Partial<ApplicationView>): void => {
    const before = views.get(name) ?? blank(name);
    views.set(name, { ...before, ...change, sequence: ++sequence });
    for (const listener of listeners) listener("applications", name);
  };
  const store = (inventory: Inventory): string => {
    const digest = sha256(canonicalJson(inventory));
    blobs.set(digest, inventory);
    return digest;
  };
  const inventory = (name: string, entries: Inventory["entries"]): string =>
    store({ version: 1, application: name, cluster: "c1", entries });

  return {
    cluster,
    blobs,
    published,
    metrics,
    leases,
    faults,
    set,
    inventory,
    view: (name: string) => views.get(name),
    drop(name: string) {
      views.delete(name);
      for (const listener of listeners) listener("applications", name);
    },
    /** What the projector does with a report: the view says what was reported. */
    project(message: ClusterChanged) {
      const { health: status, unhealthy, drifted } = message;
      set(message.application, { health: { status, since: "", objects: notedHealth(unhealthy) }, drift: drifted });
    },
    /** An application whose objects were applied as they stand in the cluster. */
    synced(name: string, objects: RawObject[], change: Partial<ApplicationView> = {}) {
      const entries = objects.map(entryOf);
      const resources = [...new Set(entries.map((entry) => `${entry.apiVersion}/${entry.resource}`))].sort();
      set(name, { cluster: "c1", resources, inventory: inventory(name, entries), ...change });
    },
    start: () =>
      startWatcher({
        views: {
          get: <View extends ViewName>(view: View, key: string) =>
            (view === "applications" ? views.get(key) : undefined) as Views[View] | undefined,
          list: <View extends ViewName>(_view: View, page: { after?: string; limit?: number } = {}) =>
            [...views]
              .sort(([a], [b]) => Number(a > b) - Number(a < b))
              .filter(([key]) => page.after === undefined || key > page.after)
              .slice(0, page.limit)
              .map(([key, value]) => ({ key, value: value as Views[View] })),
          onChange(listener) {
            listeners.add(listener);
            return () => listeners.delete(listener);
          },
        },
        blobs: {
          getJson: async <T>(digest: string) => {
            if (!blobs.has(digest)) throw new SluiceError("NotFound", `no blob ${digest}`);
            return structuredClone(blobs.get(digest)) as T;
          },
        },
        clusters: async () => client ?? cluster,
        intake: {
          publish: async (message, id) => {
            if (faults.intake-- > 0) throw new SluiceError("Unavailable", "no acknowledgement");
            published.push({ message, id, at: performance.now() });
          },
        },
        lease: async (_name, { onLost }) => {
          leases.held += 1;
          leases.lose = onLost;
          return { release: async () => void (leases.held -= 1) };
        },
        health,
        fieldsDigest: (live, fieldSet) => fieldsDigest(live, fieldSet, digests),
        open: (object) => object,
        mask: (object) => maskObject(object, keyring),
        log: pino({ level: process.env["WATCHER_LOG"] ?? "silent" }),
        metrics,
        random: () => 0,
        ...options,
      }),
  };
}

const blank = (name: string): ApplicationView => ({
  name,
  labels: {},
  annotations: {},
  spec: { syncPolicy: { syncOptions: [], timeout: "10m" } } as unknown as ApplicationView["spec"],
  createdAt: "",
  updatedAt: "",
  sync: { status: "Synced", since: "" },
  health: { status: "Healthy", since: "", objects: [] },
  drift: [],
  resources: [],
  sequence: 0,
});
