import { limited } from "../../activities/limited.ts";
import type { LiveCluster } from "../../activities/live.ts";
import { actionsOf, hasActions } from "../../domain/action/actions.ts";
import type { ListActions } from "../api/ports.ts";

const AT_ONCE = 16;

/** Reads the objects that have actions, and says which can be done now. What is not there has none. */
export function listActions(cluster: (name: string) => Promise<LiveCluster>): ListActions {
  return async (name, entries) => {
    const able = entries.filter(({ key }) => hasActions(key));
    if (able.length === 0) return [];
    const client = await cluster(name);
    const found = await limited(able, AT_ONCE, async ({ key, apiVersion }) => {
      const kind = await client.resolve(apiVersion, key.kind);
      const live = kind && (await client.get(kind, key.namespace, key.name));
      return live ? [{ ...key, actions: actionsOf(key, live) }] : [];
    });
    return found.flat();
  };
}
