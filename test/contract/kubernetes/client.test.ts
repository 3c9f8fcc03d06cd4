import pino from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectCluster } from "../../../adapters/kubernetes/connection.ts";
import type { KubeClient } from "../../../adapters/kubernetes/client.ts";
import { ApplyConflict } from "../../../adapters/kubernetes/errors.ts";
import { parseRaw, stringifyRaw } from "../../../schemas/raw-json.ts";
import type { Resource } from "../../../adapters/kubernetes/resource.ts";
import type { RawObject } from "../../../schemas/artifact.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import { testServers } from "../../fixtures/servers.ts";

/** Waits for a condition; the limit only ends a test that fails. */
const eventually = <T>(probe: () => T | Promise<T>) => expect.poll(probe, { timeout: 60_000, interval: 20 });

const log = pino({ level: "silent" });
let servers: Awaited<ReturnType<typeof start>>;
let client: KubeClient;
const start = () => testServers({ cluster: { controllers: false, kwok: false } });

beforeAll(async () => {
  servers = await start();
  const { server, token, caData } = servers.cluster;
  client = await connectCluster({ server, credentials: { token, caData }, log });
  await namespace("default");
});
afterAll(async () => {
  client?.close();
  await servers?.stop();
});

const kind = async (apiVersion: string, name: string): Promise<Resource> => {
  const resource = await client.resolve(apiVersion, name);
  if (!resource) throw new Error(`${apiVersion} ${name} is not served`);
  return resource;
};
const namespace = async (name: string) =>
  client.apply(
    await kind("v1", "Namespace"),
    { apiVersion: "v1", kind: "Namespace", metadata: { name } },
    { force: false },
  );
const configMap = (name: string, data: Record<string, string>): RawObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default" },
  data,
});
const caught = async (run: Promise<unknown>): Promise<SluiceError> => {
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof SluiceError) return error;
  throw new Error(`a SluiceError was expected, not ${String(error)}`);
};

test("a kubeconfig and a token both authenticate, a wrong token is told apart", async () => {
  const { server, kubeconfig, caData } = servers.cluster;
  const other = await connectCluster({ server, credentials: { kubeconfig }, log });
  expect((await other.version()).gitVersion).toMatch(/^v1\./);
  other.close();
  const wrong = await connectCluster({ server, credentials: { token: "canary-wrong-token", caData }, log });
  const error = await caught(wrong.get(await kind("v1", "ConfigMap"), "default", "any"));
  wrong.close();
  expect(error.code).toBe("ClusterForbidden");
  expect(JSON.stringify(error) + error.message).not.toContain("canary");
});

test("an untrusted certificate is an error at once that names the remedy", async () => {
  const { server, token } = servers.cluster;
  const untrusting = await connectCluster({ server, credentials: { token }, log });
  const error = await caught(untrusting.version());
  untrusting.close();
  expect(error.code).toBe("ClusterUnavailable");
  expect(error.next).toContain("caData");
});

test("applies create, change and leave alone", async () => {
  const resource = await kind("v1", "ConfigMap");
  const first = await client.apply(resource, configMap("applied", { a: "1" }), { force: false });
  expect(first.created).toBe(true);
  const second = await client.apply(resource, configMap("applied", { a: "2" }), { force: false });
  expect(second.created).toBe(false);
  const third = await client.apply(resource, configMap("applied", { a: "2" }), { force: false });
  expect(third.object.metadata.resourceVersion).toBe(second.object.metadata.resourceVersion);
  expect((await client.get(resource, "default", "applied"))?.["data"]).toEqual({ a: "2" });
});

test("a dry run answers as an apply would and changes nothing", async () => {
  const resource = await kind("v1", "ConfigMap");
  const { object } = await client.apply(resource, configMap("dry", { a: "1" }), { force: false, dryRun: true });
  expect(object.metadata.uid).toBeTruthy();
  expect(await client.get(resource, "default", "dry")).toBeUndefined();
});

