import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RawObject } from "../../../schemas/artifact.ts";
import { HOOK_RUN_ANNOTATION } from "../../../schemas/phases.ts";
import { endJob, hookJob, PartedSync } from "./parted.ts";
import { newNamespace, syncStage, type Stage, type TestApplication } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

const POLICY = "argocd.argoproj.io/hook-delete-policy";
const keep: RawObject = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "keep" } };

async function application(name: string): Promise<TestApplication> {
  return stage.application(name, { namespace: await newNamespace(stage.client, name) });
}
const job = (namespace: string, name: string) => stage.live("batch/v1", "Job", { namespace, name });
const begin = (app: TestApplication, objects: RawObject[], more = {}) => PartedSync.of(stage, app, objects, more);

describe("a hook", () => {
  test("is made once in its phase however often the step is tried, waited for, and owned by nobody", async () => {
    const app = await application("hook-once");
    const sync = await begin(app, [keep, hookJob("migrate", {})]);
    expect(sync.parts).toEqual(["PreSync 0", "Sync 0"]);
    expect(sync.planned.resources).toContain("batch/v1/jobs");
    expect(sync.planned.counts).toMatchObject({ create: 1 });

    expect(await sync.apply("PreSync 0")).toMatchObject({ health: "Progressing", failures: [], interrupted: false });
    const made = await job("hook-once", "migrate");
    expect(made?.metadata.annotations?.[HOOK_RUN_ANNOTATION]).toMatch(/^op-1\/1\/PreSync$/);
    expect(await stage.live("v1", "ConfigMap", { namespace: "hook-once", name: "keep" })).toBeUndefined();

    // The worker was killed before its answer was recorded: the same step comes again, as if for the first time.
    sync.last = undefined;
    expect(await sync.apply("PreSync 0")).toMatchObject({ health: "Progressing" });
    expect((await job("hook-once", "migrate"))?.metadata.uid).toBe(made?.metadata.uid);

    const running = await sync.assess("PreSync 0");
    expect([running.health, running.failures]).toEqual(["Progressing", undefined]);
    await endJob(stage, { namespace: "hook-once", name: "migrate" }, "Complete");
    expect(await sync.assess("PreSync 0")).toMatchObject({ health: "Healthy", failures: [] });
    const done = await sync.apply("Sync 0");
    expect(done).toMatchObject({ health: "Healthy", whole: "Healthy", counts: { create: 1, failed: 0 } });
    expect(done.inventoryBlob.entries.map(({ key }) => key.name)).toEqual(["keep"]);
  });

  test("of an earlier sync is deleted before it is made anew; the plan neither prunes nor compares it", async () => {
    const app = await application("hook-anew");
    const first = await begin(app, [keep, hookJob("migrate", {})]);
    await first.apply("PreSync 0");
    const before = await job("hook-anew", "migrate");
    await endJob(stage, { namespace: "hook-anew", name: "migrate" }, "Complete");
    await first.assess("PreSync 0");
    await first.apply("Sync 0");

    expect(await app.steps([keep, hookJob("migrate", {})])).toEqual(["ConfigMap/keep unchanged Recorded"]);
    const second = await begin(app, [keep, hookJob("migrate", {})]);
    expect(await second.apply("PreSync 0")).toMatchObject({ health: "Progressing" });
    const after = await job("hook-anew", "migrate");
    expect(after?.metadata.uid).not.toBe(before?.metadata.uid);
    // Gone from Git it stays: hooks are never pruned.
    expect(await app.steps([keep])).toEqual(["ConfigMap/keep unchanged Recorded"]);
  });

  test("that is a Job runs anew also when its policy leaves the one before where it was", async () => {
    const app = await application("hook-left");
    const objects = [keep, hookJob("migrate", { [POLICY]: "HookFailed" })];
    const first = await begin(app, objects);
    await first.apply("PreSync 0");
    await endJob(stage, { namespace: "hook-left", name: "migrate" }, "Complete");
    await first.assess("PreSync 0");
    const before = await job("hook-left", "migrate");
    const second = await begin(app, objects);
    expect(await second.apply("PreSync 0")).toMatchObject({ health: "Progressing" });
    expect((await job("hook-left", "migrate"))?.metadata.uid).not.toBe(before?.metadata.uid);
  });

  test("is not run unless the plan is told to", async () => {
    const app = await application("hook-never");
    for (const hooks of ["never", undefined] as const) {
      const planned = await app.plan([keep, hookJob("migrate", {})], { ...(hooks && { hooked: { hooks } }) });
      expect(planned.course).toBeUndefined();
    }
    const writing = await app.plan([keep, hookJob("migrate", {})], { hooked: { hooks: "ifWriting" } });
    expect(writing.course?.waves).toHaveLength(2);
    await app.sync([keep]);
    const idle = await app.plan([keep, hookJob("migrate", {})], { hooked: { hooks: "ifWriting" } });
    expect(idle.course).toBeUndefined();
  });

  test("that failed fails the sync with the Job's own words, once no other hook of the part runs", async () => {
    const app = await application("hook-failed");
    const sync = await begin(app, [keep, hookJob("a", {}), hookJob("b", {})]);
    await sync.apply("PreSync 0");
    await endJob(stage, { namespace: "hook-failed", name: "a" }, "Failed");
    const still = await sync.assess("PreSync 0");
    expect([still.health, still.failures]).toEqual(["Progressing", undefined]);
    await endJob(stage, { namespace: "hook-failed", name: "b" }, "Complete");
    const { failures } = await sync.assess("PreSync 0");
    expect(failures).toEqual([
      {
        object: "batch/Job/hook-failed/a",
        reason: "HookFailed",
        message: "Job has reached the specified backoff limit",
      },
    ]);
  });

  test("that is deleted before it was seen to be done has failed", async () => {
    const app = await application("hook-gone");
    const sync = await begin(app, [hookJob("migrate", {})]);
    await sync.apply("PreSync 0");
    const path = "/apis/batch/v1/namespaces/hook-gone/jobs/migrate?propagationPolicy=Background";
    await stage.servers.cluster.request(path, { method: "DELETE" });
    expect((await sync.assess("PreSync 0")).failures).toMatchObject([{ reason: "HookGone" }]);
  });

  test("never takes an object that no hook made", async () => {
    const app = await application("hook-foreign");
    const path = "/apis/batch/v1/namespaces/hook-foreign/jobs";
    const { apiVersion, kind, spec } = hookJob("migrate", {});
    const body = { apiVersion, kind, metadata: { name: "migrate" }, spec };
    expect((await stage.servers.cluster.request(path, { method: "POST", body })).status).toBe(201);
    const sync = await begin(app, [hookJob("migrate", {})]);
    const { failures } = await sync.apply("PreSync 0");
    expect(failures).toMatchObject([{ reason: "NotOurs", message: expect.stringContaining("rename the hook") }]);
  });

  test("may be of any kind: a ConfigMap is done at once", async () => {
    const app = await application("hook-kind");
    const hook = { ...keep, metadata: { name: "note", annotations: { "sluice.dev/hook": "PostSync" } } };
    const sync = await begin(app, [keep, hook]);
    expect(sync.parts).toEqual(["Sync 0", "PostSync 0"]);
    await sync.apply("Sync 0");
    expect(await sync.apply("PostSync 0")).toMatchObject({ health: "Healthy", counts: { create: 1 } });
    expect(await stage.live("v1", "ConfigMap", { namespace: "hook-kind", name: "note" })).toBeDefined();
  });

  test("with a generated name is found again by the same run and made anew by the next", async () => {
    const app = await application("hook-generated");
    const generated = hookJob("", { "argocd.argoproj.io/hook": "PreSync,PostSync" });
    generated.metadata = { ...generated.metadata, generateName: "report-" } as RawObject["metadata"];
    const jobs = async (): Promise<string[]> => {
      const { body } = await stage.servers.cluster.request("/apis/batch/v1/namespaces/hook-generated/jobs");
      return (body["items"] as RawObject[]).map(({ metadata }) => metadata.name);
    };
    const sync = await begin(app, [keep, generated]);
    await sync.apply("PreSync 0");
    sync.last = undefined;
    await sync.apply("PreSync 0");
    expect(await jobs()).toHaveLength(1);
    await sync.apply("PostSync 0");
    expect(await jobs()).toHaveLength(2);
    const again = await begin(app, [keep, generated]);
    await again.apply("PreSync 0");
    const names = await jobs();
    expect(names).toHaveLength(3);
    for (const name of names) expect(name).toMatch(/^report-[0-9a-f]{8}$/);
  });

  test("that was an ordinary object before is given up by the inventory, and made anew as a hook", async () => {
    const app = await application("hook-turned");
    const { "argocd.argoproj.io/hook": _, ...annotations } = hookJob("migrate", {}).metadata.annotations!;
    const plain = { ...hookJob("migrate", {}), metadata: { name: "migrate", annotations } };
    await app.sync([keep, plain]);
    const before = await job("hook-turned", "migrate");
    const sync = await begin(app, [keep, hookJob("migrate", {})]);
    expect(sync.planned.counts).toMatchObject({ prune: 0, refused: 0 });
    const { inventoryBlob } = await sync.apply("PreSync 0");
    expect((await job("hook-turned", "migrate"))?.metadata.uid).not.toBe(before?.metadata.uid);
    expect(inventoryBlob.entries.map(({ key }) => key.name)).toEqual(["keep"]);
  });
});

