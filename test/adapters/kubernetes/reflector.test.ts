import pino from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectCluster } from "../../../adapters/kubernetes/connection.ts";
import type { KubeClient } from "../../../adapters/kubernetes/client.ts";
import { startReflector } from "../../../adapters/kubernetes/reflector.ts";
import type { Reflector } from "../../../adapters/kubernetes/reflector.ts";
import type { Resource } from "../../../adapters/kubernetes/resource.ts";
import { fakeApiServer, hang, json, lines, list, object, reset, status } from "./fake-api-server.ts";
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

let server: FakeApiServer;
let client: KubeClient;
let reflector: Reflector<string> | undefined;
let seen: string[];
let restarts: string[];
let thrown: unknown[];

beforeEach(async () => {
  server = await fakeApiServer();
  const log = pino({ level: "silent" });
  const limits = { attempts: 1 };
  client = await connectCluster({ server: server.url, credentials: { token: "t" }, log, limits });
  [seen, restarts, thrown] = [[], [], []];
});
afterEach(async () => {
  await reflector?.stop();
  client.close();
  await server[Symbol.asyncDispose]();
});

const start = (more: { idleMs?: number; failOn?: string } = {}): void => {
  reflector = startReflector<string>({
    client,
    resource: configMaps,
    labelSelector: "sluice.dev/application",
    handler: {
      upserted({ metadata }, before) {
        if (metadata.name === more.failOn) throw new Error("handler");
        seen.push(`${before ? "~" : "+"}${metadata.name}/${metadata.uid}@${metadata.resourceVersion}`);
        return `kept ${metadata.name}`;
      },
      deleted: ({ name }, kept) => void seen.push(`-${name}/${kept.uid}`),
      listed: () => void seen.push("listed"),
    },
    onRestart: (reason) => void restarts.push(reason),
    onHandlerError: (error) => void thrown.push(error),
    random: () => 0,
    backoff: () => 1,
    ...(more.idleMs === undefined ? {} : { idleMs: more.idleMs }),
  });
};
const added = (item: object) => ({ type: "ADDED", object: item });
const open = (events: unknown[]) => lines(events, () => undefined);
const settled = (expected: string[]) => eventually(() => seen).toEqual(expected);

test("it lists, then watches from the list's version with bookmarks, a time limit and the selector", async () => {
  server.script = [list("10", [object("a", "3")]), open([added(object("b", "11"))])];
  start();
  await settled(["+a/uid-a@3", "listed", "+b/uid-b@11"]);
  const [first, second] = server.requests;
  expect(first?.query.get("labelSelector")).toBe("sluice.dev/application");
  expect(first?.query.get("limit")).toBe("500");
  expect(Object.fromEntries(second?.query ?? [])).toEqual({
    watch: "true",
    allowWatchBookmarks: "true",
    resourceVersion: "10",
    labelSelector: "sluice.dev/application",
    timeoutSeconds: "300",
  });
  expect(reflector?.get("default", "a")).toEqual({ uid: "uid-a", resourceVersion: "3", value: "kept a" });
  expect(reflector?.size).toBe(2);
});

test("after a quiet end it watches on from the last bookmark, without a list", async () => {
  const bookmark = { type: "BOOKMARK", object: { metadata: { resourceVersion: "77" } } };
  server.script = [list("10", []), lines([bookmark]), open([])];
  start();
  await eventually(() => server.requests.length).toBe(3);
  expect(server.requests[2]?.query.get("resourceVersion")).toBe("77");
  expect(restarts).toEqual(["ended"]);
});

describe("what was missed is made up for by a list", () => {
  const changed = list("20", [object("kept", "1"), object("changed", "15"), object("swapped", "16", { uid: "new" })]);
  const before = list(
    "10",
    ["kept", "gone", "changed", "swapped"].map((name) => object(name, "1")),
  );
  const after = ["-swapped/uid-swapped", "+swapped/new@16", "-gone/uid-gone", "listed"];

  test.each([
    ["410 in the stream", lines([{ type: "ERROR", object: { code: 410, reason: "Expired" } }]), "expired"],
    ["410 over HTTP", status(410, { reason: "Expired" }), "expired"],
    ["another error in the stream", lines([{ type: "ERROR", object: { code: 504 } }]), "server-error"],
    ["a malformed line", lines(["{not json"]), "malformed"],
    ["a line of another shape", lines([{ type: "ADDED", object: { metadata: { name: "x" } } }]), "malformed"],
    ["null", lines(["null"]), "malformed"],
  ])("%s", async (_name, fault, reason) => {
    server.script = [before, fault, changed, open([])];
    start();
    const first = [
      "+kept/uid-kept@1",
      "+gone/uid-gone@1",
      "+changed/uid-changed@1",
      "+swapped/uid-swapped@1",
      "listed",
    ];
    await settled([...first, "~changed/uid-changed@15", ...after]);
    expect(restarts).toEqual([reason]);
  });
});

