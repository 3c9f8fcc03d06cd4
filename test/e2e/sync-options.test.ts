import { afterAll, beforeAll, expect, it } from "vitest";
import type { GitFixture } from "../../adapters/embedded/index.ts";
import type { OperationView } from "../../schemas/views.ts";
import type { RawObject } from "../../schemas/artifact.ts";
import { application, configMap } from "../fixtures/configuration.ts";
import { Stack } from "../fixtures/stack.ts";

/** Sync options, ownership and adoption from the API to the cluster, on real servers. */

let stack: Stack;
let repoURL: string;
let git: GitFixture;

beforeAll(async () => {
  stack = await Stack.start();
  await stack.prepare();
  ({ url: repoURL, fixture: git } = await stack.addRepository("apps"));
}, 240_000);
afterAll(() => stack?.stop());

const annotated = (name: string, annotations: Record<string, string>): string => {
  const object = JSON.parse(configMap(name, { from: "git" })) as RawObject;
  return JSON.stringify({ ...object, metadata: { ...object.metadata, annotations } });
};

async function sync(name: string, body: object = {}): Promise<OperationView> {
  const { body: accepted } = await stack.api<{ operation: string }>("POST", `/applications/${name}/sync`, body);
  return await stack.ended(name, accepted.operation);
}

/** An application that only syncs when it is asked to. */
async function manual(name: string, files: Record<string, string>, syncPolicy: object = {}): Promise<void> {
  await git.commit(Object.fromEntries(Object.entries(files).map(([file, text]) => [`${name}/${file}`, text])), name);
  const source = { repoURL, path: name };
  const options = { syncOptions: ["CreateNamespace=true"], ...syncPolicy };
  await stack.apply(application(name, source, { syncPolicy: options }));
}

it("an unknown option in an annotation fails the render with object, annotation and the nearest name", async () => {
  await manual("typo", { "cm.yaml": annotated("settings", { "argocd.argoproj.io/sync-options": "Prun=false" }) });
  const operation = await sync("typo");
  expect(operation).toMatchObject({ result: "Failed", code: "RenderFailed" });
  expect(operation.message).toContain("/ConfigMap/typo/settings: annotation argocd.argoproj.io/sync-options");
  expect(operation.message).toContain("did you mean Prune?");
});

it("an object of another application is left out, and with FailOnSharedResource=true nothing is applied", async () => {
  await manual("owner", { "cm.yaml": configMap("shared", { from: "owner" }) });
  expect((await sync("owner")).result).toBe("Succeeded");
  const shared = JSON.parse(configMap("shared", { from: "claimant" })) as RawObject;
  const elsewhere = JSON.stringify({ ...shared, metadata: { ...shared.metadata, namespace: "owner" } });
  await manual("claimant", { "cm.yaml": elsewhere, "own.yaml": configMap("own", {}) });

  const failed = await sync("claimant", { syncOptions: ["FailOnSharedResource=true"] });
  expect(failed).toMatchObject({ result: "Failed", code: "Conflict" });
  expect(failed.message).toContain("it belongs to application owner");
  expect((await stack.cluster().request("/api/v1/namespaces/claimant")).status).toBe(404);

  const reported = await sync("claimant");
  expect(reported).toMatchObject({ result: "Succeeded", counts: { create: 1, refused: 1 } });
  expect(reported.noted[0]).toMatchObject({ object: "/ConfigMap/owner/shared", reason: "OwnedByOther" });
  expect(await stack.configMaps("owner")).toMatchObject({ shared: { from: "owner" } });
});

it("an object of a Helm release is adopted once somebody agrees, and stays adopted", async () => {
  const path = "/api/v1/namespaces/moved/configmaps";
  await stack.cluster().request("/api/v1/namespaces", { method: "POST", body: { metadata: { name: "moved" } } });
  const release = JSON.parse(annotated("settings", { "meta.helm.sh/release-name": "moved" })) as RawObject;
  const body = { ...release, data: { from: "helm", old: "1" } };
  expect((await stack.cluster().request(`${path}?fieldManager=helm`, { method: "POST", body })).status).toBe(201);
  await manual("moved", { "cm.yaml": configMap("settings", { from: "git" }) });

  const refused = await sync("moved");
  expect(refused.noted[0]).toMatchObject({ reason: "ManagedByOther" });
  expect(refused.noted[0]?.message).toContain("Helm release moved manages it");
  expect((await sync("moved", { syncOptions: ["Adopt=true"] })).counts).toMatchObject({ update: 1, refused: 0 });
  expect(await stack.configMaps("moved")).toMatchObject({ settings: { from: "git" } });
  expect((await stack.configMaps("moved"))["settings"]).not.toHaveProperty("old");
  expect((await sync("moved")).counts).toMatchObject({ unchanged: 1, refused: 0 });
  expect((await stack.application("moved")).status.sync.status).toBe("Synced");
});

it("labels of the namespace are kept, and a namespace without them is OutOfSync", async () => {
  const managedNamespaceMetadata = { labels: { team: "shop" } };
  await manual("labelled", { "cm.yaml": configMap("settings", {}) }, { managedNamespaceMetadata });
  expect((await sync("labelled")).result).toBe("Succeeded");
  const path = "/api/v1/namespaces/labelled";
  expect((await stack.cluster().request(path)).body.metadata.labels).toMatchObject({ team: "shop" });
  const off = { metadata: { labels: { team: null } } };
  await stack.cluster().request(path, { method: "PATCH", contentType: "application/merge-patch+json", body: off });
  const { body: accepted } = await stack.api<{ operation: string }>("POST", "/applications/labelled/refresh", {});
  const compared = await stack.ended("labelled", accepted.operation);
  expect(compared.noted[0]).toMatchObject({ object: "/Namespace//labelled", reason: "NamespaceMetadata" });
  expect((await stack.application("labelled")).status.sync.status).toBe("OutOfSync");
  expect((await sync("labelled")).counts).toMatchObject({ update: 1, unchanged: 1 });
  expect((await stack.cluster().request(path)).body.metadata.labels).toMatchObject({ team: "shop" });
});
