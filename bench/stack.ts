import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  startGitServer,
  startKubeCluster,
  SupervisedProcess,
  type EmbeddedGitServer,
  type GitFixture,
  type KubeCluster,
} from "../adapters/embedded/index.ts";
import { claimPort } from "../adapters/embedded/ports.ts";
import { ensureTools, TOOL_NAMES, TOOL_PINS } from "../adapters/toolchain/index.ts";
import { sendPush } from "../services/demo/webhook.ts";
import { applicationObject, filesOf, NAMESPACE } from "./applications.ts";
import { followEndedSyncs, type EndedSyncs } from "./ended-syncs.ts";
import { watchObjects, type ObjectWatch } from "./object-watch.ts";
import type { Roots } from "./processes.ts";

const SECRET = "the-secret-of-the-benchmarks";
const REPOSITORY = "bench";
const PROGRAM = join(import.meta.dirname, "..", "bin", "sluice");
/** Applications in one request. */
const AT_ONCE = 250;

/** A cluster of etcd, API server and controllers, a Git server, and `sluice server` as a user runs it. */
export class BenchStack implements AsyncDisposable {
  readonly cluster: KubeCluster;
  readonly url: string;
  readonly repoURL: string;
  readonly repository: GitFixture;
  readonly configMaps: ObjectWatch;
  readonly syncs: EndedSyncs;
  readonly #root: string;
  readonly #git: EmbeddedGitServer;
  readonly #server: SupervisedProcess;
  readonly #token: string;

  private constructor(parts: {
    root: string;
    cluster: KubeCluster;
    git: EmbeddedGitServer;
    server: SupervisedProcess;
    url: string;
    token: string;
    repoURL: string;
    repository: GitFixture;
    configMaps: ObjectWatch;
    syncs: EndedSyncs;
  }) {
    this.#root = parts.root;
    this.cluster = parts.cluster;
    this.#git = parts.git;
    this.#server = parts.server;
    this.#token = parts.token;
    this.url = parts.url;
    this.repoURL = parts.repoURL;
    this.repository = parts.repository;
    this.configMaps = parts.configMaps;
    this.syncs = parts.syncs;
  }

