import { afterAll, beforeAll, expect, test } from "vitest";
import type { RawObject } from "../../../schemas/artifact.ts";
import { applyAs, configMap, createAs, managersOf } from "./others.ts";
import { newNamespace, outcomesOf, syncStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

interface Case {
  tool: string;
  owner: string;
  marks(namespace: string): { labels?: Record<string, string>; annotations?: Record<string, string> };
  make(object: RawObject, namespace: string): Promise<RawObject>;
}

const cases: Case[] = [
  {
    tool: "Argo CD",
    owner: "Argo CD application shop manages it",
    marks: (namespace) => ({ annotations: { "argocd.argoproj.io/tracking-id": `shop:/ConfigMap:${namespace}/one` } }),
    make: (object, namespace) => createAs(stage, "argocd-controller", object, namespace),
  },
  {
    tool: "Argo CD, server-side and by label",
    owner: "Argo CD application shop manages it",
    marks: () => ({ labels: { "app.kubernetes.io/instance": "shop" } }),
    make: (object, namespace) => applyAs(stage, "argocd-controller", object, namespace),
  },
  {
    tool: "Flux",
    owner: "Flux Kustomization flux-system/shop manages it",
    marks: () => ({
      labels: {
        "kustomize.toolkit.fluxcd.io/name": "shop",
        "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
      },
    }),
    make: (object, namespace) => applyAs(stage, "kustomize-controller", object, namespace),
  },
  {
    tool: "Flux's Helm controller",
    owner: "Flux HelmRelease apps/shop manages it",
    marks: () => ({
      labels: { "helm.toolkit.fluxcd.io/name": "shop", "helm.toolkit.fluxcd.io/namespace": "apps" },
      annotations: { "meta.helm.sh/release-name": "shop" },
    }),
    make: (object, namespace) => applyAs(stage, "helm-controller", object, namespace),
  },
  {
    tool: "Helm",
    owner: "Helm release apps/shop manages it",
    marks: () => ({
      labels: { "app.kubernetes.io/managed-by": "Helm" },
      annotations: { "meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "apps" },
    }),
    make: (object, namespace) => createAs(stage, "helm", object, namespace),
  },
];

test.each(cases)("an object of $tool is left alone until Adopt=true, and then is ours alone", async (given) => {
  const namespace = await newNamespace(stage.client, `adopt-${cases.indexOf(given)}`);
  const theirs = configMap("one", { data: { a: "theirs", b: "1" } });
  await given.make({ ...theirs, metadata: { ...theirs.metadata, ...given.marks(namespace) } }, namespace);
  const app = stage.application(namespace, { namespace });
  const refused = await app.sync([configMap("one"), configMap("beside")]);
  expect(outcomesOf(refused)).toEqual(["ConfigMap/beside applied NotLive", "ConfigMap/one refused ManagedByOther"]);
  expect(refused.refused[0]?.message).toContain(given.owner);
  expect(refused.refused[0]?.message).toContain("Adopt=true");
  const before = await stage.live("v1", "ConfigMap", { namespace, name: "one" });
  expect(before?.["data"]).toEqual({ a: "theirs", b: "1" });

  // Once for this operation; from then on it is known to be ours.
  const done = await app.sync([configMap("one"), configMap("beside")], { options: { syncOptions: ["Adopt=true"] } });
  expect(outcomesOf(done)).toContain("ConfigMap/one applied NotRecorded");
  const adopted = await stage.live("v1", "ConfigMap", { namespace, name: "one" });
  expect(adopted?.["data"]).toEqual({ a: "1" });
  expect(adopted?.metadata.uid).toBe(before?.metadata.uid);
  expect(adopted?.metadata.labels).toEqual({ "sluice.dev/application": namespace });
  expect(Object.keys(adopted?.metadata.annotations ?? {})).toEqual(["sluice.dev/tracking-id"]);
  expect(managersOf(adopted)).toEqual(["sluice Apply"]);
  expect((await app.steps([configMap("one"), configMap("beside")])).every((step) => step.includes("unchanged"))).toBe(
    true,
  );
});

test("marks that came with a copy, and labels that Argo CD didn't write, are no owner", async () => {
  const namespace = await newNamespace(stage.client, "copied");
  const annotations = { "argocd.argoproj.io/tracking-id": "shop:/ConfigMap:elsewhere/one" };
  const copied = configMap("one", { annotations });
  await createAs(stage, "kubectl-create", copied, namespace);
  const labelled = configMap("two");
  labelled.metadata.labels = { "app.kubernetes.io/instance": "shop" };
  await createAs(stage, "kubectl-client-side-apply", labelled, namespace);
  const app = stage.application("copied", { namespace });
  expect((await app.sync([configMap("one"), configMap("two")])).counts).toMatchObject({ update: 2, refused: 0 });
});

test("Adopt=false takes over nothing that is there, and an object may agree on its own", async () => {
  const namespace = await newNamespace(stage.client, "nothing");
  for (const name of ["one", "two"]) await createAs(stage, "kubectl-client-side-apply", configMap(name), namespace);
  const app = stage.application("nothing", { namespace, syncOptions: ["Adopt=false"] });
  const agreed = configMap("two", { annotations: { "sluice.dev/sync-options": "Adopt=true" } });
  const done = await app.sync([configMap("one"), agreed, configMap("three")]);
  expect(outcomesOf(done)).toEqual([
    "ConfigMap/one refused NotAdopted",
    "ConfigMap/three applied NotLive",
    "ConfigMap/two applied NotRecorded",
  ]);
  expect(await app.steps([configMap("one"), agreed, configMap("three")])).toEqual([
    "ConfigMap/one refuse NotAdopted",
    "ConfigMap/three unchanged Recorded",
    "ConfigMap/two unchanged Recorded",
  ]);
});
