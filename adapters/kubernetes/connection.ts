import type { Logger } from "pino";
import type { ClusterCredentials } from "../../schemas/kinds/cluster.ts";
import { createClient } from "./client.ts";
import type { KubeClient } from "./client.ts";
import { connectionSettings } from "./credentials.ts";
import type { RetryLimits } from "./retry.ts";
import { createTransport } from "./transport.ts";

/** Requests in flight per cluster: with 16, server-side apply reaches the API server's own limit on two cores. */
const CONNECTIONS = 16;

/** A client for one cluster; nothing is sent before its first use. Throws InvalidConfiguration for unusable credentials. */
export async function connectCluster(cluster: {
  server: string;
  credentials: ClusterCredentials;
  log: Logger;
  connections?: number;
  limits?: Partial<RetryLimits>;
}): Promise<KubeClient> {
  const settings = connectionSettings(cluster);
  const transport = createTransport(settings, { connections: cluster.connections ?? CONNECTIONS });
  const log = cluster.log.child({ server: cluster.server });
  return createClient({
    transport,
    server: cluster.server,
    log,
    ...(cluster.limits ? { limits: cluster.limits } : {}),
  });
}
