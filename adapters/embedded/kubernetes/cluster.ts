import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../../../schemas/errors.ts";
import { claimPort } from "../ports.ts";
import { waitUntilReady } from "../readiness.ts";
import type { SupervisedProcess } from "../supervised-process.ts";
import { ApiClient, type AnyObject, type ApiAnswer, type ApiRequest } from "./api-client.ts";
import { apiServer, controller, controllerKubeconfig, kwok, type ControlPlane } from "./control-plane.ts";
import { clusterCredentials, kubeconfig } from "./credentials.ts";
import { startEtcd, type EmbeddedEtcd } from "./etcd.ts";
import { STORAGE_CLASS } from "./stages/volume-stages.ts";

/** The parts of a cluster; each is a process of its own. */
export type ClusterProcess = "etcd" | "kube-apiserver" | "kube-controller-manager" | "kube-scheduler" | "kwok";

/** What a simulated cluster consists of. */
export interface KubeClusterOptions {
  /** Lower-case name; clusters that share an etcd are kept apart by it. */
  name: string;
  dataDir: string;
  /** Absolute paths of the programs that are to run. */
  binaries: Partial<Readonly<Record<ClusterProcess, string>>>;
  /** Default: the port of the last start, or a free one. */
  port?: number | undefined;
  /** Simulated nodes, default 1. They are named `node-0`, `node-1` and so on. */
  nodes?: number | undefined;
  /** Whether kube-controller-manager and kube-scheduler run. Default true. */
  controllers?: boolean | undefined;
  /** Whether nodes and pods are simulated. Default true. */
  kwok?: boolean | undefined;
  /** An etcd to share; without it the cluster starts one of its own. */
  etcd?: EmbeddedEtcd | undefined;
}

/** A running cluster: the real API server, controllers and scheduler, with simulated nodes. */
export interface KubeCluster extends AsyncDisposable {
  name: string;
  /** `https://127.0.0.1:port`. */
  server: string;
  /** Bearer token of a cluster administrator. */
  token: string;
  /** The certificate authority: PEM in base64, as a kubeconfig holds it. */
  caData: string;
  /** YAML with the authority and the token embedded. */
  kubeconfig: string;
  /** Those that run, to be killed and started again by tests; each keeps its port. */
  processes: Partial<Record<ClusterProcess, SupervisedProcess>>;
  /** One request as administrator. */
  request<Body = AnyObject>(path: string, options?: ApiRequest): Promise<ApiAnswer<Body>>;
  /** Server-side applies an object at its path. */
  apply(path: string, object: object): Promise<void>;
  stop(options?: { graceMs?: number }): Promise<void>;
}

/**
 * Starts a cluster, with what it had before when the folder is one of an earlier start. It is ready when an
 * authenticated write succeeds, and its nodes are ready and pods can be made, as far as those are wanted.
 * Throws a SluiceError `PortInUse`, `ToolUnavailable`, or `Unavailable` when a part does not come up.
 */
export async function startKubeCluster(options: KubeClusterOptions): Promise<KubeCluster> {
  const { name, dataDir, controllers = true } = options;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const credentials = await clusterCredentials(join(dataDir, "credentials"));
  const port = await claimPort({ name: "kube-apiserver", dataDir, port: options.port });
  const running = new RunningParts();
  try {
    const etcdUrl = await running.etcd(options);
    const plane: ControlPlane = { name, dataDir, port, etcdUrl, credentials, controllers };
    await running.server("kube-apiserver", apiServer(plane, required(options, "kube-apiserver")));

    const ca = await readFile(join(credentials.certificateFolder, "apiserver.crt"), "utf8");
    const caData = Buffer.from(ca).toString("base64");
    const access = { name, server: `https://127.0.0.1:${port}`, caData };
    const own = kubeconfig({ ...access, token: credentials.controllerToken });
    await writeFile(controllerKubeconfig(dataDir), own, { mode: 0o600 });
    await running.clients(await clientParts(plane, options));

    const api = new ApiClient({ server: access.server, token: credentials.token, ca });
    await populate(api, { nodes: options.nodes ?? 1, controllers, kwok: options.kwok !== false });
    const stop = async (stopping?: { graceMs?: number }) => {
      await api.close();
      await running.stop(stopping);
    };
    return {
      ...access,
      token: credentials.token,
      kubeconfig: kubeconfig({ ...access, token: credentials.token }),
      processes: running.parts,
      request: (path, request) => api.request(path, request),
      apply: (path, object) => api.apply(path, object),
      stop,
      [Symbol.asyncDispose]: () => stop(),
    };
  } catch (error) {
    await running.stop({ graceMs: 0 });
    throw error;
  }
}

