import { describe, expect, test } from "vitest";
import { createAct, type ActCluster } from "../../activities/act.ts";
import { createRevert, type RevertCommit } from "../../activities/revert.ts";
import { createSettle } from "../../activities/settle.ts";
import type { StepContext } from "../../activities/steps.ts";
import { storedVersion } from "../../activities/stored.ts";
import type { Outcome } from "../../domain/application/command.ts";
import type { ActionRequest } from "../../schemas/action.ts";
import type { Inventory, RawObject } from "../../schemas/artifact.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { OperationRequest } from "../../schemas/operation.ts";
import { begin, deploy, goBack, type Played, played } from "../domain/rollback/played.ts";

const NOW = "2026-01-01T00:00:02.000Z";
const context: StepContext = { signal: new AbortController().signal, heartbeat: () => undefined, progress: undefined };
const manual = { type: "manual", actor: { kind: "user", name: "ada" }, cause: "intake/1" } as const;

const ports = (app: Played) => ({
  applications: { load: async () => app.state(), execute: async (_: string, command: never) => app.run(command) },
  now: () => NOW,
  recorded: () => undefined,
});
const request = (more: Partial<OperationRequest> = {}): OperationRequest => ({
  ...{ operation: "rollback-a", kind: "rollback", trigger: manual, requestedAt: "2026-01-01T00:00:00.000Z" },
  ...more,
});

describe("settle", () => {
  const failed = () => {
    const app = played({ onSyncFailed: true });
    deploy(app, "a");
    app.run(begin("b"));
    const outcome = {
      result: "Failed",
      code: "ApplyFailed",
      message: "no",
      failures: [],
      report: "report",
    } satisfies Outcome;
    return { app, ends: [{ request: request({ operation: "sync-b", kind: "sync" }), outcome }] };
  };

  test("says what the ledger wants next, also when it is asked again after its answer was lost", async () => {
    const { app, ends } = failed();
    const settle = createSettle(ports(app));
    const first = await settle({ application: "web", ends }, context);
    expect(first).toMatchObject({ next: { kind: "rollback", target: "sync-a", trigger: { type: "rollback" } } });
    expect(await settle({ application: "web", ends }, context)).toEqual(first);
    expect(app.types().filter((type) => type === "RollbackRequested")).toHaveLength(1);
  });

  test("wants nothing once the rollback has begun", async () => {
    const { app, ends } = failed();
    const settle = createSettle(ports(app));
    const { next } = (await settle({ application: "web", ends }, context)) ?? {};
    goBack(app, "a", next?.operation);
    expect(await settle({ application: "web", ends }, context)).toEqual({});
  });
});

describe("the stored version", () => {
  const app = played();
  deploy(app, "a");
  deploy(app, "b");

  test.each([
    ["of a rollback is its target", request({ target: "sync-a" }), "sync-a"],
    ["of a rollback without one is the version before", request(), "sync-a"],
    ["of a sync is none", request({ kind: "sync" }), undefined],
    [
      "of drift is none while nothing is excluded",
      request({ kind: "sync", trigger: { ...manual, type: "drift" } }),
      undefined,
    ],
  ])("%s", (_what, asked, operation) => {
    expect(storedVersion(asked, app.state(), "prod")?.operation).toBe(operation);
  });

  test("of drift under a rolled back application is what it was rolled back to", () => {
    const back = played();
    for (const letter of ["a", "b"]) deploy(back, letter);
    goBack(back, "a");
    const drift = request({ kind: "sync", trigger: { ...manual, type: "drift" } });
    expect(storedVersion(drift, back.state(), "prod")).toMatchObject({ artifact: "artifact-a" });
    expect(storedVersion({ ...drift, trigger: manual }, back.state(), "prod")).toBeUndefined();
  });

  test("that is not kept, or of another cluster, is refused", () => {
    expect(() => storedVersion(request({ target: "nothing" }), app.state(), "prod")).toThrow(/nothing is kept/);
    expect(() => storedVersion(request({ target: "sync-a" }), app.state(), "staging")).toThrow(/cluster prod/);
    expect(() => storedVersion(request(), played().state(), "prod")).toThrow(/no earlier version/);
  });
});

