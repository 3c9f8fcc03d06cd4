import pino from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectCluster } from "../../../adapters/kubernetes/connection.ts";
import type { KubeClient } from "../../../adapters/kubernetes/client.ts";
import { appliedEntry } from "../../../domain/sync/inventory.ts";
import type { Inventory, InventoryEntry, RawObject } from "../../../schemas/artifact.ts";
import { APPLICATION_LABEL } from "../../../schemas/ids.ts";
import type { Service } from "../../../services/service.ts";
import { testServers } from "../../fixtures/servers.ts";
import { digests, harness } from "../../services/watcher/harness.ts";
import { breakable } from "./breakable-proxy.ts";

/** What is changed by hand while nobody watches is found on return: edits, deletions, replacements, and nothing that was taken back. */

const eventually = <T>(probe: () => T | Promise<T>) => expect.poll(probe, { timeout: 60_000, interval: 20 });
const start = () => testServers({ cluster: { controllers: false, kwok: false } });
const NAMES = ["edited", "deleted", "replaced", "back", "same"];

let servers: Awaited<ReturnType<typeof start>>;
let proxy: Awaited<ReturnType<typeof breakable>>;
let direct: KubeClient;
let through: KubeClient;
let h: ReturnType<typeof harness>;
let watcher: Service;

const configMap = (name: string): RawObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default", labels: { [APPLICATION_LABEL]: "shop" } },
  data: { key: "1" },
});

beforeAll(async () => {
  servers = await start();
  const { server, token, caData } = servers.cluster;
  proxy = await breakable(new URL(server));
  const log = pino({ level: "silent" });
  direct = await connectCluster({ server, credentials: { token, caData }, log });
  through = await connectCluster({ server: proxy.url, credentials: { token, caData }, log });
  h = harness({ client: through, graceMs: 60_000 });
});
afterAll(async () => {
  await watcher?.stop();
  through?.close();
  direct?.close();
  await proxy?.close();
  await servers?.stop();
});

async function sync(): Promise<void> {
  const namespaces = (await direct.resolve("v1", "Namespace"))!;
  await direct.apply(
    namespaces,
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "default" } },
    { force: false },
  );
  const kind = (await direct.resolve("v1", "ConfigMap"))!;
  const entries: InventoryEntry[] = [];
  for (const name of NAMES) {
    const applied = configMap(name);
    const { object } = await direct.apply(kind, applied, { force: true });
    const key = { group: "", kind: "ConfigMap", namespace: "default", name };
    const more = { resource: "configmaps", namespaced: true, desired: "d" };
    entries.push(appliedEntry({ key, apiVersion: "v1" }, { applied, object, ...more }, digests));
  }
  h.blobs.set("artifact-1", { version: 1, objects: NAMES.map(configMap) });
  const deployed = { operation: "op-1", revision: "r", artifact: "artifact-1", sourceDigest: "s", at: "" };
  const inventory = h.inventory("shop", entries as Inventory["entries"]);
  h.set("shop", { cluster: "c1", resources: ["v1/configmaps"], inventory, deployed });
}

/** As kubectl sends it. */
const asKubectl = (method: "PATCH" | "DELETE", name: string, body?: object): Promise<{ status: number }> =>
  servers.cluster.request(`/api/v1/namespaces/default/configmaps/${name}?fieldManager=kubectl-edit`, {
    method,
    ...(body && { body, contentType: "application/merge-patch+json" }),
  });

async function changeEverything(): Promise<void> {
  await asKubectl("PATCH", "edited", { data: { key: "2" } });
  await asKubectl("DELETE", "deleted");
  await asKubectl("DELETE", "replaced");
  const created = await servers.cluster.request("/api/v1/namespaces/default/configmaps", {
    method: "POST",
    body: configMap("replaced"),
  });
  expect(created.status).toBe(201);
  await asKubectl("PATCH", "back", { data: { key: "2" } });
  await asKubectl("PATCH", "back", { data: { key: "1" } });
}

const FOUND = ["deleted deleted", "edited modified", "replaced replaced"];
const found = () => {
  const drifted = h.published.at(-1)?.message.drifted ?? [];
  return drifted.map(({ object, change }) => `${object.split("/").at(-1)} ${change}`).toSorted();
};

describe("a watch that was down", () => {
  test("while the API server was out of reach finds all that changed meanwhile", async () => {
    await sync();
    watcher = h.start();
    await eventually(() => watcher.notReady()).toBeUndefined();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(h.published).toEqual([]);
    proxy.cut();
    await changeEverything();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(h.published, "not knowing is no news").toEqual([]);
    proxy.mend();
    await eventually(found).toEqual(FOUND);
    const edited = h.published.at(-1)!.message.drifted.find(({ object }) => object.endsWith("/edited"))!;
    expect(edited).toMatchObject({
      managers: ["kubectl-edit"],
      fields: [{ path: ".data.key", was: '"1"', is: '"2"' }],
    });
    expect(edited.since).toMatch(/^\d{4}-/);
  });

  test("because its process was stopped finds the same when it starts", async () => {
    await watcher.stop();
    h.published.length = 0;
    h.metrics.clear();
    watcher = h.start();
    await eventually(found).toEqual(FOUND);
  });
});
