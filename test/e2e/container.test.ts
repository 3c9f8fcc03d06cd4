import { spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTemporal, SupervisedProcess, type EmbeddedTemporal } from "../../adapters/embedded/index.ts";
import { claimPort } from "../../adapters/embedded/ports.ts";
import {
  startGitServer,
  startKubeCluster,
  type EmbeddedGitServer,
  type KubeCluster,
} from "../../adapters/embedded/index.ts";
import { ensureTools, TOOL_NAMES } from "../../adapters/toolchain/index.ts";
import type { Finding } from "../../schemas/api/bodies.ts";
import { until } from "./../fixtures/stack.ts";

/**
 * What docker-compose.yml runs, without the engine: dist/ and node_modules alone as the image has them, the compose file's own NATS
 * configuration, and a Temporal server of its own.
 */
const PASSWORD = "a-password-of-the-test";
const stops: (() => Promise<unknown>)[] = [];
let root: string;
let url: string;
let git: EmbeddedGitServer;
let cluster: KubeCluster;
let server: SupervisedProcess;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "sluice-image-"));
  const tools = await ensureTools(TOOL_NAMES);
  await run(process.execPath, ["tools/build.ts"]);
  const image = join(root, "image");
  await cp("dist", join(image, "dist"), { recursive: true });
  await cp("package.json", join(image, "package.json"));
  await symlink(resolve("node_modules"), join(image, "node_modules"));

  const natsPort = await claimPort({ name: "nats", dataDir: root });
  const monitoring = await claimPort({ name: "monitoring", dataDir: root });
  const configuration = (await readFile("deploy/compose/nats.conf", "utf8"))
    .replace("0.0.0.0:4222", `127.0.0.1:${natsPort}`)
    .replace("0.0.0.0:8222", `127.0.0.1:${monitoring}`)
    .replace("/data", join(root, "nats"));
  await writeFile(join(root, "nats.conf"), configuration);
  const nats = new SupervisedProcess({
    name: "nats",
    program: tools["nats-server"],
    args: ["--config", join(root, "nats.conf")],
    dataDir: root,
    environment: { NATS_PASSWORD: PASSWORD },
    ready: async (signal) => (await fetch(`http://127.0.0.1:${monitoring}/healthz`, { signal })).ok,
  });
  stops.push(() => nats.stop());
  const temporalStart = startTemporal({ dataDir: join(root, "temporal"), binary: tools.temporal });
  const clusterStart = startKubeCluster({
    ...{ name: "staging", dataDir: join(root, "cluster"), binaries: tools, controllers: false, kwok: false },
  });
  await nats.start();
  const temporal: EmbeddedTemporal = await temporalStart;
  stops.push(() => temporal.stop());
  cluster = await clusterStart;
  stops.push(() => cluster.stop({ graceMs: 0 }));
  git = await startGitServer({ root: join(root, "git") });
  stops.push(() => git.stop());

  const port = await claimPort({ name: "sluice", dataDir: root });
  url = `http://127.0.0.1:${port}`;
  server = new SupervisedProcess({
    name: "sluice",
    program: process.execPath,
    args: [join(image, "dist", "cli.js"), "server"],
    dataDir: root,
    environment: {
      SLUICE_DATA_DIR: join(root, "data"),
      SLUICE_LISTEN_PORT: String(port),
      SLUICE_NATS_URL: `nats://127.0.0.1:${natsPort}`,
      SLUICE_NATS_USER: "sluice",
      SLUICE_NATS_PASSWORD: PASSWORD,
      SLUICE_NATS_MONITORING_URL: `http://127.0.0.1:${monitoring}`,
      SLUICE_TEMPORAL_ADDRESS: temporal.address,
      SLUICE_HELM_BIN: tools.helm,
      SLUICE_KUSTOMIZE_BIN: tools.kustomize,
    },
    ready: async (signal) => (await fetch(`${url}/readyz`, { signal })).ok,
  });
  stops.push(() => server.stop({ graceMs: 25_000 }));
  await server.start();
});

afterAll(async () => {
  for (const stop of stops.toReversed()) await stop();
  await rm(root, { recursive: true, force: true, maxRetries: 5 });
});

async function api<Body>(method: string, path: string, body?: object): Promise<Body> {
  const token = (await readFile(join(root, "data", "token"), "utf8")).trim();
  const headers = { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) };
  const answer = await fetch(`${url}/api/v1${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Body;
}

const object = (kind: string, name: string, spec: object): string =>
  JSON.stringify({ apiVersion: "sluice.dev/v1", kind, metadata: { name }, spec });

test("the doctor finds nothing failed, and NATS confirmed to write before it acknowledges", async () => {
  const { findings } = await api<{ findings: Finding[] }>("GET", "/doctor");
  expect(findings.filter(({ status }) => status === "failed")).toEqual([]);
  expect(findings.find(({ check }) => check === "nats sync_interval")?.status).toBe("ok");
});

test("an application is synced, its manifest large enough for the reading thread", async () => {
  const { url: repoURL, repository } = await git.createRepository("shop");
  const configMaps = Array.from({ length: 400 }, (_, index) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: `settings-${index}` },
    data: { text: "x".repeat(800) },
  }));
  await repository.commit({ "shop/all.yaml": configMaps.map((it) => JSON.stringify(it)).join("\n---\n") }, "Settings");
  const { server: address, token, caData } = cluster;
  const text = [
    object("Cluster", "staging", { server: address, credentials: { token, caData } }),
    object("Application", "shop", {
      source: { repoURL, path: "shop" },
      destination: { name: "staging", namespace: "default" },
      syncPolicy: { automated: {} },
    }),
  ].join("\n---\n");
  await api("POST", "/apply", { files: [{ file: "shop.yaml", text }] });
  const last = await until("the sync", async () => {
    const { status } = await api<{ status: { last?: { result: string; message?: string } } }>(
      "GET",
      "/applications/shop",
    );
    return status.last;
  });
  expect(last).toMatchObject({ result: "Succeeded" });
  const { body } = await cluster.request("/api/v1/namespaces/default/configmaps/settings-399");
  expect(body.data.text).toHaveLength(800);
});

test("SIGTERM ends it in order", async () => {
  const began = Date.now();
  await server.stop({ graceMs: 29_000 });
  expect(Date.now() - began).toBeLessThan(29_000);
  expect(await readFile(server.logFile, "utf8")).toContain('"msg":"stopped"');
});

async function run(program: string, args: string[]): Promise<void> {
  const child = spawn(program, args, { stdio: "ignore" });
  const code = await new Promise((done) => child.once("close", done));
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${String(code)}`);
}
