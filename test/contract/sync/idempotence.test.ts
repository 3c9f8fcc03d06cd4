import { afterAll, beforeAll, expect, test } from "vitest";
import { fieldsDigest } from "../../../domain/sync/field-set.ts";
import { builtinKinds, crdAndObject } from "./builtin-kinds.ts";
import { newNamespace, syncStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

test("a plan after the apply is all unchanged, for every common kind, and an apply of it asks nothing of the server", async () => {
  const namespace = await newNamespace(stage.client, "every-kind");
  const app = stage.application("every-kind", { namespace });
  const objects = [...builtinKinds(namespace), ...crdAndObject("every.example")];

  const first = await app.sync(objects);
  expect(first.failures).toEqual([]);
  expect(first.counts).toMatchObject({ create: objects.length, failed: 0, refused: 0 });

  const again = await app.steps(objects);
  expect(again.filter((step) => !step.includes("unchanged Recorded"))).toEqual([]);
  const second = await app.sync(objects);
  expect(second.inventory).toBe(first.inventory);
  expect(second.counts).toMatchObject({ unchanged: objects.length, create: 0, update: 0 });
});

test("running the same apply twice ends in the same inventory", async () => {
  const app = stage.application("twice");
  const objects = builtinKinds("default").filter(({ kind }) => ["Deployment", "Secret", "Service"].includes(kind));
  const planned = await app.plan(objects);
  const first = await app.apply(planned);
  const second = await app.apply(planned);
  expect(second.inventory).toBe(first.inventory);
  expect(second.failures).toEqual([]);
});

test("the values of Secrets are in no blob and no answer, and a changed value is still seen", async () => {
  const app = stage.application("secretive", { namespace: await newNamespace(stage.client, "secretive") });
  const secret = builtinKinds("x").find(({ kind }) => kind === "Secret");
  if (!secret) throw new Error("no Secret");
  const done = await app.sync([secret]);
  await stage.edit("v1", "Secret", { namespace: "secretive", name: "password" }, (live) => {
    live["data"] = { ...(live["data"] as object), token: Buffer.from("canary-by-hand").toString("base64") };
  });
  expect(await app.steps([secret])).toEqual(["Secret/password update Drifted"]);
  const compared = await app.compare([secret]);
  const everything = [...app.blobs.texts.values(), JSON.stringify(done), JSON.stringify(compared)].join("\n");
  for (const canary of ["canary-data-value", "canary-string-value", "canary-by-hand"]) {
    expect(everything).not.toContain(canary);
    expect(everything).not.toContain(Buffer.from(canary).toString("base64"));
  }
  expect(compared.sync).toBe("OutOfSync");
  await app.sync([secret]);
  const live = await stage.live("v1", "Secret", { namespace: "secretive", name: "password" });
  expect(Buffer.from((live?.["data"] as { token?: string } | undefined)?.token ?? "", "base64").toString()).toBe(
    "canary-data-value",
  );
});

test("a manual edit that takes our fields over is seen by the digest of our fields; fields of others and defaults are not", async () => {
  const namespace = await newNamespace(stage.client, "edited");
  const app = stage.application("edited", { namespace });
  const [deployment] = builtinKinds(namespace);
  if (!deployment) throw new Error("no Deployment");
  const { inventoryBlob } = await app.sync([deployment]);
  const entry = inventoryBlob.entries[0];
  const path = { namespace, name: "web" };
  const digest = async () => {
    const live = await stage.live("apps/v1", "Deployment", path);
    return live && fieldsDigest(live, entry?.fieldSet, stage.digests);
  };
  expect(await digest()).toBe(entry?.fields);

  // Others' fields: an annotation, a member of a map that we left empty, a status, a sidecar's own container.
  await stage.edit("apps/v1", "Deployment", path, (live) => {
    live.metadata.annotations = { ...live.metadata.annotations, other: "theirs" };
    const spec = live["spec"] as { strategy: object; template: { spec: { containers: object[] } } };
    spec.strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 3, maxUnavailable: 0 } };
    spec.template.spec.containers.push({ name: "sidecar", image: "registry.example/sidecar:1" });
  });
  expect(await digest()).toBe(entry?.fields);
  expect(await app.steps([deployment])).toEqual(["Deployment/web unchanged Recorded"]);

  await stage.edit("apps/v1", "Deployment", path, (live) => {
    (live["spec"] as { replicas: number }).replicas = 7;
  });
  expect(await digest()).not.toBe(entry?.fields);
  expect(await app.steps([deployment])).toEqual(["Deployment/web update Drifted"]);
});

test("a manual edit of each kind of owned value is drift: scalar, map entry, item of a keyed list, atomic list, removed member", async () => {
  const namespace = await newNamespace(stage.client, "each-value");
  const app = stage.application("each-value", { namespace });
  const [deployment] = builtinKinds(namespace);
  if (!deployment) throw new Error("no Deployment");
  await app.sync([deployment]);
  type Spec = {
    template: { spec: { containers: { image: string; env: object[]; envFrom: object[]; ports: object[] }[] } };
  };
  const edits: Record<string, (spec: Spec, live: { metadata: { labels?: Record<string, string> } }) => void> = {
    scalar: (spec) => void (spec.template.spec.containers[0]!.image = "registry.example/web:by-hand"),
    "map entry": (_spec, live) => void (live.metadata.labels!["app"] = "other"),
    "item of a keyed list": (spec) => void (spec.template.spec.containers[0]!.env[0] = { name: "A", value: "2" }),
    "removed item of a keyed list": (spec) => void spec.template.spec.containers[0]!.env.splice(1, 1),
    "atomic list": (spec) => void (spec.template.spec.containers[0]!.envFrom = []),
    "removed port": (spec) => void spec.template.spec.containers[0]!.ports.pop(),
  };
  for (const [what, change] of Object.entries(edits)) {
    await stage.edit("apps/v1", "Deployment", { namespace, name: "web" }, (live) => change(live["spec"] as Spec, live));
    expect(await app.steps([deployment]), what).toEqual(["Deployment/web update Drifted"]);
    await app.sync([deployment]);
    expect(await app.steps([deployment]), what).toEqual(["Deployment/web unchanged Recorded"]);
  }
});

test("the difference between an object and what its apply made is empty, for every common kind, by the server's own dry run", async () => {
  const namespace = await newNamespace(stage.client, "compared");
  const app = stage.application("compared", { namespace });
  const objects = [...builtinKinds(namespace), ...crdAndObject("compared.example")];
  await app.sync(objects);
  // Without the inventory nothing is known to be unchanged, so that every object goes through the dry run.
  app.inventory = undefined;
  const compared = await app.compare(objects);
  expect(compared.differing).toEqual([]);
  expect(compared.counts).toMatchObject({ unchanged: objects.length, update: 0 });
});