  static async start(environment: Record<string, string> = {}): Promise<BenchStack> {
    const root = await mkdtemp(join(tmpdir(), "sluice-bench-"));
    const tools = await ensureTools(TOOL_NAMES);
    const [cluster, git, port] = await Promise.all([
      startKubeCluster({ name: "bench", dataDir: join(root, "cluster"), binaries: tools, kwok: false }),
      startGitServer({ root: join(root, "git") }),
      claimPort({ name: "sluice-server", dataDir: root }),
    ]);
    const url = `http://127.0.0.1:${port}`;
    const dataDir = join(root, "sluice");
    const where = Object.fromEntries(TOOL_NAMES.map((name) => [TOOL_PINS[name].variable, tools[name]]));
    const server = new SupervisedProcess({
      name: "sluice-server",
      program: PROGRAM,
      args: ["server", "--data-dir", dataDir, "--port", String(port)],
      dataDir: root,
      environment: { ...where, ...environment },
      ready: async (signal) => (await fetch(`${url}/readyz`, { signal })).ok,
    });
    await server.start();
    const token = (await readFile(join(dataDir, "token"), "utf8")).trim();
    const { url: repoURL, repository } = await git.createRepository(REPOSITORY);
    await cluster.apply(`/api/v1/namespaces/${NAMESPACE}`, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: NAMESPACE },
    });
    const configMaps = await watchObjects(cluster, `/api/v1/namespaces/${NAMESPACE}/configmaps`);
    const syncs = await followEndedSyncs({ url, token });
    const stack = new BenchStack({ root, cluster, git, server, url, token, repoURL, repository, configMaps, syncs });
    await stack.#configure();
    return stack;
  }

  /** The processes to be measured. */
  get roots(): Roots {
    const cluster = Object.values(this.cluster.processes).map(({ pid }) => pid ?? 0);
    return { sluice: this.#server.pid ?? 0, cluster };
  }

  /** Whether the server runs the bundle; the sources cost more memory and a slower start. */
  async program(): Promise<"bundle" | "sources"> {
    const line = await readFile(`/proc/${this.roots.sluice}/cmdline`, "utf8");
    return line.includes("dist/") ? "bundle" : "sources";
  }

  /** Commits `count` applications to Git and names them to Sluice; resolves before they are synced. */
  async addApplications(count: number, options: { selfHeal?: boolean; from?: number } = {}): Promise<void> {
    const { selfHeal = false, from = 0 } = options;
    const indices = Array.from({ length: count }, (_, index) => from + index);
    await this.commit(Object.assign({}, ...indices.map((index) => filesOf(index, "1"))) as Record<string, string>);
    for (let at = 0; at < count; at += AT_ONCE) {
      const part = indices.slice(at, at + AT_ONCE);
      await this.#apply(part.map((index) => applicationObject(index, this.repoURL, selfHeal)));
    }
  }

  commit(files: Record<string, string>): Promise<string> {
    return this.repository.commit(files, "A change");
  }

  /** Tells Sluice of a push, and when its answer was here, by performance.now(). */
  async push(): Promise<number> {
    const { url, repoURL } = this;
    const status = await sendPush({ url, repository: REPOSITORY, repoURL, secret: SECRET });
    if (status !== 202) throw new Error(`the webhook was answered ${status}`);
    return performance.now();
  }

  async api<Body>(path: string): Promise<Body> {
    const response = await fetch(`${this.url}/api/v1${path}`, { headers: { authorization: `Bearer ${this.#token}` } });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Body;
  }

  /** Sends a body; the parsed answer. */
  async post<Body>(path: string, body: object): Promise<Body> {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Body;
  }

  /** Applies configuration objects. */
  async apply(objects: object[]): Promise<void> {
    for (let at = 0; at < objects.length; at += AT_ONCE) await this.#apply(objects.slice(at, at + AT_ONCE));
  }

  /** A metric's value, the sum over its labels. */
  async metric(name: string): Promise<number> {
    const response = await fetch(`${this.url}/metrics`, { headers: { authorization: `Bearer ${this.#token}` } });
    if (!response.ok) throw new Error(`/metrics: ${response.status}`);
    return (await response.text())
      .split("\n")
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
  }

  /** Applications that are not Synced and Healthy. */
  async unhealthy(): Promise<string[]> {
    const { items } = await this.api<{ items: ListedApplication[] }>("/applications");
    return items
      .filter(({ status }) => status.sync.status !== "Synced" || status.health.status !== "Healthy")
      .map(({ metadata }) => metadata.name);
  }

  async stop(): Promise<void> {
    this.configMaps.stop();
    this.syncs.stop();
    await this.#server.stop({ graceMs: 20_000 });
    await this.#git.stop();
    await this.cluster.stop({ graceMs: 0 });
    await rm(this.#root, { recursive: true, force: true, maxRetries: 5 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #configure(): Promise<void> {
    const { server, token, caData } = this.cluster;
    const object = (kind: string, name: string, spec: object): object => ({
      apiVersion: "sluice.dev/v1",
      kind,
      metadata: { name },
      spec,
    });
    const webhook = { provider: "github", secret: SECRET };
    await this.#apply([
      object("Cluster", "bench", { server, credentials: { token, caData } }),
      object("Repository", REPOSITORY, { url: this.repoURL, webhook, pollInterval: "1h" }),
      object("Project", "bench", { sourceRepos: ["*"], destinations: [{ name: "*", namespace: "*" }] }),
    ]);
  }

  async #apply(objects: object[]): Promise<void> {
    const text = objects.map((object) => JSON.stringify(object)).join("\n---\n");
    const response = await fetch(`${this.url}/api/v1/apply`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
      body: JSON.stringify({ files: [{ file: "bench.yaml", text }] }),
    });
    if (!response.ok) throw new Error(`apply: ${response.status} ${await response.text()}`);
  }
}

interface ListedApplication {
  metadata: { name: string };
  status: { sync: { status: string }; health: { status: string } };
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
