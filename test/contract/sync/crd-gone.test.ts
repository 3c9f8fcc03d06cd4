import { afterAll, beforeAll, expect, test } from "vitest";
import { orphaning } from "../../../activities/orphan.ts";
import type { PrepareInput, StepContext } from "../../../activities/steps.ts";
import type { ApplicationEvent } from "../../../schemas/events/index.ts";
import type { RawObject } from "../../../schemas/artifact.ts";
import { newNamespace, served, syncStage, type Stage, type TestApplication } from "./stage.ts";

/** Deleting an application whose CRD is gone, while another CRD of the same API group stays. */

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

const CRDS = "apiextensions.k8s.io/v1";

const crd = (kind: string, group: string): RawObject => ({
  apiVersion: CRDS,
  kind: "CustomResourceDefinition",
  metadata: { name: `${kind.toLowerCase()}s.${group}` },
  spec: {
    group,
    scope: "Namespaced",
    names: { plural: `${kind.toLowerCase()}s`, kind },
    versions: [
      {
        ...{ name: "v1", served: true, storage: true },
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
});

async function withoutItsCrd(name: string, group: string): Promise<TestApplication> {
  await stage.application(`${name}-crds`).sync([crd("Widget", group), crd("Sibling", group)]);
  const app = stage.application(name, { namespace: await newNamespace(stage.client, name) });
  const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings" } };
  await app.sync([configMap, { apiVersion: `${group}/v1`, kind: "Widget", metadata: { name: "one" } }]);
  const definitions = await served(stage.client, CRDS, "CustomResourceDefinition");
  const uid = (await stage.client.get(definitions, "", `widgets.${group}`))?.metadata.uid ?? "";
  await stage.client.delete(definitions, "", `widgets.${group}`, { uid });
  await expect.poll(async () => await stage.client.get(definitions, "", `widgets.${group}`)).toBeUndefined();
  const discovered = async () =>
    (await stage.servers.cluster.request<{ resources: { kind: string }[] }>(`/apis/${group}/v1`)).body.resources;
  await expect.poll(async () => (await discovered()).map(({ kind }) => kind)).toEqual(["Sibling"]);
  return app;
}

test("a cascade takes what is left", async () => {
  const app = await withoutItsCrd("cascade", "cascade.example");
  // The API server's lists of what it serves are not all of one moment.
  await expect
    .poll(async () => await app.steps(undefined, { kind: "delete" }).catch(String))
    .toEqual(["ConfigMap/settings prune NotDesired"]);
});

test("an orphaning deletion leaves what is left, and can be tried again", async () => {
  const app = await withoutItsCrd("orphan", "orphan.example");
  const recorded: ApplicationEvent[] = [];
  const handler = orphaning(() => Promise.reject(new Error("it is orphaned")), {
    applications: {
      load: async () => ({
        ...{ resources: [], ended: [], drift: [], health: "Healthy", cluster: "test" },
        ...(app.inventory && { inventory: app.inventory }),
        configuration: { spec: app.spec, labels: {}, annotations: {} },
      }),
      execute: async (_name, command) => {
        expect(command).toMatchObject({ type: "EndOperation", orphaned: true, outcome: { result: "Succeeded" } });
        return [];
      },
    },
    blobs: app.blobs,
    orphanCluster: async () => stage.client,
    now: () => "2026-01-01T00:00:00.000Z",
    recorded: (events) => recorded.push(...events),
  });
  const actor = { type: "user", name: "jo" } as const;
  const request = {
    ...{ operation: "op-delete", kind: "delete", requestedAt: "2026-01-01T00:00:00.000Z", options: { orphan: true } },
    trigger: { type: "manual", actor, sources: [] },
  } as unknown as PrepareInput["request"];
  const context = { signal: new AbortController().signal } as StepContext;
  for (const _ of ["first", "again"]) {
    expect(await handler({ application: "orphan", request } as PrepareInput, context)).toEqual({ status: "ended" });
  }
  const left = await stage.live("v1", "ConfigMap", { namespace: "orphan", name: "settings" });
  expect(left?.metadata.labels ?? {}).not.toHaveProperty(["sluice.dev/application"]);
});
