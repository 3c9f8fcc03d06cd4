import { describe, expect, test } from "vitest";
import { checkSource, differenceOf, fileChanges } from "../../activities/commit-difference.ts";
import { shownFiles } from "../../activities/shown-difference.ts";
import { editManifests } from "../../adapters/manifests/edit.ts";
import { namesOf, patchOf, withPatches } from "../../adapters/manifests/kustomize.ts";
import type { ApplicationState } from "../../domain/application/state.ts";
import type { Inventory, RawObject } from "../../schemas/artifact.ts";
import { Source } from "../../schemas/kinds/source.ts";
import { memoryTree } from "../adapters/renderers/memory-tree.ts";
import { memoryBlobs } from "./memory-blobs.ts";

const editor = { editManifests, patchOf, withPatches, namesOf };
const source = (more: object = {}) =>
  Source.parse({ repoURL: "https://git.example/shop.git", path: "deploy", ...more });
const MANAGER = "kubectl-edit";

const object = (kind: string, name: string, spec: object, more: object = {}): RawObject => ({
  apiVersion: kind === "Deployment" ? "apps/v1" : "v1",
  kind,
  metadata: { name, namespace: "shop", ...more },
  ...spec,
});
const FIELDS: Record<string, object> = {
  Deployment: { "f:spec": { "f:replicas": {} } },
  ConfigMap: { "f:data": { "f:key": {} } },
  Secret: { "f:data": { "f:password": {} } },
};
const DESIRED = [
  object("Deployment", "web", { spec: { replicas: 2 } }),
  object("ConfigMap", "gone", { data: { key: "1" } }),
  object("ConfigMap", "same", { data: { key: "1" } }),
  object("Secret", "key", { data: { password: "sealed" } }),
];
const edited = (kind: string) => ({
  managedFields: [{ manager: MANAGER, operation: "Update", fieldsV1: FIELDS[kind] }],
});
const LIVE = [
  object("Deployment", "web", { spec: { replicas: 5 } }, edited("Deployment")),
  object("ConfigMap", "same", { data: { key: "1" } }),
  object("Secret", "key", { data: { password: "Y2FuYXJ5" } }, edited("Secret")),
];

async function difference(lives: readonly RawObject[] = LIVE) {
  const blobs = memoryBlobs();
  const entries = DESIRED.map(({ apiVersion, kind, metadata }) => ({
    key: { group: kind === "Deployment" ? "apps" : "", kind, namespace: "shop", name: metadata.name },
    ...{ apiVersion, resource: "", namespaced: true, uid: "u", desired: "", fields: "", fieldSet: FIELDS[kind] },
  }));
  const inventory = await blobs.putJson({ version: 1, application: "shop", cluster: "c", entries } as Inventory);
  const artifact = await blobs.putJson({ version: 1, objects: DESIRED });
  const deployed = { operation: "o", revision: "r", sourceDigest: "s", artifact };
  const state = { inventory, deployed, cluster: "c" } as unknown as ApplicationState;
  const cluster = async () => ({
    resolve: async (apiVersion: string, kind: string) => ({
      group: "",
      version: "v1",
      apiVersion,
      resource: "",
      kind,
      namespaced: true,
      verbs: [],
    }),
    get: async ({ kind }: { kind: string }, _: string, name: string) =>
      lives.find((one) => one.kind === kind && one.metadata.name === name),
  });
  return await differenceOf({ blobs, cluster, editor }, state, {
    managers: [MANAGER],
    startedAt: "2026-01-02T03:04:05.678Z",
  });
}

const MANIFESTS = {
  "deploy/web.yaml": "kind: Deployment # ours\napiVersion: apps/v1\nmetadata: { name: web }\nspec:\n  replicas: 2\n",
  "deploy/gone.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: gone }\ndata: { key: '1' }\n",
  "elsewhere/web.yaml": "kind: Deployment\napiVersion: apps/v1\nmetadata: { name: web }\nspec: { replicas: 2 }\n",
};

