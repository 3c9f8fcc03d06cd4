import { toSluiceError } from "../schemas/errors.ts";
import type { ObjectCluster } from "./apply-object.ts";

/**
 * Creates a namespace that is not there (CreateNamespace=true), without our label or tracking id: it is nobody's to prune.
 * Returns why that failed, or undefined when it is there.
 */
export async function createNamespace(
  cluster: Pick<ObjectCluster, "resolve" | "get" | "apply">,
  name: string,
): Promise<string | undefined> {
  try {
    const kind = await cluster.resolve("v1", "Namespace");
    if (!kind) return "the cluster does not list its kind Namespace";
    if (await cluster.get(kind, "", name)) return undefined;
    await cluster.apply(kind, { apiVersion: "v1", kind: "Namespace", metadata: { name } }, { force: false });
    return undefined;
  } catch (thrown) {
    const error = toSluiceError(thrown);
    if (error.code === "ClusterUnavailable") throw error;
    return `its namespace ${name} could not be created: ${error.message}`;
  }
}
