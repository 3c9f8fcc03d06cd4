import pino from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectCluster } from "../../../adapters/kubernetes/connection.ts";
import type { KubeClient } from "../../../adapters/kubernetes/client.ts";
import { appliedEntry } from "../../../domain/sync/inventory.ts";
import type { InventoryEntry, RawObject } from "../../../schemas/artifact.ts";
import { APPLICATION_LABEL } from "../../../schemas/ids.ts";
import type { Service } from "../../../services/service.ts";
import { testServers } from "../../fixtures/servers.ts";
import { digests, harness } from "../../services/watcher/harness.ts";

/** Waits for a condition; the limit only ends a test that fails. */
const eventually = <T>(probe: () => T | Promise<T>) => expect.poll(probe, { timeout: 60_000, interval: 20 });

const start = () => testServers({ cluster: true });
let servers: Awaited<ReturnType<typeof start>>;
let client: KubeClient;
let watcher: Service;
let h: ReturnType<typeof harness>;
const reads: string[] = [];

beforeAll(async () => {
  servers = await start();
  const { server, token, caData } = servers.cluster;
  client = await connectCluster({ server, credentials: { token, caData }, log: pino({ level: "silent" }) });
  const get: KubeClient["get"] = (resource, namespace, name, signal) => {
    reads.push(name);
    return client.get(resource, namespace, name, signal);
  };
  h = harness({ client: { ...client, get } });
  watcher = h.start();
});
afterAll(async () => {
  await watcher?.stop();
  client?.close();
  await servers?.stop();
});

const objects = (application: string, image: string): RawObject[] => {
  const labels = { [APPLICATION_LABEL]: application };
  const metadata = { name: application, namespace: "default", labels };
  const container = { name: "web", image, resources: {}, ports: [{ containerPort: 80 }] };
  const template = { metadata: { labels: { app: application } }, spec: { containers: [container] } };
  const spec = { replicas: 2, strategy: {}, selector: { matchLabels: { app: application } }, template };
  return [
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: { color: image } },
    { apiVersion: "v1", kind: "Secret", metadata, data: { password: btoa(image) } },
    { apiVersion: "apps/v1", kind: "Deployment", metadata, spec },
  ];
};
const RESOURCES = ["apps/v1/deployments", "v1/configmaps", "v1/secrets"];

/** One sync, as the operation does it: the view says that it runs, the objects are applied, the inventory is recorded. */
const sync = async (application: string, image: string): Promise<InventoryEntry[]> => {
  const before = h.view(application)?.inventory ?? h.inventory(application, []);
  h.set(application, { cluster: "c1", resources: RESOURCES, running: `op-${image}`, inventory: before });
  const entries: InventoryEntry[] = [];
  for (const object of objects(application, image)) {
    const resource = (await client.resolve(object.apiVersion, object.kind))!;
    const answer = await client.apply(resource, object, { force: true });
    const key = { group: resource.group, kind: object.kind, namespace: "default", name: application };
    const more = { resource: resource.resource, namespaced: true, desired: "d" };
    entries.push(
      appliedEntry(
        { key, apiVersion: object.apiVersion },
        { applied: object, object: answer.object, ...more },
        digests,
      ),
    );
  }
  const health = { status: "Progressing" as const, since: "", objects: [] };
  h.set(application, { inventory: h.inventory(application, entries), health, running: undefined } as never);
  return entries;
};
const of = (application: string) =>
  h.published.map(({ message }) => message).filter((one) => one.application === application);
const edit = (path: string, body: object) =>
  servers.cluster.request(`${path}?fieldManager=kubectl-edit`, {
    method: "PATCH",
    contentType: "application/merge-patch+json",
    body,
  });

test("a sync becomes Healthy, and leaves no drift", async () => {
  await sync("plain", "nginx:1");
  await eventually(() => of("plain").at(-1)?.health).toBe("Healthy");
  expect(of("plain").flatMap(({ drifted }) => drifted)).toEqual([]);
  h.project(of("plain").at(-1)!);
  await sync("plain", "nginx:2");
  await eventually(() => of("plain").at(-1)?.health).toBe("Healthy");
  expect(of("plain").flatMap(({ drifted }) => drifted)).toEqual([]);
});

test("a manual change is reported with its author, and only that", async () => {
  await sync("edited", "nginx:1");
  await eventually(() => of("edited").at(-1)?.health).toBe("Healthy");
  h.project(of("edited").at(-1)!);
  reads.length = 0;
  await edit("/apis/apps/v1/namespaces/default/deployments/edited", { spec: { paused: false, replicas: 3 } });
  await eventually(() => of("edited").at(-1)?.drifted.length).toBe(1);
  expect(of("edited").at(-1)?.drifted[0]).toMatchObject({
    object: "apps/Deployment/default/edited",
    change: "modified",
    managers: ["kubectl-edit"],
  });
  expect(new Set(reads)).toEqual(new Set(["edited"]));
  h.project(of("edited").at(-1)!);
  await edit("/apis/apps/v1/namespaces/default/deployments/edited", { spec: { replicas: 2 } });
  await eventually(() => of("edited").at(-1)?.drifted).toEqual([]);
});

test("a deleted object is reported, and so is its successor of another uid", async () => {
  const entries = await sync("dropped", "nginx:1");
  await eventually(() => of("dropped").at(-1)?.health).toBe("Healthy");
  h.project(of("dropped").at(-1)!);
  const uid = entries[0]?.uid ?? "";
  const configMaps = (await client.resolve("v1", "ConfigMap"))!;
  await client.delete(configMaps, "default", "dropped", { uid });
  await expect.poll(() => of("dropped").at(-1)?.drifted).toMatchObject([{ change: "deleted", uid }]);
  expect(of("dropped").at(-1)?.health).toBe("Missing");
  h.project(of("dropped").at(-1)!);
  await client.apply(configMaps, objects("dropped", "nginx:1")[0]!, { force: true });
  await eventually(() => of("dropped").at(-1)?.drifted).toMatchObject([{ change: "replaced" }]);
  expect(of("dropped").at(-1)?.drifted[0]?.uid).not.toBe(uid);
});

test("no report holds a secret's value", async () => {
  await sync("sealed", "canary-value");
  await eventually(() => of("sealed").at(-1)?.health).toBe("Healthy");
  await edit("/api/v1/namespaces/default/secrets/sealed", { stringData: { password: "canary-other" } });
  await eventually(() => of("sealed").at(-1)?.drifted.length).toBe(1);
  expect(JSON.stringify(of("sealed"))).not.toContain("canary-other");
  expect(JSON.stringify(of("sealed"))).not.toContain(Buffer.from("canary-other").toString("base64"));
});
