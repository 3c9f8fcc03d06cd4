import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GitFixture } from "../../adapters/embedded/index.ts";
import { ensureTools, TOOL_NAMES, TOOL_PINS } from "../../adapters/toolchain/index.ts";
import type { ClusterObject } from "../../schemas/api/objects.ts";
import { type ApiProxy, type Fault, type SeenRequest, startApiProxy } from "../fixtures/api-proxy.ts";
import { application, configMap, openProject } from "../fixtures/configuration.ts";
import { natsOf, pidOf, signalEmbedded } from "../fixtures/embedded-process.ts";
import { type AcceptedWebhook, checkLedger } from "../fixtures/ledger-checker.ts";
import { Stack, until, WEBHOOK_SECRET } from "../fixtures/stack.ts";
import { startTcpProxy, type TcpProxy } from "../fixtures/tcp-proxy.ts";
import { sendWebhook } from "../fixtures/webhook-sender.ts";

/** NATS and the API server go away in every way they can; what was promised is kept, and nothing is pruned on a guess. */

let stack: Stack;
let git: GitFixture;
let api: ApiProxy;
let hole: TcpProxy;
let noNats: string;
const accepted: AcceptedWebhook[] = [];

const OBJECTS = 6;
/** Applications on the cluster behind the spoiling proxy, and one behind the link that becomes a black hole. */
const SPOILT = ["app-429", "app-5xx", "app-504", "app-reset", "app-410", "app-nats", "app-hang"];
const content = (name: string, version: string): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: OBJECTS }, (_, index) => [
      `${name}/object-${index}.yaml`,
      configMap(`object-${index}`, { version }),
    ]),
  );

beforeAll(async () => {
  // The server starts NATS again at once; as long as a file is there, it can't.
  const tools = await ensureTools(TOOL_NAMES);
  const folder = await mkdtemp(join(tmpdir(), "sluice-nats-"));
  noNats = join(folder, "no-nats");
  const program = join(folder, "nats-server");
  await writeFile(program, `#!/bin/sh\n[ ! -e '${noNats}' ] || exit 1\nexec '${tools["nats-server"]}' "$@"\n`);
  await chmod(program, 0o755);

  stack = await Stack.start({ controllers: false, environment: { [TOOL_PINS["nats-server"].variable]: program } });
  const { server, token, caData, name } = stack.cluster();
  api = await startApiProxy({ server, dataDir: join(stack.root, "clusters", name) });
  hole = await startTcpProxy({ port: Number(new URL(server).port) });
  const cluster = (of: string, url: string): object => ({
    apiVersion: "sluice.dev/v1",
    kind: "Cluster",
    metadata: { name: of },
    spec: { server: url, credentials: { token, caData } },
  });
  await stack.apply(cluster("staging", api.url), cluster("holed", `https://127.0.0.1:${hole.port}`), openProject());
  const { url: repoURL, fixture } = await stack.addRepository("apps");
  git = fixture;
  const files = [...SPOILT, "app-holed"].map((each) => content(each, "one"));
  const first = await git.commit(Object.assign({}, ...files) as Record<string, string>, "one");
  await stack.apply(
    ...SPOILT.map((each) => application(each, { repoURL, path: each })),
    application(
      "app-holed",
      { repoURL, path: "app-holed" },
      { destination: { name: "holed", namespace: "app-holed" } },
    ),
  );
  for (const each of [...SPOILT, "app-holed"]) await stack.deployed(each, first);
});

afterAll(async () => {
  await stack?.stop();
  await Promise.all([api?.stop(), hole?.stop()]);
});

async function push(name: string, version: string): Promise<string> {
  const revision = await git.commit(content(name, version), `${name} ${version}`);
  accepted.push(await stack.deliver("apps"));
  return revision;
}

const webhook = (): Parameters<typeof sendWebhook>[0] => ({
  url: stack.url,
  repository: "apps",
  repoURL: `${stack.git.url}/apps.git`,
  secret: WEBHOOK_SECRET,
});

