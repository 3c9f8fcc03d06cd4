import pino from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectCluster } from "../../../adapters/kubernetes/connection.ts";
import type { KubeClient } from "../../../adapters/kubernetes/client.ts";
import type { Resource } from "../../../adapters/kubernetes/resource.ts";
import type { RawObject } from "../../../schemas/artifact.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import { fakeApiServer, hang, json, list, object, reset, status } from "./fake-api-server.ts";
import type { FakeApiServer } from "./fake-api-server.ts";

/** Waits for a condition; the limit only ends a test that fails. */
const eventually = <T>(probe: () => T | Promise<T>) => expect.poll(probe, { timeout: 20_000, interval: 20 });

const configMaps: Resource = {
  group: "",
  version: "v1",
  apiVersion: "v1",
  resource: "configmaps",
  kind: "ConfigMap",
  namespaced: true,
  verbs: ["list", "watch"],
};
const secrets: Resource = { ...configMaps, resource: "secrets", kind: "Secret" };
const live = (more: object = {}) => ({ apiVersion: "v1", kind: "ConfigMap", ...object("a", "1"), ...more });
const wanted: RawObject = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "default" } };

let server: FakeApiServer;
let client: KubeClient;
beforeEach(async () => {
  server = await fakeApiServer();
  client = await connectCluster({
    server: server.url,
    credentials: { token: "canary-token" },
    log: pino({ level: "silent" }),
    limits: { baseMs: 1, maxMs: 4 },
  });
});
afterEach(async () => {
  client.close();
  await server[Symbol.asyncDispose]();
});

const caught = async (run: Promise<unknown>): Promise<SluiceError> => {
  const error: unknown = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SluiceError);
  expect(`${(error as Error).message} ${JSON.stringify(error)}`).not.toContain("canary");
  return error as SluiceError;
};

