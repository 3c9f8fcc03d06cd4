import { afterAll, beforeAll, expect, test } from "vitest";
import type { Comparison } from "../../../schemas/artifact.ts";
import { applyAs, configMap, createAs, managersOf } from "./others.ts";
import { newNamespace, outcomesOf, syncStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

const both = configMap("one", { data: { a: "theirs", b: "1" } });
const live = (namespace: string) => stage.live("v1", "ConfigMap", { namespace, name: "one" });

test("what kubectl applied is taken over: what Git doesn't have goes, now and later, and kubectl's copy of it too", async () => {
  const namespace = await newNamespace(stage.client, "client-side");
  await createAs(stage, "kubectl-client-side-apply", both, namespace);
  const app = stage.application("client-side", { namespace });
  const done = await app.sync([configMap("one", { data: { a: "1", c: "1" } })]);
  expect(outcomesOf(done)).toEqual(["ConfigMap/one applied NotRecorded"]);
  const adopted = await live(namespace);
  expect(adopted?.["data"]).toEqual({ a: "1", c: "1" });
  expect(managersOf(adopted)).toEqual(["sluice Apply"]);
  expect(Object.keys(adopted?.metadata.annotations ?? {})).toEqual(["sluice.dev/tracking-id"]);
  expect(await app.steps([configMap("one", { data: { a: "1", c: "1" } })])).toEqual([
    "ConfigMap/one unchanged Recorded",
  ]);
  await app.sync([configMap("one", { data: { a: "1" } })]);
  expect((await live(namespace))?.["data"]).toEqual({ a: "1" });
});

test("kubectl's server-side apply, create and replace are taken over as well", async () => {
  const namespace = await newNamespace(stage.client, "server-side");
  await applyAs(stage, "kubectl", both, namespace);
  await createAs(stage, "kubectl-create", configMap("two", { data: { a: "1", b: "1" } }), namespace);
  const app = stage.application("server-side", { namespace });
  const done = await app.sync([configMap("one"), configMap("two")]);
  expect(done.failures).toEqual([]);
  expect((await live(namespace))?.["data"]).toEqual({ a: "1" });
  const two = await stage.live("v1", "ConfigMap", { namespace, name: "two" });
  expect(two?.["data"]).toEqual({ a: "1" });
  expect(managersOf(two)).toEqual(["sluice Apply"]);
});

test("an owned object that somebody applies with kubectl by hand is ours alone after the next apply", async () => {
  const namespace = await newNamespace(stage.client, "by-hand");
  const app = stage.application("by-hand", { namespace });
  await app.sync([configMap("one", { data: { a: "1", b: "1" } })]);
  await stage.servers.cluster.request(
    `/api/v1/namespaces/${namespace}/configmaps/one?fieldManager=kubectl-client-side-apply`,
    { method: "PATCH", contentType: "application/merge-patch+json", body: { data: { a: "2", extra: "x" } } },
  );
  await app.sync([configMap("one", { data: { a: "1" } })]);
  expect((await live(namespace))?.["data"]).toEqual({ a: "1" });
});

test("ClientSideApplyMigration=false leaves their fields theirs, which conflict where they differ and stay where Git has none", async () => {
  const namespace = await newNamespace(stage.client, "not-migrated");
  await createAs(stage, "kubectl-client-side-apply", both, namespace);
  const app = stage.application("not-migrated", { namespace, syncOptions: ["ClientSideApplyMigration=false"] });
  const refused = await app.sync([configMap("one")]);
  expect(refused.reportBlob.outcomes[0]?.conflicts).toEqual([
    { manager: "kubectl-client-side-apply", field: ".data.a" },
  ]);
  expect(outcomesOf(await app.sync([configMap("one")], { options: { force: true } }))).toEqual([
    "ConfigMap/one applied ApplyUnrecorded",
  ]);
  expect((await live(namespace))?.["data"]).toEqual({ a: "1", b: "1" });
});

test.each(["argocd.argoproj.io", "sluice.dev"])(
  "another client-side applier is named by %s/client-side-apply-migration-manager",
  async (prefix) => {
    const namespace = await newNamespace(stage.client, `named-${prefix.split(".")[0]}`);
    await createAs(stage, "our-own-tool", both, namespace);
    const annotations = { [`${prefix}/client-side-apply-migration-manager`]: "our-own-tool" };
    const app = stage.application(namespace, { namespace });
    const done = await app.sync([configMap("one", { annotations })]);
    expect(done.failures).toEqual([]);
    expect((await live(namespace))?.["data"]).toEqual({ a: "1" });
  },
);

test("`ssa: Merge` keeps what others wrote", async () => {
  const namespace = await newNamespace(stage.client, "merge");
  await createAs(stage, "kubectl-client-side-apply", configMap("one", { data: { a: "1", b: "1" } }), namespace);
  const app = stage.application("merge", { namespace });
  const merged = configMap("one", { annotations: { "kustomize.toolkit.fluxcd.io/ssa": "Merge" } });
  expect(outcomesOf(await app.sync([merged]))).toEqual(["ConfigMap/one applied NotRecorded"]);
  expect((await live(namespace))?.["data"]).toEqual({ a: "1", b: "1" });
});

test("a comparison shows what taking over removes, and a conflict with who is taken over is none", async () => {
  const namespace = await newNamespace(stage.client, "foretold");
  await createAs(stage, "kubectl-client-side-apply", both, namespace);
  const app = stage.application("foretold", { namespace });
  const { comparison } = await app.compare([configMap("one")]);
  const { objects } = await app.blobs.getJson<Comparison>(comparison);
  expect(objects[0]?.conflicts).toBeUndefined();
  expect(objects[0]?.live?.["data"]).toEqual({ a: "theirs", b: "1" });
  expect(objects[0]?.desired?.["data"]).toEqual({ a: "1" });
  expect(Object.keys(objects[0]?.desired?.metadata.annotations ?? {})).toEqual(["sluice.dev/tracking-id"]);
});