describe("a revert commit", () => {
  const world = (answer: () => Promise<{ branch: string; commit: string; result: "pushed" }>) => {
    const app = played();
    deploy(app, "a");
    deploy(app, "b");
    const asked: RevertCommit[] = [];
    const revert = createRevert({
      ...ports(app),
      commits: {
        revert: (commit) => {
          asked.push(commit);
          return answer();
        },
      },
    });
    const run = () =>
      revert(
        { application: "web", request: request({ target: "sync-a", options: { revert: { branch: "x" } } }) },
        context,
      );
    return { app, asked, run };
  };

  test("is of the target's revision, and made once", async () => {
    const { app, asked, run } = world(async () => ({ branch: "x", commit: "c0ffee", result: "pushed" }));
    await run();
    await run();
    expect(asked).toMatchObject([
      { revision: "revision-a", branch: "x", operation: "rollback-a", actor: "ada", at: "2026-01-01T00:00:00.000Z" },
    ]);
    expect(app.events().at(-1)).toMatchObject({
      type: "RevertPushed",
      data: { commit: "c0ffee", revision: "revision-a", repoURL: "https://git.example/team/apps.git" },
    });
  });

  test("that fails is on record; what may pass is thrown, said once, and made good", async () => {
    const errors = [new SluiceError("SourceUnavailable", "away"), new SluiceError("SourceUnavailable", "away")];
    const { app, run } = world(async () => {
      const error = errors.pop();
      if (error) throw error;
      return { branch: "x", commit: "c0ffee", result: "pushed" };
    });
    await expect(run()).rejects.toThrow("away");
    await expect(run()).rejects.toThrow("away");
    await run();
    expect(app.types().slice(-2)).toEqual(["RevertFailed", "RevertPushed"]);
  });

  test("that is refused is only recorded", async () => {
    const { app, run } = world(async () => {
      throw new SluiceError("SourceForbidden", "no push", { next: "name another branch" });
    });
    await run();
    expect(app.events().at(-1)?.data).toMatchObject({
      code: "SourceForbidden",
      message: "no push name another branch",
    });
  });
});

describe("act", () => {
  const key = { group: "apps", kind: "Deployment", namespace: "shop", name: "web" };
  const inventory = { entries: [{ key, apiVersion: "apps/v1" }] } as unknown as Inventory;
  const live: RawObject = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "shop", uid: "uid-1" },
  };
  const asked = (more: Partial<ActionRequest> = {}): ActionRequest => ({
    ...{ id: "action-1", action: "restart", object: key, parameters: {} },
    ...{ actor: manual.actor, requestedAt: "2026-01-01T00:00:00Z" },
    ...more,
  });

  function world(cluster: Partial<ActCluster> = {}) {
    const app = played();
    deploy(app, "a");
    const patches: unknown[] = [];
    const act = createAct({
      ...ports(app),
      blobs: { getJson: async <T>() => inventory as T },
      cluster: async () => ({
        resolve: async () => ({
          ...key,
          version: "v1",
          apiVersion: "apps/v1",
          resource: "deployments",
          namespaced: true,
          verbs: [],
        }),
        get: async () => live,
        patchAs: async (_kind, _at, options) => {
          patches.push(options);
          return "patched";
        },
        create: async () => "created",
        ...cluster,
      }),
    });
    return {
      app,
      patches,
      act: (more: Partial<ActionRequest> = {}) => act({ application: "web", request: asked(more) }, context),
    };
  }

  test("patches the very object under its own manager, records it, and does neither twice", async () => {
    const { app, patches, act } = world();
    await act();
    await act();
    expect(patches).toMatchObject([{ manager: "sluice-action", patch: { metadata: { uid: "uid-1" }, spec: {} } }]);
    expect(app.types().filter((type) => type.startsWith("Action"))).toEqual(["ActionSucceeded"]);
  });

  test.each([
    ["an object that is not owned", { object: { ...key, name: "other" } }, {}, "NotFound"],
    ["an object that is gone", {}, { get: async () => undefined }, "NotFound"],
    ["what can't be done now", {}, { get: async () => ({ ...live, spec: { paused: true } }) }, "Conflict"],
    [
      "what the cluster forbids",
      {},
      { patchAs: () => Promise.reject(new SluiceError("ClusterForbidden", "no")) },
      "ClusterForbidden",
    ],
  ])("of %s is recorded as its failure", async (_what, more, cluster, code) => {
    const { app, act } = world(cluster as Partial<ActCluster>);
    await act(more);
    expect(app.events().at(-1)).toMatchObject({ type: "ActionFailed", data: { code } });
  });

  test("throws what may pass and records nothing", async () => {
    const { app, act } = world({ get: () => Promise.reject(new SluiceError("ClusterUnavailable", "away")) });
    await expect(act()).rejects.toMatchObject({ code: "ClusterUnavailable" });
    expect(app.types().some((type) => type.startsWith("Action"))).toBe(false);
  });
});