describe("a deletion", () => {
  test("runs its own hooks of what was deployed, and takes along what hooks have left", async () => {
    const app = await application("hook-delete");
    const phases = ["PreSync", "PreDelete", "PostDelete"];
    const hooks = phases.map((phase) => hookJob(phase.toLowerCase(), { "argocd.argoproj.io/hook": phase }));
    const hookArtifact = await app.render([keep, ...hooks]);
    const sync = await begin(app, [keep, ...hooks]);
    await sync.apply("PreSync 0");
    await endJob(stage, { namespace: "hook-delete", name: "presync" }, "Complete");
    await sync.assess("PreSync 0");
    await sync.apply("Sync 0");

    const deletion = await PartedSync.of(stage, app, undefined, { kind: "delete", hooked: { hookArtifact } });
    expect(deletion.parts).toEqual(["PreDelete 0", "Prune 0", "PostDelete 0"]);
    await deletion.apply("PreDelete 0");
    expect(await job("hook-delete", "presync")).toBeUndefined();
    expect(await stage.live("v1", "ConfigMap", { namespace: "hook-delete", name: "keep" })).toBeDefined();
    await endJob(stage, { namespace: "hook-delete", name: "predelete" }, "Complete");
    expect(await deletion.assess("PreDelete 0")).toMatchObject({ health: "Healthy", leftovers: true });
    const { inventoryBlob } = await deletion.apply("Prune 0");
    expect(inventoryBlob.entries).toEqual([]);
    expect(await job("hook-delete", "predelete")).toBeUndefined();
    await deletion.apply("PostDelete 0");
    await endJob(stage, { namespace: "hook-delete", name: "postdelete" }, "Complete");
    await deletion.assess("PostDelete 0");
    await deletion.cleanUp();
    expect(await job("hook-delete", "postdelete")).toBeUndefined();
  });
});