describe("the difference", () => {
  test("is what was edited and what is gone; a Secret is only named, without its values", async () => {
    const { edits, skipped } = await difference();
    expect(edits.map(({ key, removed }) => `${key.name} ${removed}`)).toEqual(["gone true", "web false"]);
    expect(skipped).toEqual([{ object: "/Secret/shop/key", message: "values of a Secret are not written to Git" }]);
    expect(JSON.stringify({ edits, skipped })).not.toMatch(/Y2FuYXJ5|sealed/);
  });

  test("leaves out what the same manager wrote before the break-glass began, and lists what was added since", async () => {
    const label = { "f:metadata": { "f:labels": { "f:team": {} } } };
    const entry = { manager: MANAGER, operation: "Update", fieldsV1: label };
    const tell = async (time: string) => {
      const metadata = { labels: { team: "a" }, managedFields: [{ ...entry, time }] };
      const live = object("ConfigMap", "same", { data: { key: "1" } }, metadata);
      const { edits, added } = await difference([live]);
      return { edited: edits.filter(({ key }) => key.name === "same"), added };
    };
    expect(await tell("2026-01-02T03:04:04Z")).toEqual({ edited: [], added: [] });
    const { edited, added } = await tell("2026-01-02T03:04:06Z");
    expect(edited).toMatchObject([{ changes: [{ path: ["f:metadata", "f:labels", "f:team"] }] }]);
    expect(added).toEqual([{ object: "/ConfigMap/shop/same", field: ".metadata.labels.team", managers: [MANAGER] }]);
  });

  test("of plain manifests is written where they stand, in the source's directory only", async () => {
    const { files } = await fileChanges(editor, { source: source(), tree: memoryTree(MANIFESTS) }, await difference());
    expect(files).toMatchObject([
      { path: "deploy/gone.yaml", before: MANIFESTS["deploy/gone.yaml"], after: null },
      {
        path: "deploy/web.yaml",
        before: MANIFESTS["deploy/web.yaml"],
        after: MANIFESTS["deploy/web.yaml"].replace("replicas: 2", "replicas: 5"),
      },
    ]);
  });

  test("names what has no manifest", async () => {
    const tree = memoryTree({ "deploy/web.yaml": MANIFESTS["deploy/web.yaml"] });
    const { skipped } = await fileChanges(editor, { source: source(), tree }, await difference());
    expect(skipped.map((one) => one.object)).toEqual(["/Secret/shop/key", "/ConfigMap/shop/gone"]);
  });

  test("of a kustomization is a patch beside it, once however often it is written", async () => {
    const before = { "deploy/kustomization.yaml": "resources: [web.yaml]\n" };
    const first = await fileChanges(editor, { source: source(), tree: memoryTree(before) }, await difference());
    const after = Object.fromEntries(first.files.map(({ path, after: text }) => [path, text!]));
    expect(Object.keys(after).toSorted()).toEqual([
      "deploy/break-glass-configmap-gone.yaml",
      "deploy/break-glass-deployment-web.yaml",
      "deploy/kustomization.yaml",
    ]);
    const again = await fileChanges(editor, { source: source(), tree: memoryTree(after) }, await difference());
    expect(again.files).toEqual([]);
  });

  test("of a chart is refused", async () => {
    const tree = memoryTree({ "deploy/Chart.yaml": "name: shop\n" });
    await expect(checkSource(source(), tree)).rejects.toMatchObject({ code: "InvalidInput" });
    await expect(checkSource(source({ helm: {} }), memoryTree(MANIFESTS))).rejects.toMatchObject({
      code: "InvalidInput",
    });
    await expect(checkSource(source(), memoryTree(MANIFESTS))).resolves.toBeUndefined();
  });

  const SECRETS = [
    "kind: &k Secret\napiVersion: v1\nmetadata: { name: x }\nstringData: { a: CANARY }\n",
    "kind: !!str Secret\napiVersion: v1\nmetadata: { name: x }\nstringData: { a: CANARY }\n",
    'kind: "\\x53ecret"\napiVersion: v1\nmetadata: { name: x }\nstringData: { a: CANARY }\n',
    "# CANARY\n",
  ];
  test.each(SECRETS)("is shown by objects and fields, without a line of the files: %#", async (secret) => {
    const tree = memoryTree({
      "deploy/all.yaml": `${secret}---\n${MANIFESTS["deploy/web.yaml"]}---\n${MANIFESTS["deploy/gone.yaml"]}`,
    });
    const { edits, skipped } = await difference();
    const { files } = await fileChanges(editor, { source: source(), tree }, { edits, skipped });
    expect(files[0]!.after).toContain("CANARY");
    const shown = shownFiles(files, edits);
    expect(JSON.stringify(shown)).not.toContain("CANARY");
    expect(shown).toEqual([
      {
        ...{ path: "deploy/all.yaml", change: "changed", patches: [] },
        objects: [
          {
            ...{ object: "apps/Deployment/shop/web", change: "changed" },
            fields: [{ path: ".spec.replicas", was: "2", is: "5" }],
          },
          { object: "/ConfigMap/shop/gone", change: "removed", fields: [] },
        ],
      },
    ]);
  });

  test("of a kustomization with an inline patch for a Secret is shown by the names of what is added", async () => {
    const inline = "patches:\n  - patch: '{kind: Secret, apiVersion: v1, stringData: {a: CANARY}}'\n";
    const tree = memoryTree({ "deploy/kustomization.yaml": `resources: [web.yaml]\n${inline}` });
    const { edits, skipped } = await difference();
    const { files } = await fileChanges(editor, { source: source(), tree }, { edits, skipped });
    const shown = shownFiles(files, edits);
    expect(JSON.stringify(shown)).not.toContain("CANARY");
    expect(shown.at(-1)).toEqual({
      ...{ path: "deploy/kustomization.yaml", change: "changed", objects: [] },
      patches: ["break-glass-configmap-gone.yaml", "break-glass-deployment-web.yaml"],
    });
    expect(shown.find(({ path }) => path.endsWith("web.yaml"))).toMatchObject({ change: "created" });
  });
});
