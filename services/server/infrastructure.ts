import { join } from "node:path";
import type { Logger } from "pino";
import { startNats, startTemporal } from "../../adapters/embedded/index.ts";
import { ensureTools, progressPrinter, type ToolName } from "../../adapters/toolchain/index.ts";
import type { ServerConfiguration } from "../../schemas/server-configuration.ts";

/** Where NATS and Temporal are, ours or somebody else's. */
export interface Infrastructure {
  nats: {
    url: string;
    user?: string;
    pass?: string;
    token?: string;
    monitoringUrl?: string;
    /** Why an embedded server takes no writes, or undefined. */
    failing?(): string | undefined;
  };
  temporal: { address: string; namespace: string };
  /** Paths of the renderers. */
  tools: { helm: string; kustomize: string };
  /** Stops what was started here; external servers are left alone. */
  stop(): Promise<void>;
}

interface Stoppable {
  stop(options?: { graceMs?: number }): Promise<void>;
}

/** Which programs a configuration needs. */
export function toolsFor({ nats, temporal }: Pick<ServerConfiguration, "nats" | "temporal">): ToolName[] {
  return [
    "helm",
    "kustomize",
    ...(nats.url === undefined ? (["nats-server"] as const) : []),
    ...(temporal.address === undefined ? (["temporal"] as const) : []),
  ];
}

/** Starts the servers that the configuration gives no address of, as supervised children with their state in the data directory. */
export async function startInfrastructure(configuration: ServerConfiguration, log: Logger): Promise<Infrastructure> {
  const tools = await ensureTools(toolsFor(configuration), { onProgress: progressPrinter(process.stderr) });
  const started: Stoppable[] = [];
  const keep = <Server extends Stoppable>(server: Server): Server => {
    started.push(server);
    return server;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(started.splice(0).map((server) => server.stop()));
  };

  const nats = async (): Promise<Infrastructure["nats"]> => {
    const { url, user, password, token, port, monitoringUrl } = configuration.nats;
    if (url !== undefined) {
      return {
        url,
        ...(user && { user }),
        ...(password && { pass: password }),
        ...(token && { token }),
        ...(monitoringUrl && { monitoringUrl }),
      };
    }
    const server = keep(
      await startNats({ dataDir: join(configuration.dataDir, "nats"), binary: tools["nats-server"], port }),
    );
    server.process.onExit(({ expected, code, signal }) => {
      if (!expected) log.warn({ code, signal }, "nats-server ended and is started again");
    });
    log.info({ url: server.url }, "NATS is up");
    const { user: name, pass } = server.connection;
    const failing = (): string | undefined => server.storage.failing();
    return { url: server.url, user: name, pass, monitoringUrl: server.monitoringUrl, failing };
  };

  const temporal = async (): Promise<Infrastructure["temporal"]> => {
    const { address, namespace, port } = configuration.temporal;
    if (address !== undefined) return { address, namespace };
    const server = keep(
      await startTemporal({
        dataDir: join(configuration.dataDir, "temporal"),
        binary: tools.temporal,
        port,
        namespace,
      }),
    );
    server.process.onExit(({ expected, code, signal }) => {
      if (!expected) log.warn({ code, signal }, "temporal ended and is started again");
    });
    log.info({ address: server.address }, "Temporal is up");
    return { address: server.address, namespace };
  };

  const both = await Promise.allSettled([nats(), temporal()]);
  const failed = both.find((result) => result.status === "rejected");
  if (failed) {
    await stop();
    throw failed.reason;
  }
  const [natsAt, temporalAt] = both.map((result) => (result as PromiseFulfilledResult<unknown>).value) as [
    Infrastructure["nats"],
    Infrastructure["temporal"],
  ];
  return { nats: natsAt, temporal: temporalAt, tools: { helm: tools.helm, kustomize: tools.kustomize }, stop };
}
