import { afterAll, beforeAll, expect, test } from "vitest";
import { configMap } from "./others.ts";
import { newNamespace, outcomesOf, syncStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

const namespaceOf = (name: string) => stage.live("v1", "Namespace", { name });
const syncOptions = ["CreateNamespace=true"];

test("CreateNamespace=true makes the namespace with managedNamespaceMetadata, keeps it, and takes it back", async () => {
  const name = "made-with";
  const managedNamespaceMetadata = { labels: { team: "shop", tier: "gold" }, annotations: { note: "kept" } };
  const app = stage.application(name, { namespace: name, syncOptions, managedNamespaceMetadata });
  expect(outcomesOf(await app.sync([configMap("one")]))).toEqual(["ConfigMap/one applied NotLive"]);
  expect((await namespaceOf(name))?.metadata.labels).toMatchObject({ team: "shop", tier: "gold" });
  expect((await namespaceOf(name))?.metadata.annotations).toEqual({ note: "kept" });
  expect(await app.steps([configMap("one")])).toEqual(["ConfigMap/one unchanged Recorded"]);

  // Somebody takes a label off, then Git changes.
  await stage.edit("v1", "Namespace", { name }, (live) => void delete live.metadata.labels?.["team"]);
  expect(outcomesOf(await app.sync([configMap("one")]))[0]).toBe("Namespace/made-with applied NamespaceMetadata");
  expect((await namespaceOf(name))?.metadata.labels).toMatchObject({ team: "shop" });
  app.configure({ managedNamespaceMetadata: { labels: { team: "store" } } });
  await app.sync([configMap("one")]);
  const after = await namespaceOf(name);
  expect(after?.metadata.labels).toMatchObject({ team: "store" });
  expect(after?.metadata.labels).not.toHaveProperty("tier");
  expect(after?.metadata.annotations).toBeUndefined();
  expect(await app.steps([configMap("one")])).toEqual(["ConfigMap/one unchanged Recorded"]);
  // It is nobody's to prune.
  expect((await app.sync(undefined, { kind: "delete" })).inventoryBlob.entries).toEqual([]);
  expect((await namespaceOf(name))?.metadata["deletionTimestamp"]).toBeUndefined();
});

test("two applications keep different labels of one namespace, and want one label to differ: a conflict, not a fight", async () => {
  const namespace = await newNamespace(stage.client, "two-of-them");
  const app = (name: string, labels: Record<string, string>) =>
    stage.application(name, { namespace, syncOptions, managedNamespaceMetadata: { labels } });
  await app("one", { a: "1" }).sync([configMap("one")]);
  await app("two", { b: "1" }).sync([configMap("two")]);
  expect((await namespaceOf(namespace))?.metadata.labels).toMatchObject({ a: "1", b: "1" });
  const fight = await app("three", { a: "2" }).sync([configMap("three")]);
  expect(outcomesOf(fight)).toEqual(["Namespace/two-of-them failed FieldConflict", "ConfigMap/three applied NotLive"]);
  expect(fight.failures[0]?.message).toContain("sluice-namespace-one owns .metadata.labels.a");
});

test("a namespace in Git has its own labels", async () => {
  const managedNamespaceMetadata = { labels: { team: "shop" } };
  const app = stage.application("in-git", { namespace: "in-git", syncOptions, managedNamespaceMetadata });
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "in-git", labels: { own: "1" } } };
  await app.sync([namespace, configMap("one")]);
  expect((await namespaceOf("in-git"))?.metadata.labels).toMatchObject({ own: "1" });
  expect((await namespaceOf("in-git"))?.metadata.labels).not.toHaveProperty("team");
});

test("a Project that allows no Namespace allows no labels of one", async () => {
  const namespace = await newNamespace(stage.client, "tenant");
  const managedNamespaceMetadata = { labels: { "pod-security.kubernetes.io/enforce": "privileged" } };
  const project = { clusterResourceWhitelist: [] };
  const app = stage.application("tenant", { namespace, syncOptions, managedNamespaceMetadata, project });
  await expect(app.plan([configMap("one")])).rejects.toMatchObject({
    code: "Forbidden",
    problems: [{ path: "spec.syncPolicy.managedNamespaceMetadata" }],
  });
});
