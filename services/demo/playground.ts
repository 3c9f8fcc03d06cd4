import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  startEtcd,
  startGitServer,
  startKubeCluster,
  SupervisedProcess,
  type EmbeddedGitServer,
  type KubeCluster,
} from "../../adapters/embedded/index.ts";
import { claimPort } from "../../adapters/embedded/ports.ts";
import { RUN_TOOLS, TOOL_PINS, type RunTool } from "../../adapters/toolchain/index.ts";

/** What a playground consists of. */
export interface PlaygroundOptions {
  /** Folder of everything; what an earlier run left there is used again. */
  root: string;
  tools: Record<RunTool, string>;
  clusters: string[];
  /** Whether controllers run and nodes and pods are simulated. Default true. */
  controllers?: boolean;
  /** Port of Sluice's API; a free one by default. */
  port?: number | undefined;
  /** Settings of the server, as `SLUICE_...`. */
  environment?: Record<string, string>;
  onStarted?: (what: string) => void;
}

/** Clusters, a Git server and `sluice server`, all real and all on this machine. */
export interface Playground extends AsyncDisposable {
  /** The server's data directory. */
  dataDir: string;
  clusters: Record<string, KubeCluster>;
  git: EmbeddedGitServer;
  server: SupervisedProcess;
  /** Address of the API. */
  url: string;
  stop(): Promise<void>;
}

/** The command as a user runs it: it takes the bundle when that is fresh, else the source. */
const PROGRAM = join(import.meta.dirname, "..", "..", "bin", "sluice");

/** Starts all of it. When one part does not come up the others are stopped and its error is thrown. */
export async function startPlayground(options: PlaygroundOptions): Promise<Playground> {
  const { root, tools, controllers = true, onStarted = () => undefined } = options;
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of stops.splice(0).toReversed()) await end();
  };
  const cluster = async (name: string, etcd: Awaited<ReturnType<typeof startEtcd>>) => {
    const dataDir = join(root, "clusters", name);
    const started = await startKubeCluster({ name, dataDir, binaries: tools, etcd, controllers, kwok: controllers });
    stops.push(() => started.stop({ graceMs: 0 }));
    onStarted(`cluster ${name}`);
    return [name, started] as const;
  };
  try {
    const etcd = await startEtcd({ dataDir: join(root, "etcd"), binary: tools.etcd });
    stops.push(() => etcd.stop({ graceMs: 0 }));
    const clusters = await allOrNone(options.clusters.map((name) => cluster(name, etcd)));
    const git = await startGitServer({ root: join(root, "git") });
    stops.push(() => git.stop());
    onStarted("git server");

    const dataDir = join(root, "sluice");
    const port = await claimPort({ name: "sluice-server", dataDir: root, port: options.port });
    const url = `http://127.0.0.1:${port}`;
    const environment = { ...whereAre(tools), ...options.environment };
    const server = serverProcess({ root, dataDir, port, url, environment });
    stops.push(() => server.stop({ graceMs: 25_000 }));
    await server.start();
    onStarted("sluice server");
    return {
      dataDir,
      clusters: Object.fromEntries(clusters),
      git,
      server,
      url,
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits for all of them to end, well or badly, so that nothing is still starting when the others are stopped. */
async function allOrNone<Value>(promises: Promise<Value>[]): Promise<Value[]> {
  const settled = await Promise.allSettled(promises);
  const failed = settled.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
  return Promise.all(promises);
}

/** `sluice server` as a service manager would run it: a process of its own, started again when it dies. */
function serverProcess(of: {
  root: string;
  dataDir: string;
  port: number;
  url: string;
  environment: Record<string, string>;
}): SupervisedProcess {
  return new SupervisedProcess({
    name: "sluice-server",
    program: PROGRAM,
    args: ["server", "--data-dir", of.dataDir, "--port", String(of.port)],
    dataDir: of.root,
    environment: of.environment,
    ready: async (signal) => (await fetch(`${of.url}/readyz`, { signal })).ok,
  });
}

/** The programs that are already found, told to the server by their variables. */
const whereAre = (tools: Record<RunTool, string>): Record<string, string> =>
  Object.fromEntries(RUN_TOOLS.map((name) => [TOOL_PINS[name].variable, tools[name]]));

/** The bearer token that the server wrote at its first start. */
export const tokenOf = async (playground: Pick<Playground, "dataDir">): Promise<string> =>
  (await readFile(join(playground.dataDir, "token"), "utf8")).trim();