/** Uids and versions of an application's objects, past all proxies. */
async function live(namespace: string): Promise<{ uids: string[]; versions: string[] }> {
  const { body } = await stack.cluster().request(`/api/v1/namespaces/${namespace}/configmaps`);
  const ours = (body.items as { metadata: { name: string; uid: string }; data?: { version?: string } }[]).filter(
    ({ metadata }) => metadata.name.startsWith("object-"),
  );
  return { uids: ours.map(({ metadata }) => metadata.uid), versions: ours.map(({ data }) => data?.version ?? "") };
}

describe("NATS gone", () => {
  it("stopped: a webhook is answered 503 with Retry-After, and is taken when NATS goes on", async () => {
    const { dataDir } = stack.playground;
    await signalEmbedded(dataDir, "nats-server", "SIGSTOP");
    const refused = await sendWebhook(webhook()).finally(() => signalEmbedded(dataDir, "nats-server", "SIGCONT"));
    expect(refused.status).toBe(503);
    expect(Number(refused.retryAfter)).toBeGreaterThan(0);
    await stack.deployed("app-nats", await push("app-nats", "after the stop"));
  });

  it("killed and not coming back for a while: 503, then everything goes on", async () => {
    const { dataDir } = stack.playground;
    const serverPid = stack.server.pid;
    await writeFile(noNats, "");
    await signalEmbedded(dataDir, "nats-server", "SIGKILL");
    const answers = await Promise.all([sendWebhook(webhook()), sendWebhook(webhook())]);
    await rm(noNats);
    for (const { status, retryAfter } of answers) {
      expect(status).toBe(503);
      expect(Number(retryAfter)).toBeGreaterThan(0);
    }
    await until("NATS to be started again", async () => (await pidOf(dataDir, "nats-server")) !== undefined);
    await stack.deployed("app-nats", await push("app-nats", "after the kill"));
    expect(stack.server.pid, "the server itself lived through it").toBe(serverPid);
  });
});

