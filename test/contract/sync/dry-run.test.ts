import { afterAll, beforeAll, expect, test } from "vitest";
import { createDryRun } from "../../../activities/dry-run.ts";
import type { RawObject, Report } from "../../../schemas/artifact.ts";
import { configMap, createAs } from "./others.ts";
import { newNamespace, outcomesOf, syncStage, type More, type Stage, type TestApplication } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

const job = (image: string): RawObject => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name: "once" },
  spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "main", image }] } } },
});

async function dryRun(app: TestApplication, objects: readonly RawObject[], more: More): Promise<string[]> {
  const { client, open, digests } = stage;
  const run = createDryRun({ blobs: app.blobs, cluster: async () => client, open, digests });
  const { plan } = await app.plan(objects, more);
  const { report } = await run({ plan, signal: new AbortController().signal });
  const { outcomes } = await app.blobs.getJson<Report>(report);
  return outcomes.map(({ key, result, reason }) => `${key.kind}/${key.name} ${result} ${reason}`);
}

/** Everything in a namespace, as it is. */
async function everything(namespace: string): Promise<string[]> {
  const paths = [`/api/v1/namespaces/${namespace}/configmaps`, `/apis/batch/v1/namespaces/${namespace}/jobs`];
  const lists = await Promise.all(
    paths.map((path) => stage.servers.cluster.request<{ items: RawObject[] }>(path).then(({ body }) => body.items)),
  );
  return lists.flat().map(({ metadata }) => `${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`);
}

test.each<[string, RawObject[], RawObject[], More]>([
  ["an adoption", [], [configMap("one")], {}],
  ["what is immutable", [job("example/job:1")], [job("example/job:2")], { options: { force: true } }],
  ["a replacement", [configMap("two")], [configMap("two", { data: { a: "2" } })], { options: { replace: true } }],
  [
    "a deletion and creation",
    [configMap("two")],
    [configMap("two", { data: { a: "2" } })],
    { options: { replace: true, force: true } },
  ],
  [
    "a merge of our own",
    [configMap("two")],
    [configMap("two", { data: { a: "2" } }), configMap("three")],
    { options: { syncOptions: ["ServerSideApply=false"] } },
  ],
  ["what nobody is to take over", [], [configMap("one")], { options: { syncOptions: ["Adopt=false"] } }],
])("a dry run of %s says what a run then does, and writes nothing", async (what, before, after, more) => {
  const namespace = await newNamespace(stage.client, what.replaceAll(/[^a-z]+/g, "-"));
  await createAs(stage, "kubectl-client-side-apply", configMap("one", { data: { a: "x", b: "y" } }), namespace);
  const app = stage.application(namespace, { namespace });
  if (before.length > 0) await app.sync(before);
  const state = await everything(namespace);
  const foretold = await dryRun(app, after, more);
  expect(await everything(namespace)).toEqual(state);
  expect(foretold).toEqual(outcomesOf(await app.sync(after, more)));
});

test("a dry run names the hooks that the sync would run, and runs none", async () => {
  const namespace = await newNamespace(stage.client, "dry-hooks");
  const app = stage.application(namespace, { namespace });
  const hook = job("example/job:1");
  hook.metadata.annotations = { "argocd.argoproj.io/hook": "PreSync" };
  const { client, open, digests } = stage;
  const run = createDryRun({ blobs: app.blobs, cluster: async () => client, open, digests });
  const { plan } = await app.plan([hook, configMap("one")], { hooked: { hooks: "always" } });
  const { report, counts } = await run({ plan, signal: new AbortController().signal });
  const { outcomes } = await app.blobs.getJson<Report>(report);
  expect(outcomes).toContainEqual(
    expect.objectContaining({ key: expect.objectContaining({ name: "once" }), hook: "PreSync", result: "pending" }),
  );
  expect(counts).toMatchObject({ create: 1, failed: 0 });
  expect(await everything(namespace)).not.toContainEqual(expect.stringContaining("once"));
});
