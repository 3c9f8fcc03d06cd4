import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import pino from "pino";
import { Registry } from "prom-client";
import { startKubeCluster, type KubeCluster } from "../adapters/embedded/index.ts";
import type { KubeClient } from "../adapters/kubernetes/client.ts";
import { connectCluster } from "../adapters/kubernetes/connection.ts";
import { createKeyring } from "../adapters/secrets/keyring.ts";
import { maskObject, openObject } from "../adapters/secrets/objects.ts";
import { ensureTools, TOOL_NAMES } from "../adapters/toolchain/index.ts";
import { health } from "../domain/health/health.ts";
import { fieldsDigest } from "../domain/sync/field-set.ts";
import { appliedEntry } from "../domain/sync/inventory.ts";
import type { Inventory, InventoryEntry, RawObject } from "../schemas/artifact.ts";
import { APPLICATION_LABEL } from "../schemas/ids.ts";
import type { ApplicationView, ViewName, Views } from "../schemas/views.ts";
import { startWatcher } from "../services/watcher/watcher.ts";
import type { Benchmark, Figure } from "./benchmark.ts";
import { pause } from "./stack.ts";

const APPLICATIONS = 20;
const OBJECTS_EACH = 50;
const CROWDS = { small: { nodes: 20, pods: 500 }, large: { nodes: 400, pods: 12_000 } };
const NAMESPACE = "bench";
const AT_ONCE = 32;

const keyring = createKeyring([new Uint8Array(32)]);
const digests = {
  digest: (text: string) => keyring.digest(text),
  digestSecret: (text: string) => keyring.digest(`secret ${text}`),
};

/** The watcher alone, on a real API server; what it needs of the rest lies in memory before the first look. */
export const watcherMemory: Benchmark = {
  name: "watcher-memory",
  summary: "memory of the watcher per 1,000 managed objects, and with nodes and pods that nobody manages",
  async run({ progress, large }) {
    const { nodes, pods } = CROWDS[large ? "large" : "small"];
    const root = await mkdtemp(join(tmpdir(), "sluice-bench-"));
    const tools = await ensureTools(TOOL_NAMES);
    const options = { name: "bench", dataDir: root, binaries: tools, kwok: false, controllers: false };
    const cluster = await startKubeCluster(options);
    const { server, token, caData } = cluster;
    const log = pino({ level: "silent" });
    const client = await connectCluster({ server, credentials: { token, caData }, log });
    try {
      progress(`${APPLICATIONS * OBJECTS_EACH} managed objects`);
      const world = await populated(cluster, client);
      const before = used();
      const watcher = startWatcher({ ...world, clusters: async () => client, log, metrics: new Registry() });
      while (watcher.notReady() !== undefined) await pause(50);
      await pause(3_000);
      const watching = used();
      progress(`${nodes} nodes and ${pods} pods beside them`);
      await crowd(cluster, nodes, pods);
      await pause(2_000);
      const crowded = used();
      await watcher.stop();
      const per1000 = (watching - before) / ((APPLICATIONS * OBJECTS_EACH) / 1_000);
      const figures: Figure[] = [
        { what: "heap of the watcher per 1,000 managed objects", value: per1000, unit: "MiB" },
        { what: `more with ${nodes} nodes and ${pods} pods in the cluster`, value: crowded - watching, unit: "MiB" },
      ];
      return figures;
    } finally {
      client.close();
      await cluster.stop({ graceMs: 0 });
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    }
  },
};

setFlagsFromString("--expose_gc");
const collect = runInNewContext("gc") as () => void;

/** MiB that are reachable. */
function used(): number {
  for (let round = 0; round < 3; round++) collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1_048_576;
}

