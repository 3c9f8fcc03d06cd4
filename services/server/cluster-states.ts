import { setTimeout as sleep } from "node:timers/promises";
import type { KubeClient } from "../../adapters/kubernetes/client.ts";
import type { ViewStore } from "../../adapters/views/store.ts";
import type { ConnectionState } from "../../schemas/api/objects.ts";
import type { ViewName } from "../../schemas/views.ts";
import { SluiceError, toSluiceError } from "../../schemas/errors.ts";
import type { ClusterRegistry } from "./clusters.ts";

/** Whether each cluster's API server answers, asked once in a while. */
export interface ClusterStates {
  of(name: string): ConnectionState | undefined;
  /** Asks all clusters now. */
  ask(): Promise<void>;
  stop(): void;
}

const INTERVAL_MS = 30_000;
/** A request to an API server goes on for minutes where nothing answers; who looks at its state is told sooner. */
const PATIENCE_MS = 10_000;

/** Begins asking at once; a cluster that is new or changed is asked when the views show it. */
export function createClusterStates(of: {
  clusters: ClusterRegistry<KubeClient>;
  store: Pick<ViewStore, "list">;
  onChange(listener: (view: ViewName, key: string) => void): () => void;
  /** How long an API server may take to answer, 10 s by default. */
  patienceMs?: number;
}): ClusterStates {
  const { patienceMs = PATIENCE_MS } = of;
  const states = new Map<string, ConnectionState>();

  const askOne = async (name: string): Promise<void> => {
    const before = states.get(name);
    const state = await look(of.clusters, name, patienceMs);
    const same = before?.status === state.status && before.since !== undefined;
    states.set(name, { ...state, since: same ? before.since : new Date().toISOString() });
  };
  const ask = async (): Promise<void> => {
    const names = of.store.list("clusters").map(({ key }) => key);
    for (const known of states.keys()) if (!names.includes(known)) states.delete(known);
    await Promise.all(names.map(askOne));
  };
  const timer = setInterval(() => void ask(), INTERVAL_MS);
  timer.unref();
  const unsubscribe = of.onChange((view) => {
    if (view === "clusters") void ask();
  });
  void ask();
  const stop = (): void => {
    clearInterval(timer);
    unsubscribe();
  };
  return { of: (name) => states.get(name), ask, stop };
}

async function look(clusters: ClusterRegistry<KubeClient>, name: string, patienceMs: number): Promise<ConnectionState> {
  const late = new AbortController();
  const limit = sleep(patienceMs, undefined, { signal: late.signal }).then(() => {
    throw new SluiceError("ClusterUnavailable", `Its API server did not answer within ${patienceMs / 1_000} s`);
  });
  const asking = clusters.client(name).then((client) => client.version());
  try {
    const { gitVersion } = await Promise.race([asking, limit]);
    return { status: "Connected", kubernetesVersion: gitVersion };
  } catch (error) {
    return { status: "Unreachable", message: toSluiceError(error).message };
  } finally {
    late.abort();
    limit.catch(() => undefined);
    asking.catch(() => undefined);
  }
}