describe("what passes is tried again", () => {
  test.each([
    ["429", status(429, {}, { "retry-after": "0" })],
    ["429 of a storage that starts", status(429, { message: "storage is (re)initializing" })],
    ["500", status(500)],
    ["502", json(502, "<html>")],
    ["503", status(503)],
    ["504", status(504)],
    ["a reset connection", reset],
  ])("%s", async (_name, fault) => {
    server.script = [fault, fault, json(200, live())];
    expect((await client.get(configMaps, "default", "a"))?.metadata.uid).toBe("uid-a");
    expect(server.requests).toHaveLength(3);
  });

  test("Retry-After is waited out, and holds back the other requests of the cluster", async () => {
    server.script = [status(429, {}, { "retry-after": "1" })];
    server.otherwise = json(200, live());
    const began = performance.now();
    const first = client.get(configMaps, "default", "a");
    await eventually(() => server.requests.length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await client.get(configMaps, "default", "b");
    expect(performance.now() - began).toBeGreaterThan(900);
    await first;
  });

  test("it ends: a server that never recovers is ClusterUnavailable after a bounded number of attempts", async () => {
    server.otherwise = status(503, { message: "down" });
    const error = await caught(client.get(configMaps, "default", "a"));
    expect(error.code).toBe("ClusterUnavailable");
    expect(error.retryable).toBe(true);
    expect(server.requests).toHaveLength(7);
  });

  test("a caller's abort ends the waiting and the request", async () => {
    server.otherwise = hang;
    const stop = new AbortController();
    const running = client.get(configMaps, "default", "a", stop.signal);
    await eventually(() => server.requests.length).toBe(1);
    stop.abort(new Error("stopped"));
    await expect(running).rejects.toThrow("stopped");
  });
});

describe("what does not pass is told at once", () => {
  test.each([
    [401, {}, "ClusterForbidden"],
    [403, { message: 'configmaps "a" is forbidden: User "u" cannot patch resource' }, "ClusterForbidden"],
    [403, { message: 'admission webhook "w" denied the request' }, "ApplyFailed"],
    [403, { details: { causes: [{ reason: "NamespaceTerminating" }] } }, "ApplyFailed"],
    [422, { message: "metadata.name: Invalid value" }, "ApplyFailed"],
    [400, {}, "ApplyFailed"],
    [413, {}, "ApplyFailed"],
    [500, { message: "failed to create typed patch object (shop/web; apps/v1, Kind=Deployment)" }, "ApplyFailed"],
  ] as const)("%s %j is %s", async (code, more, expected) => {
    server.otherwise = status(code, more);
    expect((await caught(client.apply(configMaps, wanted, { force: false }))).code).toBe(expected);
    expect(server.requests).toHaveLength(1);
  });

  test("a webhook that is down fails the one object, after few attempts", async () => {
    server.otherwise = status(500, { message: 'Internal error occurred: failed calling webhook "w"' });
    expect((await caught(client.apply(configMaps, wanted, { force: false }))).code).toBe("ApplyFailed");
    expect(server.requests).toHaveLength(3);
  });

  test("a Secret's rejection is told by status and field paths only", async () => {
    const causes = [{ field: "data[password]", message: 'Invalid value: "canary"' }];
    server.otherwise = status(422, { reason: "Invalid", message: 'Invalid value: "canary"', details: { causes } });
    const secret = { ...wanted, kind: "Secret", stringData: { password: "canary" } };
    const error = await caught(client.apply(secrets, secret, { force: false }));
    expect(error.message).toMatch(/Secret default\/a .*: 422 Invalid, at data\[password\]$/);
  });

  test("names that would climb out of the path are refused before anything is sent", async () => {
    for (const name of ["", ".", ".."]) {
      expect((await caught(client.get(configMaps, "default", name))).code).toBe("InvalidInput");
    }
    expect((await caught(client.get(configMaps, "", "a"))).code).toBe("InvalidInput");
    server.otherwise = json(200, live());
    await client.get(configMaps, "default", "a/../../secrets?x#y");
    expect(server.requests.map((request) => request.path)).toEqual([
      "/api/v1/namespaces/default/configmaps/a%2F..%2F..%2Fsecrets%3Fx%23y",
    ]);
  });
});

describe("writes of unknown outcome", () => {
  test("an apply answered by 504 after it was committed is sent again and counts as the creation it was", async () => {
    const time = "2031-01-01T00:00:00Z";
    const managedFields = [{ manager: "sluice", operation: "Apply", time }];
    const created = live({ metadata: { ...object("a", "1").metadata, creationTimestamp: time, managedFields } });
    server.script = [status(504), json(200, created)];
    const result = await client.apply(configMaps, wanted, { force: false });
    expect(result.created).toBe(true);
    expect(server.requests.map((request) => request.method)).toEqual(["PATCH", "PATCH"]);
  });

  test("an apply that lost a race without a conflict of fields is sent again, a conflict is not", async () => {
    server.script = [status(409, { reason: "AlreadyExists" }), json(200, live())];
    await client.apply(configMaps, wanted, { force: false });
    expect(server.requests).toHaveLength(2);
    const causes = [{ reason: "FieldManagerConflict", message: 'conflict with "a b" using v1', field: ".data.x" }];
    server.otherwise = status(409, { details: { causes } });
    const error = await caught(client.apply(configMaps, wanted, { force: false }));
    expect(error).toMatchObject({ code: "Conflict", conflicts: [{ manager: "a b", field: ".data.x" }] });
    expect(server.requests).toHaveLength(3);
  });

  test("a delete whose answer was lost is found done, however the place looks now", async () => {
    const missing = status(404, { details: { name: "a" } });
    server.script = [reset, missing];
    expect(await client.delete(configMaps, "default", "a", { uid: "uid-a" })).toBe("deleted");
    server.script = [reset, status(409), json(200, live({ metadata: { name: "a", uid: "successor" } }))];
    expect(await client.delete(configMaps, "default", "a", { uid: "uid-a" })).toBe("deleted");
    server.script = [status(409), json(200, live({ metadata: { name: "a", uid: "successor" } }))];
    expect(await client.delete(configMaps, "default", "a", { uid: "uid-a" })).toBe("replaced");
    server.script = [missing];
    expect(await client.delete(configMaps, "default", "a", { uid: "uid-a" })).toBe("gone");
  });

  test("an apply sends no managedFields and bigints as integers", async () => {
    server.otherwise = json(201, live());
    const sent = { ...wanted, metadata: { ...wanted.metadata, managedFields: [{}] }, spec: { n: 2n ** 60n } };
    await client.apply(configMaps, sent, { force: true, dryRun: true });
    expect(server.requests[0]?.body).toBe(
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"default"},"spec":{"n":1152921504606846976}}',
    );
    expect(Object.fromEntries(server.requests[0]?.query ?? [])).toEqual({
      fieldManager: "sluice",
      force: "true",
      dryRun: "All",
    });
  });
});

