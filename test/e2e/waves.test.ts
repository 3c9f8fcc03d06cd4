import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GitFixture } from "../../adapters/embedded/index.ts";
import type { AnyObject } from "../../adapters/embedded/kubernetes/api-client.ts";
import type { ApplicationObject } from "../../schemas/api/objects.ts";
import { application, configMap, deployment } from "../fixtures/configuration.ts";
import { hook, inWave, jobsIn } from "../fixtures/hooks.ts";
import { Stack, until } from "../fixtures/stack.ts";

/** Phases, waves, hooks, retries and confirmations on real servers, with the controllers of Jobs and Deployments. */

let stack: Stack;
let repoURL: string;
let git: GitFixture;

beforeAll(async () => {
  stack = await Stack.start();
  await stack.prepare();
  ({ url: repoURL, fixture: git } = await stack.addRepository("apps"));
}, 240_000);
afterAll(() => stack?.stop());

type SyncPolicy = NonNullable<Parameters<typeof application>[2]>["syncPolicy"];

/** Commits an application's files and makes the application, which is synced by that. */
async function made(
  name: string,
  files: Record<string, string>,
  syncPolicy: Partial<SyncPolicy> = {},
): Promise<string> {
  const paths = Object.entries(files).map(([file, text]) => [`${name}/${file}.yaml`, text]);
  const revision = await git.commit(Object.fromEntries(paths), name);
  const policy = { automated: { prune: true }, syncOptions: ["CreateNamespace=true"], ...syncPolicy };
  await stack.apply(application(name, { repoURL, path: name }, { syncPolicy: policy as SyncPolicy }));
  return revision;
}

const live = async (path: string): Promise<AnyObject | undefined> => {
  const { status, body } = await stack.cluster().request(path);
  return status === 200 ? body : undefined;
};
const status = async (name: string): Promise<ApplicationObject["status"]> => (await stack.application(name)).status;
const lastOf = (name: string): Promise<NonNullable<ApplicationObject["status"]["last"]>> =>
  until(`${name} to end`, async () => (await status(name)).last, 60_000);
const second = (text: unknown): number => Date.parse(String(text)) / 1_000;

