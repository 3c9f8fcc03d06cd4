import pino from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectCluster } from "../../../adapters/kubernetes/connection.ts";
import type { KubeClient } from "../../../adapters/kubernetes/client.ts";
import { startReflector } from "../../../adapters/kubernetes/reflector.ts";
import type { Reflector } from "../../../adapters/kubernetes/reflector.ts";
import type { Resource } from "../../../adapters/kubernetes/resource.ts";
import { APPLICATION_LABEL } from "../../../schemas/ids.ts";
import { testServers } from "../../fixtures/servers.ts";
import { breakable } from "./breakable-proxy.ts";

/** Waits for a condition; the limit only ends a test that fails. */
const eventually = <T>(probe: () => T | Promise<T>) => expect.poll(probe, { timeout: 60_000, interval: 20 });

const start = () => testServers({ cluster: { controllers: false, kwok: false } });
const log = pino({ level: "silent" });
let servers: Awaited<ReturnType<typeof start>>;
let client: KubeClient;
let configMaps: Resource;

beforeAll(async () => {
  servers = await start();
  const { server, token, caData } = servers.cluster;
  client = await connectCluster({ server, credentials: { token, caData }, log });
  const namespaces = await client.resolve("v1", "Namespace");
  const object = { apiVersion: "v1", kind: "Namespace", metadata: { name: "default" } };
  await client.apply(namespaces!, object, { force: false });
  configMaps = (await client.resolve("v1", "ConfigMap"))!;
});
afterAll(async () => {
  client?.close();
  await servers?.stop();
});

const write = async (name: string, value: string, labelled = true) => {
  const labels = labelled ? { [APPLICATION_LABEL]: "shop" } : {};
  const metadata = { name, namespace: "default", labels };
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { value } };
  return (await client.apply(configMaps, object, { force: true })).object;
};
const remove = (name: string, uid = "") => client.delete(configMaps, "default", name, { uid });

const follow = (through: KubeClient, prefix: string) => {
  const seen: string[] = [];
  const restarts: string[] = [];
  const note = (line: string, name: string): void => void (name.startsWith(prefix) && seen.push(line));
  const reflector: Reflector<string> = startReflector<string>({
    client: through,
    resource: configMaps,
    labelSelector: APPLICATION_LABEL,
    handler: {
      upserted({ metadata, data }, before) {
        note(`${before ? "~" : "+"}${metadata.name}`, metadata.name);
        return (data as { value: string }).value;
      },
      deleted: ({ name }) => note(`-${name}`, name),
      listed: () => undefined,
    },
    onRestart: (reason) => void restarts.push(reason),
    random: () => 0,
    backoff: () => 20,
  });
  return { reflector, seen, restarts };
};

test("objects are seen as they come, change, lose their label and go", async () => {
  const first = await write("seen-a", "1");
  const { reflector, seen } = follow(client, "seen-");
  await eventually(() => seen).toEqual(["+seen-a"]);
  expect(reflector.get("default", "seen-a")).toEqual({
    uid: first.metadata.uid,
    resourceVersion: first.metadata.resourceVersion,
    value: "1",
  });
  await write("seen-a", "2");
  const second = await write("seen-b", "1");
  await write("seen-unlabelled", "1", false);
  await eventually(() => seen).toEqual(["+seen-a", "~seen-a", "+seen-b"]);
  await write("seen-a", "2", false);
  await remove("seen-b", second.metadata.uid);
  await eventually(() => seen.slice(3)).toEqual(["-seen-a", "-seen-b"]);
  await reflector.stop();
});

test("what was dropped and recreated while the connection was broken is seen as replaced", async () => {
  const { server, token, caData } = servers.cluster;
  const proxy = await breakable(new URL(server));
  const through = await connectCluster({
    server: proxy.url,
    credentials: { token, caData },
    log,
    limits: { attempts: 1 },
  });
  const before = await write("cut-swapped", "1");
  const gone = await write("cut-gone", "1");
  const { reflector, seen, restarts } = follow(through, "cut-");
  await eventually(() => [...seen].sort()).toEqual(["+cut-gone", "+cut-swapped"]);
  proxy.cut();
  await remove("cut-swapped", before.metadata.uid);
  await remove("cut-gone", gone.metadata.uid);
  const after = await write("cut-swapped", "2");
  await eventually(() => restarts.length).toBeGreaterThan(0);
  expect(reflector.lostSince).toBeTypeOf("number");
  expect(reflector.size).toBeGreaterThanOrEqual(2);
  proxy.mend();
  await eventually(() => reflector.get("default", "cut-swapped")?.uid).toBe(after.metadata.uid);
  await eventually(() => seen.slice(2).sort()).toEqual(["+cut-swapped", "-cut-gone", "-cut-swapped"]);
  await reflector.stop();
  through.close();
  await proxy.close();
});

test("an API server that is killed and comes back is followed on, with nothing lost and nothing made up", async () => {
  await write("kill-kept", "1");
  const { reflector, seen, restarts } = follow(client, "kill-");
  await eventually(() => seen).toEqual(["+kill-kept"]);
  const apiServer = servers.cluster.processes["kube-apiserver"]!;
  await apiServer.stop({ graceMs: 0 });
  await eventually(() => restarts.length).toBeGreaterThan(1);
  await apiServer.start();
  await expect
    .poll(
      () =>
        write("kill-new", "1").then(
          () => true,
          () => false,
        ),
      { timeout: 60_000 },
    )
    .toBe(true);
  await eventually(() => seen).toEqual(["+kill-kept", "+kill-new"]);
  await eventually(() => reflector.lostSince).toBeUndefined();
  await reflector.stop();
});

test("a version that etcd compacted away is answered by 410 and ends in a new list", async () => {
  await write("old", "1");
  // A version from before the first write of this cluster: long gone from the watch cache after its restart.
  const lines = client.watch(configMaps, {
    resourceVersion: "1",
    timeoutSeconds: 5,
    idleMs: 10_000,
    signal: AbortSignal.timeout(20_000),
  });
  const outcome = await lines.then(
    async (stream) => {
      for await (const batch of stream) return batch[0];
      return undefined;
    },
    (error: unknown) => error,
  );
  const code =
    (outcome as { code?: number; status?: { code: number } }).code ??
    (outcome as { status?: { code: number } }).status?.code;
  expect(code).toBe(410);
});