test("a conflict names the manager and the field, force takes it over", async () => {
  const resource = await kind("apps/v1", "Deployment");
  const deployment = (replicas: number): RawObject => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "contested", namespace: "default" },
    spec: {
      replicas,
      selector: { matchLabels: { app: "x" } },
      template: { metadata: { labels: { app: "x" } }, spec: { containers: [{ name: "c", image: "i" }] } },
    },
  });
  await client.apply(resource, deployment(1), { force: false });
  await servers.cluster.request("/apis/apps/v1/namespaces/default/deployments/contested?fieldManager=kubectl-edit", {
    method: "PATCH",
    contentType: "application/merge-patch+json",
    body: { spec: { replicas: 3 } },
  });
  const error = await caught(client.apply(resource, deployment(1), { force: false }));
  expect(error).toBeInstanceOf(ApplyConflict);
  expect((error as ApplyConflict).conflicts).toEqual([{ manager: "kubectl-edit", field: ".spec.replicas" }]);
  const forced = await client.apply(resource, deployment(1), { force: true });
  expect((forced.object["spec"] as { replicas: number }).replicas).toBe(1);
});

test("a delete is for one uid: gone and replaced objects are told apart", async () => {
  const resource = await kind("v1", "ConfigMap");
  const { object } = await client.apply(resource, configMap("doomed", {}), { force: false });
  const uid = object.metadata.uid ?? "";
  expect(await client.delete(resource, "default", "doomed", { uid: "00000000-0000-0000-0000-000000000000" })).toBe(
    "replaced",
  );
  expect(await client.get(resource, "default", "doomed")).toBeDefined();
  expect(await client.delete(resource, "default", "doomed", { uid })).toBe("deleted");
  expect(await client.delete(resource, "default", "doomed", { uid })).toBe("gone");
});

test("an apply with the uid of a former object does not touch its successor", async () => {
  const resource = await kind("v1", "ConfigMap");
  const stale = configMap("successor", { a: "stale" });
  stale.metadata.uid = "00000000-0000-0000-0000-000000000000";
  await client.apply(resource, configMap("successor", { a: "fresh" }), { force: false });
  const error = await caught(client.apply(resource, stale, { force: true }));
  expect(error.code, error.message).toBe("Conflict");
  expect((await client.get(resource, "default", "successor"))?.["data"]).toEqual({ a: "fresh" });
  stale.metadata.name = "vanished";
  expect((await caught(client.apply(resource, stale, { force: true }))).code).toBe("Conflict");
  expect(await client.get(resource, "default", "vanished")).toBeUndefined();
});

test("pages add up to the whole list, each object with its kind", async () => {
  const resource = await kind("v1", "ConfigMap");
  await namespace("paged");
  const names = Array.from({ length: 7 }, (_, index) => `page-${index}`);
  for (const name of names) {
    const object = configMap(name, {});
    object.metadata.namespace = "paged";
    object.metadata.labels = { "sluice.dev/application": "paged" };
    await client.apply(resource, object, { force: false });
  }
  const options = { namespace: "paged", labelSelector: "sluice.dev/application", limit: 3 };
  const pages = [];
  for await (const page of client.pages(resource, options)) pages.push(page.items.length);
  expect(pages).toEqual([3, 3, 1]);
  const { items, resourceVersion } = await client.list(resource, options);
  expect(items.map((item) => item.metadata.name).sort()).toEqual(names);
  expect(items.every((item) => item.kind === "ConfigMap" && item.apiVersion === "v1")).toBe(true);
  expect(resourceVersion).toMatch(/./);
});