describe("a sync with waves and hooks", () => {
  it(
    "goes phase by phase and wave by wave, each begun when the one before is healthy",
    { timeout: 120_000 },
    async () => {
      const began = performance.now();
      const revision = await made("ordered", {
        before: hook("before", "PreSync", { takes: "2s" }),
        api: deployment("api"),
        later: inWave(1, configMap("later", { a: "1" })),
        after: hook("after", "PostSync", { takes: "1s" }),
      });
      const { last, health } = (await stack.deployed("ordered", revision)).status;
      // Far below the timer that would look at health without a word from the watch.
      expect(performance.now() - began).toBeLessThan(25_000);
      expect([last?.result, health.status]).toEqual(["Succeeded", "Healthy"]);

      const [before, after] = await Promise.all(
        ["before", "after"].map((name) => live(`/apis/batch/v1/namespaces/ordered/jobs/${name}`)),
      );
      const api = await live("/apis/apps/v1/namespaces/ordered/deployments/api");
      const later = await live("/api/v1/namespaces/ordered/configmaps/later");
      expect(second(before?.status.completionTime)).toBeLessThanOrEqual(second(api?.metadata.creationTimestamp));
      expect(second(before?.metadata.creationTimestamp)).toBeLessThan(second(api?.metadata.creationTimestamp));
      const available = (api?.status.conditions as AnyObject[] | undefined)?.find(({ type }) => type === "Available");
      expect(second(available?.lastTransitionTime)).toBeLessThanOrEqual(second(later?.metadata.creationTimestamp));
      expect(second(later?.metadata.creationTimestamp)).toBeLessThanOrEqual(second(after?.metadata.creationTimestamp));
      expect(after?.status.succeeded).toBe(1);
      const { body } = await stack.api<{ items: { kind: string }[] }>("GET", "/applications/ordered/resources");
      expect(body.items.map(({ kind }) => kind).toSorted()).toEqual(["ConfigMap", "Deployment"]);
    },
  );

  it("that changes nothing runs no hook unless somebody asked for it", { timeout: 90_000 }, async () => {
    const [before] = await jobsIn(stack, "ordered");
    await git.commit({ "elsewhere.md": String(Date.now()) }, "elsewhere");
    await stack.outcome(await stack.deliver("apps"));
    expect((await jobsIn(stack, "ordered"))[0]?.metadata.uid).toBe(before?.metadata.uid);
    const { body } = await stack.api<{ operation: string }>("POST", "/applications/ordered/sync", {});
    expect((await stack.ended("ordered", body.operation)).result).toBe("Succeeded");
    const anew = (await jobsIn(stack, "ordered")).find(({ metadata }) => metadata.name === before?.metadata.name);
    expect(anew?.metadata.uid).not.toBe(before?.metadata.uid);
    expect(anew?.metadata.annotations["sluice.dev/hook-run"]).toContain(body.operation);
  });

  it(
    "stops at a hook that fails, says so in the Job's words, and runs the hook for that",
    { timeout: 90_000 },
    async () => {
      await made("failing", {
        before: hook("before", "PreSync", { fails: true, policy: "HookFailed" }),
        tell: hook("tell", "SyncFail"),
        map: configMap("never", {}),
      });
      const last = await lastOf("failing");
      expect(last).toMatchObject({ result: "Failed", code: "HookFailed" });
      expect(last.message).toMatch(/^a hook failed: batch\/Job\/failing\/before: .*backoff/i);
      expect(await live("/api/v1/namespaces/failing/configmaps/never")).toBeUndefined();
      const jobs = await jobsIn(stack, "failing");
      expect(jobs.map(({ metadata, status: of }) => [metadata.name, of.succeeded])).toEqual([["tell", 1]]);
    },
  );

  it("makes way for a newer commit while a hook runs, and deletes what was running", { timeout: 90_000 }, async () => {
    await made("superseded", { slow: hook("slow", "PreSync", { takes: "10m" }), map: configMap("map", { v: "1" }) });
    const slow = await until("the hook to run", async () => (await jobsIn(stack, "superseded"))[0]);
    const files = { "superseded/slow.yaml": hook("slow", "PreSync", { takes: "100ms" }) };
    const revision = await git.commit(files, "faster");
    await stack.deliver("apps");
    await stack.deployed("superseded", revision);
    const [now] = await jobsIn(stack, "superseded");
    expect(now?.metadata.uid).not.toBe(slow.metadata.uid);
    const operations = await stack.operations("superseded");
    expect(operations.map(({ result }) => result)).toEqual(["Succeeded", "Superseded"]);
  });

  it("is ended at once by an operator while a hook runs", { timeout: 90_000 }, async () => {
    await made("ended", { slow: hook("slow", "PreSync", { takes: "10m" }), map: configMap("map", {}) });
    await until("the hook to run", async () => (await jobsIn(stack, "ended"))[0]);
    await stack.api("POST", "/applications/ended/terminate", {});
    expect((await lastOf("ended")).result).toBe("Terminated");
    await until("the hook to go", async () => (await jobsIn(stack, "ended")).length === 0);
    expect(await live("/api/v1/namespaces/ended/configmaps/map")).toBeUndefined();
  });
});

describe("a Helm chart", () => {
  it("has its hooks run by weight before the rest, and its tests left alone", { timeout: 90_000 }, async () => {
    const helm = (name: string, annotations: Record<string, string>): string => {
      const object = JSON.parse(hook(name, "Sync")) as AnyObject;
      return JSON.stringify({ ...object, metadata: { name, annotations } });
    };
    const install = { "helm.sh/hook": "pre-install,pre-upgrade" };
    const revision = await made("helmed", {
      Chart: JSON.stringify({ apiVersion: "v2", name: "helmed", version: "1.0.0" }),
      "templates/second": helm("second", { ...install, "helm.sh/hook-weight": "5" }),
      "templates/first": helm("first", { ...install, "helm.sh/hook-weight": "-5" }),
      "templates/gone": helm("gone", { ...install, "helm.sh/hook-delete-policy": "hook-succeeded" }),
      "templates/test": helm("test", { "helm.sh/hook": "test" }),
      "templates/map": configMap("map", {}),
    });
    await stack.deployed("helmed", revision);
    const jobs = (await jobsIn(stack, "helmed")).filter(({ metadata }) => !metadata.deletionTimestamp);
    expect(jobs.map(({ metadata, status: of }) => [metadata.name, of.succeeded])).toEqual([
      ["first", 1],
      ["second", 1],
    ]);
    const map = await live("/api/v1/namespaces/helmed/configmaps/map");
    const [first, other] = jobs;
    expect(second(first?.status.completionTime)).toBeLessThanOrEqual(second(other?.metadata.creationTimestamp));
    expect(second(other?.status.completionTime)).toBeLessThanOrEqual(second(map?.metadata.creationTimestamp));
  });
});