type Parts = Partial<Record<ClusterProcess, SupervisedProcess>>;

/** What has been started so far, to be stopped in the reverse order. */
class RunningParts {
  readonly parts: Parts = {};
  readonly #groups: SupervisedProcess[][] = [];

  async etcd(options: KubeClusterOptions): Promise<string> {
    if (options.etcd) {
      this.parts.etcd = options.etcd.process;
      return options.etcd.url;
    }
    const etcd = await startEtcd({ dataDir: join(options.dataDir, "etcd"), binary: required(options, "etcd") });
    this.parts.etcd = etcd.process;
    this.#groups.push([etcd.process]);
    return etcd.url;
  }

  async server(name: ClusterProcess, process: SupervisedProcess): Promise<void> {
    this.parts[name] = process;
    this.#groups.push([process]);
    await process.start();
  }

  async clients(parts: Parts): Promise<void> {
    Object.assign(this.parts, parts);
    const processes = Object.values(parts);
    this.#groups.push(processes);
    await Promise.all(processes.map((process) => process.start()));
  }

  /** Clients first: they would only fill their logs with the end of their server. */
  async stop(options?: { graceMs?: number }): Promise<void> {
    for (const group of this.#groups.toReversed()) await Promise.all(group.map((process) => process.stop(options)));
  }
}

async function clientParts(plane: ControlPlane, options: KubeClusterOptions): Promise<Parts> {
  const parts: Parts = {};
  if (plane.controllers) {
    for (const name of ["kube-controller-manager", "kube-scheduler"] as const) {
      parts[name] = controller(plane, name, required(options, name));
    }
  }
  if (options.kwok !== false) parts.kwok = await kwok(plane, required(options, "kwok"));
  return parts;
}

async function populate(api: ApiClient, want: { nodes: number; controllers: boolean; kwok: boolean }): Promise<void> {
  const marker = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "sluice-simulation", namespace: "kube-system" },
  };
  // Just after /readyz a write may still get a 429 "storage is (re)initializing", or find no namespace yet.
  await until("a write to the cluster", async () => {
    await api.apply("/api/v1/namespaces/kube-system/configmaps/sluice-simulation", marker);
    return true;
  });
  if (want.kwok) {
    await api.apply("/apis/storage.k8s.io/v1/storageclasses/simulated", STORAGE_CLASS);
    await Promise.all(Array.from({ length: want.nodes }, (_, index) => applyNode(api, `node-${index}`)));
  }
  if (want.controllers) {
    await until("the default service account", async () => {
      return (await api.request("/api/v1/namespaces/default/serviceaccounts/default")).status === 200;
    });
  }
  if (want.controllers && want.kwok) {
    await until("the cluster's nodes", async () => {
      const { body } = await api.request<{ items: Node[] }>("/api/v1/nodes");
      return body.items.filter(isSchedulable).length >= want.nodes;
    });
  }
}

interface Node {
  spec: { taints?: unknown[] };
  status: { conditions?: { type: string; status: string }[] };
}

function isSchedulable(node: Node): boolean {
  const ready = node.status.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
  return ready === true && (node.spec.taints ?? []).length === 0;
}

function applyNode(api: ApiClient, name: string): Promise<void> {
  const labels = { "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64" };
  return api.apply(`/api/v1/nodes/${name}`, { apiVersion: "v1", kind: "Node", metadata: { name, labels } });
}

function until(what: string, probe: () => Promise<boolean>): Promise<void> {
  return waitUntilReady(what, probe, { timeoutMs: 60_000 });
}

function required(options: KubeClusterOptions, program: ClusterProcess): string {
  const path = options.binaries[program];
  if (path !== undefined) return path;
  throw new SluiceError("ToolUnavailable", `The cluster ${options.name} needs ${program}, and was given none.`, {
    next: `Pass the path that ensureTools(["${program}"]) gives.`,
  });
}