const CRD: RawObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.dev" },
  spec: {
    group: "example.dev",
    scope: "Namespaced",
    names: { plural: "widgets", singular: "widget", kind: "Widget" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
};

test("a kind is found as soon as its definition was applied, and its integers keep every digit", async () => {
  expect(await client.resolve("example.dev/v1", "Widget")).toBeUndefined();
  await client.apply(await kind("apiextensions.k8s.io/v1", "CustomResourceDefinition"), CRD, { force: false });
  let widget: Resource | undefined;
  await expect.poll(async () => (widget = await client.resolve("example.dev/v1", "Widget"))).toBeDefined();
  const source = `{"apiVersion":"example.dev/v1","kind":"Widget","metadata":{"name":"big","namespace":"default"},
    "spec":{"big":9007199254740993,"negative":-9223372036854775808,"safe":9007199254740991,"text":"12345678901234567890","float":1.5}}`;
  const { object } = await client.apply(widget!, parseRaw(source) as RawObject, { force: false });
  expect(object["spec"]).toEqual({
    big: 9007199254740993n,
    negative: -9223372036854775808n,
    safe: 9007199254740991,
    text: "12345678901234567890",
    float: 1.5,
  });
  const live = await client.get(widget!, "default", "big");
  expect(stringifyRaw(live?.["spec"])).toContain('"big":9007199254740993');
  const again = await client.apply(widget!, parseRaw(source) as RawObject, { force: false });
  expect(again.object.metadata.resourceVersion).toBe(live?.metadata.resourceVersion);
});

test("fields and kinds newer than any model come back byte for byte", async () => {
  const widget = await kind("example.dev/v1", "Widget");
  const spec = {
    brandNewField: { "with.dots/and-slash": [1, "two", { three: null }] },
    creationTimestamp: "2031-01-02T03:04:05.678901Z",
    containers: [{ newContainerField: "kept", image: "i" }],
  };
  const object: RawObject = {
    apiVersion: "example.dev/v1",
    kind: "Widget",
    metadata: {
      name: "new",
      namespace: "default",
      annotations: { "x/y": "\u2028\u2029\u0085\u007f\u009f\ufeff\t\n é 😀" },
    },
    spec,
  };
  await client.apply(widget, object, { force: false });
  const live = await client.get(widget, "default", "new");
  const sorted = (value: unknown): string =>
    JSON.stringify(value, (_key, item: unknown) =>
      item && typeof item === "object" && !Array.isArray(item)
        ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
        : item,
    );
  expect(sorted(live?.["spec"])).toBe(sorted(spec));
  expect(live?.metadata.annotations).toEqual(object.metadata.annotations);
});

test("a rejected Secret is told by its field and never by its value", async () => {
  const secret: RawObject = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "leaky", namespace: "default" },
    type: "kubernetes.io/dockerconfigjson",
    stringData: { ".dockerconfigjson": "canary-not-json" },
  };
  const error = await caught(client.apply(await kind("v1", "Secret"), secret, { force: false }));
  expect(error.code).toBe("ApplyFailed");
  expect(error.message).toContain("Secret default/leaky");
  expect(error.message).toContain("data[.dockerconfigjson]");
  expect(error.message).not.toContain("canary");
  const wrongType = { ...secret, stringData: { k: { canary: "canary-map" } } } as RawObject;
  const typed = await caught(client.apply(await kind("v1", "Secret"), wrongType, { force: false }));
  expect(typed.message).not.toContain("canary");
});

test("a rejected object of another kind carries the server's words", async () => {
  const bad = configMap("Bad_Name", {});
  const error = await caught(client.apply(await kind("v1", "ConfigMap"), bad, { force: false }));
  expect(error.code).toBe("ApplyFailed");
  expect(error.message).toMatch(/ConfigMap default\/Bad_Name.*422 Invalid.*metadata\.name/);
});

test("a namespace that is missing fails the apply and not the read", async () => {
  const lost = configMap("lost", {});
  lost.metadata.namespace = "nowhere";
  const resource = await kind("v1", "ConfigMap");
  expect((await caught(client.apply(resource, lost, { force: false }))).code).toBe("ApplyFailed");
  expect(await client.get(resource, "nowhere", "lost")).toBeUndefined();
});

test("a path that is not served is never taken for a missing object", async () => {
  const unserved = { ...(await kind("v1", "ConfigMap")), resource: "phantoms", kind: "Phantom" };
  expect((await caught(client.get(unserved, "default", "x"))).code).toBe("NotFound");
});

test("a group whose server is dead is stale and the others are not", async () => {
  expect(await client.staleGroups()).toEqual([]);
  await client.apply(
    await kind("apiregistration.k8s.io/v1", "APIService"),
    {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: "v1.dead.example.dev" },
      spec: {
        group: "dead.example.dev",
        version: "v1",
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
        service: { name: "nothing", namespace: "default" },
      },
    },
    { force: false },
  );
  await eventually(() => client.staleGroups()).toEqual(["dead.example.dev"]);
  expect(await client.resolve("apps/v1", "Deployment")).toBeDefined();
});