describe("what is malformed", () => {
  it(
    "is refused with the object, the annotation and the nearest name, and nothing is applied",
    { timeout: 60_000 },
    async () => {
      await made("misspelt", { a: hook("a", "PreSinc"), b: configMap("b", {}) });
      const last = await lastOf("misspelt");
      expect(last).toMatchObject({ result: "Failed", code: "RenderFailed" });
      expect(last.message).toContain("annotation argocd.argoproj.io/hook of batch/Job/misspelt/a");
      expect(last.message).toContain("did you mean PreSync?");
    },
  );
});

describe("a failed sync with retries", () => {
  it("is tried again in the same operation until it succeeds", { timeout: 90_000 }, async () => {
    const widget = JSON.stringify({ apiVersion: "example.dev/v1", kind: "Widget", metadata: { name: "w" } });
    const retry = { limit: -1, backoff: { duration: "200ms", factor: 1, maxDuration: "1s" } };
    const revision = await made("retried", { widget, map: configMap("map", {}) }, { retry } as Partial<SyncPolicy>);
    const backing = await until("a retry", async () => (await status("retried")).retry);
    expect(backing).toMatchObject({ code: "ApplyFailed", message: expect.stringContaining("Widget") });
    expect((await status("retried")).last).toBeUndefined();
    await stack
      .cluster()
      .request("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", { method: "POST", body: WIDGETS });
    const { last } = (await stack.deployed("retried", revision)).status;
    expect(last).toMatchObject({ result: "Succeeded", attempts: expect.any(Number) });
    expect((await status("retried")).retry).toBeUndefined();
    expect(await stack.operations("retried")).toHaveLength(1);
  });
});

const WIDGETS = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.dev" },
  spec: {
    group: "example.dev",
    names: { kind: "Widget", plural: "widgets" },
    scope: "Namespaced",
    versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
  },
};

describe("a guarded prune", () => {
  it("waits for an operator's yes and is carried out then", { timeout: 90_000 }, async () => {
    const precious = JSON.parse(configMap("precious", {})) as AnyObject;
    precious.metadata.annotations = { "argocd.argoproj.io/sync-options": "Prune=confirm" };
    const first = await made("guarded", { keep: configMap("keep", {}), precious: JSON.stringify(precious) });
    await stack.deployed("guarded", first);
    expect((await stack.api("POST", "/applications/guarded/confirm", {})).status).toBe(409);

    const revision = await git.commit({ "guarded/precious.yaml": null }, "without it");
    await stack.deliver("apps");
    const asked = await until("the question", async () => (await status("guarded")).confirmation);
    expect(asked).toMatchObject({ count: 1, objects: [{ object: "/ConfigMap/guarded/precious" }] });
    expect(await live("/api/v1/namespaces/guarded/configmaps/precious")).toBeDefined();
    expect((await stack.api("POST", "/applications/guarded/confirm", { operation: "another" })).status).toBe(409);
    expect((await stack.api("POST", "/applications/guarded/confirm", {})).status).toBe(202);
    await stack.deployed("guarded", revision);
    expect(await live("/api/v1/namespaces/guarded/configmaps/precious")).toBeUndefined();
    const types = (await stack.events("guarded")).map(({ type }) => type);
    expect(types.filter((type) => type.startsWith("Prune"))).toEqual(["PruneConfirmationRequested", "PruneConfirmed"]);
  });
});

describe("a deletion", () => {
  it("runs the hooks before it and after it, and stays when one fails", { timeout: 120_000 }, async () => {
    const files = { map: configMap("map", {}), before: hook("before", "PreDelete", { fails: true }) };
    const revision = await made("deleted", { ...files, after: hook("after", "PostDelete") });
    await stack.deployed("deleted", revision);
    expect(await jobsIn(stack, "deleted")).toEqual([]);

    await stack.api("DELETE", "/applications/deleted");
    await until("the deletion to fail", async () => (await status("deleted")).last?.code === "HookFailed");
    expect(await live("/api/v1/namespaces/deleted/configmaps/map")).toBeDefined();

    const fixed = await git.commit({ "deleted/before.yaml": hook("before", "PreDelete") }, "a hook that works");
    await stack.deliver("apps");
    await until("the fix to be compared", async () => (await status("deleted")).deployed?.revision === fixed);
    await stack.api("DELETE", "/applications/deleted");
    await until("the application to go", async () => (await stack.api("GET", "/applications/deleted")).status === 404);
    expect(await live("/api/v1/namespaces/deleted/configmaps/map")).toBeUndefined();
    expect((await jobsIn(stack, "deleted")).filter(({ metadata }) => !metadata.deletionTimestamp)).toEqual([]);
  });
});
