import { isCrd, keyTextOf } from "../domain/sync/identity.ts";
import type { RawObject } from "../schemas/artifact.ts";
import { objectKey } from "../schemas/ids.ts";
import type { ObjectCluster } from "./apply-object.ts";
import type { ServedKind } from "./live.ts";

/** A write whose options, its last argument, can ask for a dry run. */
type Dry<Write> = Write extends (...given: [...infer Before, infer Options]) => infer Answer
  ? (...given: [...Before, Options & { dryRun?: boolean }]) => Answer
  : never;

/** A cluster whose writes can be dry runs. */
export type DryRunCluster = Pick<ObjectCluster, "resolve" | "get"> & {
  [Write in "apply" | "post" | "replace" | "patch" | "delete"]: Dry<ObjectCluster[Write]>;
};

/** A cluster that looks as if what was tried on it had been done, and what the last write of an object came to. */
export interface Tried extends ObjectCluster {
  result(object: string): RawObject | undefined;
}

/**
 * The cluster with every write as a server-side dry run. So that the steps of an apply go on as they would, an object that would be
 * deleted is gone from then on, one whose owners would be taken over is applied by force, and a CRD counts as established.
 */
export function dryCluster(cluster: DryRunCluster): Tried {
  const gone = new Set<string>();
  const adopted = new Set<string>();
  const results = new Map<string, RawObject>();
  const keyOf = ({ group, kind }: ServedKind, namespace: string, name: string): string =>
    objectKey({ group, kind, namespace, name });

  return {
    result: (object) => results.get(object),
    resolve: (apiVersion, kind) => cluster.resolve(apiVersion, kind),
    refreshDiscovery: async () => undefined,
    get: async (kind, namespace, name, signal) =>
      gone.has(keyOf(kind, namespace, name)) ? undefined : await cluster.get(kind, namespace, name, signal),
    async apply(kind, object, options) {
      const key = keyTextOf(object);
      // The API server can't be asked how it would create an object whose name is still taken.
      if (gone.has(key)) return { object, created: true };
      const force = options.force || adopted.has(key);
      const answer = await cluster.apply(kind, object, { ...options, force, dryRun: true });
      results.set(key, answer.object);
      return isCrd(kind) ? { ...answer, object: established(answer.object) } : answer;
    },
    async post(kind, object, options) {
      if (gone.has(keyTextOf(object))) return object;
      const created = await cluster.post(kind, object, { ...options, dryRun: true });
      return isCrd(kind) ? established(created) : created;
    },
    async replace(kind, object, options) {
      const put = await cluster.replace(kind, object, { ...options, dryRun: true });
      adopted.add(keyTextOf(object));
      return put;
    },
    async patch(kind, namespace, name, options) {
      const patched = await cluster.patch(kind, namespace, name, { ...options, dryRun: true });
      results.set(keyOf(kind, namespace, name), patched);
      adopted.add(keyOf(kind, namespace, name));
      return patched;
    },
    async delete(kind, namespace, name, options) {
      const answer = await cluster.delete(kind, namespace, name, { ...options, dryRun: true });
      gone.add(keyOf(kind, namespace, name));
      return answer;
    },
  };
}

function established(crd: RawObject): RawObject {
  const conditions = ["Established", "NamesAccepted"].map((type) => ({ type, status: "True" }));
  return { ...crd, status: { conditions } };
}