describe("an API server that", () => {
  /** Lets the first few requests of a kind through the fault, by a counter, so that no run differs from another. */
  const every = (nth: number, fault: Fault, which: (request: SeenRequest) => boolean) => {
    let count = 0;
    return (request: SeenRequest): Fault => (which(request) && ++count % nth === 0 ? fault : { type: "pass" });
  };
  const isWrite = ({ isWrite: writes }: SeenRequest): boolean => writes;
  const isCall = ({ isWatch }: SeenRequest): boolean => !isWatch;

  it.each<{ does: string; name: string; rule: (request: SeenRequest) => Fault }>([
    { does: "answers 429", name: "app-429", rule: every(3, { type: "status", status: 429, retryAfter: 1 }, isCall) },
    { does: "answers 500 and 503", name: "app-5xx", rule: mixed() },
    {
      does: "answers 504 after it has done it",
      name: "app-504",
      rule: every(2, { type: "lose-answer", with: 504 }, isWrite),
    },
    {
      does: "loses answers to writes",
      name: "app-reset",
      rule: every(2, { type: "lose-answer", with: "reset" }, isWrite),
    },
  ])("$does: the application converges, nothing is pruned, nothing is made twice", async ({ name, rule }) => {
    const before = await live(name);
    const from = api.seen.length;
    api.spoil(rule);
    const revision = await push(name, "through faults");
    await stack.deployed(name, revision, 120_000).finally(() => api.heal());
    const after = await live(name);
    expect(after.uids).toEqual(before.uids);
    expect(new Set(after.versions)).toEqual(new Set(["through faults"]));
    expect(api.seen.slice(from).filter(({ method }) => method === "DELETE")).toEqual([]);
    const ends = (await stack.events(name)).filter(({ data }) => data["revision"] === revision);
    expect(ends.map(({ type }) => type)).toEqual(["OperationStarted", "SyncSucceeded"]);
  });

  function mixed(): (request: SeenRequest) => Fault {
    const first = every(4, { type: "status", status: 500 }, isCall);
    const second = every(3, { type: "status", status: 503 }, isCall);
    return (request) => {
      const fault = first(request);
      return fault.type === "pass" ? second(request) : fault;
    };
  }

  it("creates objects though it loses the answers: each is there once", async () => {
    const { body } = await stack.api("GET", "/applications/app-504");
    const { repoURL } = (body as { spec: { source: { repoURL: string } } }).spec.source;
    const revision = await git.commit(content("app-new", "new"), "a new application");
    api.spoil(every(2, { type: "lose-answer", with: "reset" }, isWrite));
    await stack.apply(application("app-new", { repoURL, path: "app-new" }));
    await stack.deployed("app-new", revision, 120_000).finally(() => api.heal());
    const { uids } = await live("app-new");
    expect(new Set(uids).size).toBe(OBJECTS);
    const generations = (await stack.events("app-new")).filter(({ type }) => type === "SyncSucceeded");
    expect(generations).toHaveLength(1);
  });

  it("ends watches with 410 and refuses new ones: a manual change is seen all the same", async () => {
    api.spoil(({ isWatch }) => (isWatch ? { type: "gone" } : { type: "pass" }));
    api.expireWatches();
    await stack.cluster().request("/api/v1/namespaces/app-410/configmaps/object-0?fieldManager=by-hand", {
      method: "PATCH",
      contentType: "application/merge-patch+json",
      body: { data: { version: "by hand" } },
    });
    await stack.cluster().request("/api/v1/namespaces/app-410/configmaps/object-1", { method: "DELETE" });
    api.heal();
    const { status } = await until("the drift", async () => {
      const found = await stack.application("app-410");
      return found.status.drift.length === 2 && found;
    });
    expect(status.sync.status).toBe("OutOfSync");
    expect(status.drift.map(({ object, change }) => `${object} ${change}`).toSorted()).toEqual([
      "/ConfigMap/app-410/object-0 modified",
      "/ConfigMap/app-410/object-1 deleted",
    ]);
  });
});

it("a black hole in front of an API server: nothing is Missing, nothing pruned, and it recovers alone", async () => {
  const before = await live("app-holed");
  hole.set("black-hole");
  // The commit removes an object: what is not seen must not be taken for gone, nor be pruned later without a fresh look.
  await git.commit({ ...content("app-holed", "two"), "app-holed/object-0.yaml": null }, "one less");
  accepted.push(await stack.deliver("apps"));
  const newest = await push("app-429", "beside the hole");
  const healthy = stack.deployed("app-429", newest);
  const seen = new Set<string>();
  await until("the cluster to count as unreachable", async () => {
    seen.add((await stack.application("app-holed")).status.health.status);
    const { body } = await stack.api<ClusterObject>("GET", "/clusters/holed");
    return body.status.connection.status !== "Connected";
  });
  await healthy;
  expect([...seen]).not.toContain("Missing");
  expect((await live("app-holed")).uids).toEqual(before.uids);
  hole.set("passing");
  hole.cut();
  await until(
    "the commit to be live",
    async () => {
      const { versions } = await live("app-holed");
      return versions.length === OBJECTS - 1 && versions.every((version) => version === "two");
    },
    120_000,
  );
  await until("its sync", async () => (await stack.application("app-holed")).status.running === undefined);
  const after = await live("app-holed");
  expect(after.uids).toEqual(before.uids.slice(1));
  expect(new Set(after.versions)).toEqual(new Set(["two"]));
});

it("the ledger tells one outcome of every webhook, without a gap", async () => {
  const { problems, open } = await until("the end of every operation", async () => {
    const checked = await checkLedger(await natsOf(stack.playground.dataDir), accepted);
    return checked.open.length === 0 && checked;
  });
  expect({ problems, open }).toEqual({ problems: [], open: [] });
});