describe("the object of a hook", () => {
  test.each([
    ["HookSucceeded", "Complete", true],
    ["HookSucceeded", "Failed", false],
    ["HookFailed", "Failed", true],
    ["HookFailed", "Complete", false],
    ["HookSucceeded,HookFailed", "Failed", true],
    ["BeforeHookCreation", "Complete", false],
  ] as const)("with the policy %s is, after %s, deleted: %s", async (policy, how, deleted) => {
    const namespace = `policy-${policy.toLowerCase().replace(",", "-")}-${how.toLowerCase()}`;
    const app = await application(namespace);
    const sync = await begin(app, [hookJob("migrate", { [POLICY]: policy })]);
    await sync.apply("PreSync 0");
    await endJob(stage, { namespace, name: "migrate" }, how);
    const seen = await sync.assess("PreSync 0");
    expect(seen.leftovers === true).toBe(deleted);
    expect(await job(namespace, "migrate")).toBeDefined();
    const cleaned = await sync.cleanUp();
    expect((await job(namespace, "migrate")) === undefined).toBe(deleted);
    expect(cleaned.leftovers).toBeUndefined();
    // It was recorded how it ended, and a second time deletes nothing more.
    expect(sync.outcome("migrate")?.reason).toBe(how === "Complete" ? "HookSucceeded" : "HookFailed");
    await sync.cleanUp();
  });

  test("that still runs is deleted when its operation is abandoned, and one of the same name made since is not", async () => {
    const app = await application("hook-abandoned");
    const sync = await begin(app, [hookJob("migrate", {})]);
    const { report } = await sync.apply("PreSync 0");
    await sync.cleanUp(true);
    expect(await job("hook-abandoned", "migrate")).toBeUndefined();
    const next = await begin(app, [hookJob("migrate", {})]);
    await next.apply("PreSync 0");
    sync.last = { ...sync.last!, report };
    await sync.cleanUp(true);
    expect(await job("hook-abandoned", "migrate")).toBeDefined();
  });
});
