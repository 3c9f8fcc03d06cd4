import type { ClusterObject } from "../../../schemas/api/objects.ts";
import { clusterRows } from "../columns.ts";
import type { Context } from "../context.ts";
import { kubeconfigPath, standaloneContext } from "../kubeconfig.ts";
import { nameFrom } from "../name-from.ts";
import { applyFiles } from "./apply.ts";

interface AddOptions {
  name?: string;
  kubeconfig?: string;
  dryRun?: boolean;
}

/** Registers the cluster of a kubeconfig context, with its credentials. */
export async function add(context: Context, wanted: string | undefined, options: AddOptions): Promise<void> {
  const { io } = context;
  const file = kubeconfigPath(options.kubeconfig, io.env);
  const found = standaloneContext(file, wanted);
  for (const warning of found.warnings) context.note(`warning: ${warning}`);
  const object = {
    apiVersion: "sluice.dev/v1",
    kind: "Cluster",
    metadata: { name: options.name ?? nameFrom(found.context) },
    spec: { server: found.server, credentials: { kubeconfig: found.kubeconfig } },
  };
  const text = JSON.stringify(object);
  await applyFiles(context, [{ file: `context ${found.context} of ${file}`, text }], options.dryRun ?? false);
  context.note("Its credentials are stored sealed and never readable back.");
}

/** Lists clusters and whether they are reached. */
export async function list(context: Context): Promise<void> {
  const items = await context.client.list<ClusterObject>("/clusters");
  await context.show(items, clusterRows(context.io, Date.now()));
}
