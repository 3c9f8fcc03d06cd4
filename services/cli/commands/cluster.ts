import type { ClusterObject } from "../../../schemas/api/objects.ts";
import { clusterRows } from "../columns.ts";
import type { Context } from "../context.ts";
import { kubeconfigPath, standaloneContext } from "../kubeconfig.ts";
import { nameFrom } from "../name-from.ts";
import { applyMade } from "./apply.ts";
import { existing } from "./existing.ts";

interface AddOptions {
  context?: string;
  kubeconfig?: string;
  upsert?: boolean;
  dryRun?: boolean;
}

/**
 * Registers the cluster of a kubeconfig context with its credentials: of the context given, else of the one called like the cluster,
 * else of the current one.
 */
export async function add(context: Context, name: string, options: AddOptions): Promise<void> {
  const file = kubeconfigPath(options.kubeconfig, context.io.env);
  const found = standaloneContext(
    file,
    options.context === undefined ? { preferred: name } : { wanted: options.context },
  );
  context.note(`Reading context ${found.context} of ${file}`);
  for (const warning of found.warnings) context.note(`warning: ${warning}`);
  const own = name === found.context ? nameFrom(name) : name;
  const before = await existing<ClusterObject>(context, { kind: "Cluster", path: "/clusters", name: own }, options);
  const object = {
    apiVersion: "sluice.dev/v1",
    kind: "Cluster",
    metadata: { ...before?.metadata, name: own },
    spec: { ...before?.spec, server: found.server, credentials: { kubeconfig: found.kubeconfig } },
  };
  await applyMade(context, object, options.dryRun ?? false);
  context.note("Its credentials are stored sealed and never readable back.");
}

/** Lists clusters and whether they are reached. */
export async function list(context: Context): Promise<void> {
  const items = await context.client.list<ClusterObject>("/clusters");
  await context.show(items, clusterRows(context.io, Date.now()));
}
