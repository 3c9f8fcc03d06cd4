import { afterAll, beforeAll, expect, test } from "vitest";
import { pause } from "../../../activities/until.ts";
import type { RawObject } from "../../../schemas/artifact.ts";
import { newNamespace, outcomesOf, served, syncStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

const annotated = (options?: string) =>
  options === undefined ? {} : { annotations: { "argocd.argoproj.io/sync-options": options } };
const job = (image: string, options?: string): RawObject => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name: "once", ...annotated(options) },
  spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "main", image }] } } },
});
const secret = (value: string): RawObject => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "fixed" },
  immutable: true,
  data: { value: Buffer.from(value).toString("base64") },
});
const claim = (storageClassName: string, options?: string): RawObject => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "data", ...annotated(options) },
  spec: { accessModes: ["ReadWriteOnce"], storageClassName, resources: { requests: { storage: "1Gi" } } },
});

test("what is refused as immutable fails, and Force=true deletes and creates it anew", async () => {
  const namespace = await newNamespace(stage.client, "immutable");
  const app = stage.application("immutable", { namespace });
  const first = await app.sync([job("example/job:1"), secret("canary-one")]);
  const refused = await app.sync([job("example/job:2"), secret("canary-two")]);
  expect(outcomesOf(refused)).toEqual(["Secret/fixed failed ApplyFailed", "Job/once failed ApplyFailed"]);

  const done = await app.sync([job("example/job:2"), secret("canary-two")], { options: { force: true } });
  expect(outcomesOf(done)).toEqual(["Secret/fixed applied Immutable", "Job/once applied Immutable"]);
  expect(done.counts).toMatchObject({ recreate: 2, failed: 0 });
  expect(JSON.stringify([refused, done])).not.toContain("canary");
  const uids = ({ inventoryBlob }: typeof done) => inventoryBlob.entries.map(({ uid }) => uid);
  expect(uids(done).some((uid) => uids(first).includes(uid))).toBe(false);
  const steps = await app.steps([job("example/job:2"), secret("canary-two")]);
  expect(steps).toEqual(["Secret/fixed unchanged Recorded", "Job/once unchanged Recorded"]);
});

test("it is asked for by the application, by the object, and by Flux's annotation", async () => {
  const namespace = await newNamespace(stage.client, "asked");
  const app = stage.application("asked", { namespace });
  await app.sync([job("example/job:1")]);
  const done = await app.sync([job("example/job:2", "Force=true")]);
  expect(outcomesOf(done)).toEqual(["Job/once applied Immutable"]);
  const flux = job("example/job:3");
  flux.metadata.annotations = { "kustomize.toolkit.fluxcd.io/force": "Enabled" };
  expect(outcomesOf(await app.sync([flux]))).toEqual(["Job/once applied Immutable"]);
  app.configure({ syncOptions: ["Force=true"] });
  expect(outcomesOf(await app.sync([job("example/job:4")]))).toEqual(["Job/once applied Immutable"]);
  expect(outcomesOf(await app.sync([job("example/job:5", "Force=false")]))).toEqual(["Job/once failed ApplyFailed"]);
});

test("what holds data is not deleted on the word of the application, only on its own", async () => {
  const namespace = await newNamespace(stage.client, "data");
  const app = stage.application("data", { namespace, syncOptions: ["Force=true"] });
  await app.sync([claim("slow")]);
  const before = await stage.live("v1", "PersistentVolumeClaim", { namespace, name: "data" });
  expect(outcomesOf(await app.sync([claim("fast")]))).toEqual(["PersistentVolumeClaim/data failed ApplyFailed"]);
  const kept = await stage.live("v1", "PersistentVolumeClaim", { namespace, name: "data" });
  expect(kept?.metadata.uid).toBe(before?.metadata.uid);
  expect(kept?.metadata["deletionTimestamp"]).toBeUndefined();
  const clear = { namespace, name: "data" };
  await stage.edit("v1", "PersistentVolumeClaim", clear, (object) => void delete object.metadata["finalizers"]);
  const done = await app.sync([claim("fast", "Force=true")]);
  expect(outcomesOf(done)).toEqual(["PersistentVolumeClaim/data applied Immutable"]);
});

test("an object that is wrong in another way is never deleted", async () => {
  const namespace = await newNamespace(stage.client, "wrong");
  const app = stage.application("wrong", { namespace, syncOptions: ["Force=true"] });
  await app.sync([job("example/job:1")]);
  const before = await stage.live("batch/v1", "Job", { namespace, name: "once" });
  const wrong = job("example/job:2");
  (wrong["spec"] as { parallelism: number }).parallelism = -1;
  expect(outcomesOf(await app.sync([wrong]))).toEqual(["Job/once failed ApplyFailed"]);
  const after = await stage.live("batch/v1", "Job", { namespace, name: "once" });
  expect(after?.metadata.uid).toBe(before?.metadata.uid);
});

test("an operation that has to stop in the middle leaves no object deleted", async () => {
  const namespace = await newNamespace(stage.client, "stopped");
  const app = stage.application("stopped", { namespace, syncOptions: ["Force=true"] });
  await app.sync([job("example/job:1")]);
  const path = { namespace, name: "once" };
  await stage.edit("batch/v1", "Job", path, (live) => void (live.metadata["finalizers"] = ["example.com/held"]));
  const planned = await app.plan([job("example/job:2")]);
  const controller = new AbortController();
  let letGo: Promise<unknown> = Promise.resolve();
  const remove = stage.client.delete.bind(stage.client);
  stage.client.delete = async (...parameters) => {
    const answer = await remove(...parameters);
    controller.abort();
    // It is still there when the operation is told to stop.
    letGo = pause(400).then(() =>
      stage.edit("batch/v1", "Job", path, (live) => void delete live.metadata["finalizers"]),
    );
    return answer;
  };
  const done = await app.apply(planned, controller.signal).finally(() => (stage.client.delete = remove));
  await letGo;
  expect(outcomesOf(done)).toEqual(["Job/once applied Immutable"]);
  const live = await stage.live("batch/v1", "Job", path);
  expect(JSON.stringify(live?.["spec"])).toContain("example/job:2");
});

test("a worker that dies between the delete and the create: the next attempt creates", async () => {
  const namespace = await newNamespace(stage.client, "died");
  const app = stage.application("died", { namespace, syncOptions: ["Force=true"] });
  await app.sync([job("example/job:1")]);
  const planned = await app.plan([job("example/job:2")]);
  const live = await stage.live("batch/v1", "Job", { namespace, name: "once" });
  const kind = await served(stage.client, "batch/v1", "Job");
  await stage.client.delete(kind, namespace, "once", { uid: live?.metadata.uid ?? "" });
  expect(outcomesOf(await app.apply(planned))).toEqual(["Job/once applied DesiredChanged"]);
  expect(await app.steps([job("example/job:2")])).toEqual(["Job/once unchanged Recorded"]);
});