describe("faults that are no news about the objects", () => {
  test.each([
    ["500", status(500), "refused"],
    ["429", status(429, {}, { "retry-after": "0" }), "refused"],
    ["401", status(401), "refused"],
    ["a reset", reset, "connection"],
    [
      "a reset within the stream",
      lines([added(object("b", "11"))], (r) => void r.socket?.resetAndDestroy()),
      "connection",
    ],
  ])("%s: the watch goes on from where it was and nothing is deleted", async (_name, fault, reason) => {
    server.script = [list("10", [object("a", "1")]), fault, open([added(object("c", "12"))])];
    start();
    await eventually(() => seen.at(-1)).toBe("+c/uid-c@12");
    expect(restarts).toEqual([reason]);
    expect(server.requests.map((request) => request.query.get("watch"))).toEqual([null, "true", "true"]);
    expect(seen.some((line) => line.startsWith("-"))).toBe(false);
    expect(reflector?.lostSince).toBeUndefined();
  });

  test("a server that stays silent is given up and asked again", async () => {
    server.script = [list("10", [object("a", "1")]), open([]), open([added(object("c", "12"))])];
    start({ idleMs: 300 });
    await eventually(() => seen.at(-1)).toBe("+c/uid-c@12");
    expect(restarts).toEqual(["dead-connection"]);
  });

  test("while nothing answers, what is known stays known and the reflector says since when it is lost", async () => {
    server.script = [list("10", [object("a", "1")]), open([])];
    server.otherwise = reset;
    start({ idleMs: 300 });
    await eventually(() => reflector?.listed).toBe(true);
    expect(reflector?.lostSince).toBeUndefined();
    await eventually(() => restarts).toContain("list-failed");
    expect(reflector?.lostSince).toBeTypeOf("number");
    expect(reflector?.get("default", "a")).toBeDefined();
    server.otherwise = (request, response) =>
      (request.url?.includes("watch") ? open([]) : list("30", []))(request, response);
    await settled(["+a/uid-a@1", "listed", "-a/uid-a", "listed"]);
    expect(reflector?.lostSince).toBeUndefined();
  });

  test("a list that breaks off between pages proves nothing gone", async () => {
    server.script = [
      list("10", [object("a", "1"), object("b", "1")]),
      lines([{ type: "ERROR", object: { code: 410 } }]),
      list("20", [object("a", "1")], "next"),
      reset,
      list("21", [object("a", "1"), object("b", "1")]),
      open([]),
    ];
    start();
    await settled(["+a/uid-a@1", "+b/uid-b@1", "listed", "listed"]);
  });
});

test("a deletion of a predecessor does not remove its successor", async () => {
  const watched = [
    { type: "DELETED", object: object("a", "12", { uid: "old" }) },
    { type: "DELETED", object: object("b", "13") },
  ];
  server.script = [list("10", [object("a", "5", { uid: "new" }), object("b", "5")]), open(watched)];
  start();
  await settled(["+a/new@5", "+b/uid-b@5", "listed", "-b/uid-b"]);
  expect(reflector?.get("default", "a")?.uid).toBe("new");
});

test("a handler that throws is contained, and the others are told", async () => {
  server.script = [list("10", [object("bad", "1"), object("good", "1")]), open([added(object("bad", "2"))])];
  start({ failOn: "bad" });
  await settled(["+good/uid-good@1", "listed"]);
  await eventually(() => thrown.length).toBe(2);
});

test("lines cut anywhere, even within a character, are put together", async () => {
  const text = `${JSON.stringify(added({ metadata: { ...object("a", "11").metadata, note: "é😀" } }))}\n`;
  server.script = [
    list("10", []),
    async (_request, response) => {
      response.writeHead(200);
      for (const byte of Buffer.from(text)) {
        response.write(Buffer.from([byte]));
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  ];
  start();
  await settled(["listed", "+a/uid-a@11"]);
});

describe("stop", () => {
  test.each([
    ["while listing", [hang], 1],
    ["while watching", [list("10", []), open([])], 2],
    ["while the watch is opened", [list("10", []), hang], 2],
  ])("%s leaves no connection and opens none", async (_name, script, requests) => {
    server.script = script;
    server.otherwise = json(200, {});
    start();
    await eventually(() => server.requests.length).toBe(requests);
    await reflector?.stop();
    await reflector?.stop();
    client.close();
    await eventually(() => server.connections()).toBe(0);
    expect(server.requests).toHaveLength(requests);
  });

  test("a watch given up closes its connection at once", async () => {
    server.script = [list("10", []), open(["{broken"]), list("11", []), open([])];
    start();
    await eventually(() => server.requests.length).toBe(4);
    // One idle keep-alive connection for lists, one for the watch that runs.
    await eventually(() => server.connections()).toBe(2);
  });
});
