import { expect, it } from "vitest";
import type { KubeClient } from "../../../adapters/kubernetes/client.ts";
import type { ViewStore } from "../../../adapters/views/store.ts";
import type { ClusterRegistry } from "../../../services/server/clusters.ts";
import { createClusterStates } from "../../../services/server/cluster-states.ts";

function statesOf(version: () => Promise<{ gitVersion: string }>) {
  const clusters = { client: async () => ({ version }) } as unknown as ClusterRegistry<KubeClient>;
  const store = { list: () => [{ key: "prod", value: {} }] } as unknown as Pick<ViewStore, "list">;
  return createClusterStates({ clusters, store, onChange: () => () => undefined, patienceMs: 50 });
}

it("a cluster that answers is connected, with its version", async () => {
  const states = statesOf(async () => ({ gitVersion: "v1.36.3" }));
  await states.ask();
  expect(states.of("prod")).toMatchObject({ status: "Connected", kubernetesVersion: "v1.36.3" });
  states.stop();
});

it("a cluster that refuses is unreachable, with the reason", async () => {
  const states = statesOf(() => Promise.reject(new Error("refused")));
  await states.ask();
  expect(states.of("prod")).toMatchObject({ status: "Unreachable", message: "refused" });
  states.stop();
});

it("a cluster that never answers is unreachable all the same", async () => {
  const states = statesOf(() => new Promise(() => undefined));
  await states.ask();
  expect(states.of("prod")).toMatchObject({
    status: "Unreachable",
    message: expect.stringContaining("did not answer"),
  });
  states.stop();
});