describe("lists", () => {
  test("an expired continue token begins the list again and nothing is counted twice", async () => {
    server.script = [
      list("1", [object("a", "1")], "next"),
      status(410, { reason: "Expired" }),
      list("2", [object("b", "2")], "next"),
      list("2", [object("c", "2")]),
    ];
    const { items, resourceVersion } = await client.list(configMaps, { limit: 1 });
    expect(items.map((item) => item.metadata.name)).toEqual(["b", "c"]);
    expect(resourceVersion).toBe("2");
  });

  test("tokens that always expire end in one list without pages", async () => {
    server.otherwise = ({ url }, response) => {
      const limited = url?.includes("limit=");
      const expired = url?.includes("continue=");
      const answer = expired ? status(410) : list("1", [object("a", "1")], limited ? "next" : undefined);
      return answer({ body: "" } as never, response);
    };
    expect((await client.list(configMaps, {})).items).toHaveLength(1);
  });

  test("an answer past the byte limit is refused and not held in memory", async () => {
    server.otherwise = (_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const chunk = "x".repeat(1_048_576);
      for (let index = 0; index < 20; index++) response.write(chunk);
      response.end();
    };
    expect((await caught(client.get(configMaps, "default", "a"))).code).toBe("PayloadTooLarge");
  });
});

describe("discovery", () => {
  const group = (freshness: string, resources: object[]) =>
    json(
      200,
      {
        kind: "APIGroupDiscoveryList",
        items: [{ metadata: { name: "g" }, versions: [{ version: "v1", freshness, resources }] }],
      },
      { etag: `"${freshness}"` },
    );
  const thing = { resource: "things", responseKind: { kind: "Thing" }, scope: "Cluster", verbs: ["list"] };
  const empty = json(200, { kind: "APIGroupDiscoveryList", items: [] });
  const roots = (groups: ReturnType<typeof json>) =>
    ((request, response) => (request.url === "/api" ? empty : groups)(request, response)) as ReturnType<typeof json>;

  test("a group that went stale keeps its resources known and is named", async () => {
    server.otherwise = roots(group("Current", [thing]));
    expect(await client.resolve("g/v1", "Thing")).toMatchObject({ resource: "things", namespaced: false });
    expect(await client.lookup("g/v1", "things")).toMatchObject({ kind: "Thing" });
    expect(await client.staleGroups()).toEqual([]);
    server.otherwise = roots(group("Stale", []));
    expect(await client.staleGroups()).toEqual(["g"]);
    expect(await client.resolve("g/v1", "Thing")).toMatchObject({ resource: "things" });
  });

  test("an unchanged answer is asked for with its tag", async () => {
    server.otherwise = roots(group("Current", [thing]));
    await client.refreshDiscovery();
    server.otherwise = (_request, response) => void response.writeHead(304).end();
    await client.refreshDiscovery();
    expect(await client.resolve("g/v1", "Thing")).toBeDefined();
  });

  test("a server without aggregated discovery is refused in words", async () => {
    server.otherwise = json(200, { kind: "APIGroupList" });
    expect((await caught(client.resolve("g/v1", "Thing"))).message).toContain("aggregated discovery");
  });
});