async function inTurns<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Half Deployments, half ConfigMaps of 2 KB, applied as a sync does, with their inventories. */
async function populated(cluster: KubeCluster, client: KubeClient) {
  const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } };
  await cluster.apply(`/api/v1/namespaces/${NAMESPACE}`, body);
  const inventories = new Map<string, Inventory>();
  const views = new Map<string, ApplicationView>();
  for (let at = 0; at < APPLICATIONS; at++) {
    const application = `app-${at}`;
    const entries: InventoryEntry[] = [];
    const indices = Array.from({ length: OBJECTS_EACH }, (_, index) => index);
    await inTurns(indices, async (index) => void entries.push(await applied(client, application, index)));
    inventories.set(application, { version: 1, application, cluster: "bench", entries });
    views.set(application, viewOf(application));
  }
  return {
    views: {
      get: <View extends ViewName>(_view: View, key: string) => views.get(key) as Views[View] | undefined,
      list: <View extends ViewName>(_view: View, { after }: { after?: string } = {}) =>
        after === undefined ? [...views].map(([key, value]) => ({ key, value: value as Views[View] })) : [],
      onChange: () => () => undefined,
    },
    blobs: { getJson: async <T>(digest: string) => structuredClone(inventories.get(digest)) as T },
    intake: { publish: async () => undefined },
    lease: async () => ({ release: async () => undefined }),
    health,
    fieldsDigest: (live: RawObject, fieldSet: unknown) => fieldsDigest(live, fieldSet, digests),
    open: (object: RawObject) => openObject(object, keyring),
    mask: (object: RawObject) => maskObject(object, keyring),
  };
}

async function applied(client: KubeClient, application: string, index: number): Promise<InventoryEntry> {
  const object = index % 2 === 0 ? deployment(application, index) : configMap(application, index);
  const kind = (await client.resolve(object.apiVersion, object.kind))!;
  const answer = await client.apply(kind, object, { force: true });
  const { name } = object.metadata;
  const step = {
    key: { group: kind.group, kind: object.kind, namespace: NAMESPACE, name },
    apiVersion: object.apiVersion,
  };
  const more = { resource: kind.resource, namespaced: true, desired: "d".repeat(64) };
  return appliedEntry(step, { applied: object, object: answer.object, ...more }, digests);
}

const metadataOf = (application: string, index: number) => ({
  name: `${application}-${index}`,
  namespace: NAMESPACE,
  labels: { [APPLICATION_LABEL]: application },
});

const configMap = (application: string, index: number): RawObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: metadataOf(application, index),
  data: { version: "1", settings: "0123456789abcdef".repeat(128) },
});

const deployment = (application: string, index: number): RawObject => {
  const labels = { app: `${application}-${index}` };
  const containers = [{ name: "main", image: "registry.example/main:1", ports: [{ containerPort: 80 }] }];
  const template = { metadata: { labels }, spec: { containers } };
  const spec = { replicas: 0, selector: { matchLabels: labels }, template };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: metadataOf(application, index), spec };
};

const viewOf = (name: string): ApplicationView =>
  ({
    ...{ name, labels: {}, annotations: {}, createdAt: "", updatedAt: "", drift: [], sequence: 1, cluster: "bench" },
    spec: { syncPolicy: { syncOptions: [], timeout: "10m" } },
    sync: { status: "Synced", since: "" },
    health: { status: "Progressing", since: "", objects: [] },
    resources: ["apps/v1/deployments", "v1/configmaps"],
    inventory: name,
  }) as unknown as ApplicationView;

async function crowd(cluster: KubeCluster, nodes: number, pods: number): Promise<void> {
  const create = async (path: string, body: object): Promise<void> => {
    const { status } = await cluster.request(path, { method: "POST", body });
    if (status !== 201) throw new Error(`${path} was answered ${status}`);
  };
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
  await inTurns(numbers(nodes), (index) =>
    create("/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name: `crowd-${index}` } }),
  );
  const containers = [{ name: "main", image: "registry.example/crowd:1" }];
  await inTurns(numbers(pods), (index) =>
    create(`/api/v1/namespaces/${NAMESPACE}/pods`, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: `crowd-${index}`, labels: { app: "crowd" } },
      spec: { nodeName: `crowd-${index % nodes}`, containers },
    }),
  );
}
