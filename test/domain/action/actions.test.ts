import { describe, expect, test } from "vitest";
import { actionsOf, changeOf, definitionOf, hasActions, warningsFor } from "../../../domain/action/actions.ts";
import type { ActionInput } from "../../../domain/action/definition.ts";
import { recordAction, type RecordAction } from "../../../domain/action/record.ts";
import { ACTION_NAMES } from "../../../schemas/action.ts";
import type { RawObject } from "../../../schemas/artifact.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import { played } from "../rollback/played.ts";

const key = (kind: string, group = "apps") => ({ group, kind, namespace: "shop", name: "web" });
const object = (kind: string, more: object = {}): RawObject => ({
  apiVersion: "apps/v1",
  kind,
  metadata: { name: "web", namespace: "shop", uid: "uid-1" },
  ...more,
});
const input = (action: string, parameters: Record<string, string> = {}): ActionInput & { action: string } => ({
  action,
  id: "action-1",
  requestedAt: "2026-01-01T00:00:00Z",
  parameters,
});
const rollout = (status: object, spec: object = {}): RawObject => ({
  ...object("Rollout"),
  spec,
  status: { currentPodHash: "new", stableRS: "old", ...status },
});

describe("the actions of a kind", () => {
  test.each([
    ["Deployment", "apps", ["restart", "pause", "resume", "scale"]],
    ["StatefulSet", "apps", ["restart", "scale"]],
    ["DaemonSet", "apps", ["restart"]],
    ["CronJob", "batch", ["create-job", "suspend", "resume"]],
    ["Job", "batch", ["suspend", "resume", "terminate"]],
    ["Rollout", "argoproj.io", ["restart", "pause", "resume", "promote", "promote-full", "abort", "retry"]],
    ["ConfigMap", "", []],
    ["Deployment", "example.com", []],
  ])("%s of %j are %j", (kind, group, names) => {
    const found = actionsOf(key(kind, group), object(kind));
    expect(found.map(({ action }) => action)).toEqual(names);
    expect(hasActions(key(kind, group))).toBe(names.length > 0);
    for (const name of names) expect(ACTION_NAMES).toContain(name);
  });

  test("are there with the reason why one can't be done now", () => {
    const paused = actionsOf(key("Deployment"), object("Deployment", { spec: { paused: true } }));
    expect(paused.map(({ action, enabled, reason }) => ({ action, enabled, reason }))).toEqual([
      { action: "restart", enabled: false, reason: "it is paused; resume it first" },
      { action: "pause", enabled: false, reason: "it is paused" },
      { action: "resume", enabled: true, reason: undefined },
      { action: "scale", enabled: true, reason: undefined },
    ]);
  });

  test("are named where one is not known", () => {
    expect(() => definitionOf(key("DaemonSet"), "scale")).toThrow(/no action scale/);
    expect(() => definitionOf(key("DaemonSet"), "scale")).toThrow(SluiceError);
  });
});

describe("what an action does", () => {
  test("restart writes the time of the request, as kubectl does", () => {
    const restartedAt = { "kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z" };
    expect(changeOf(key("Deployment"), object("Deployment"), input("restart"))).toEqual({
      do: "patch",
      patch: { spec: { template: { metadata: { annotations: restartedAt } } } },
    });
  });

  test("scale sets replicas and takes only a number of them", () => {
    const change = changeOf(key("StatefulSet"), object("StatefulSet"), input("scale", { replicas: "0" }));
    expect(change).toMatchObject({ patch: { spec: { replicas: 0 } } });
    for (const replicas of ["-1", "1.5", "many", "", "1e9", "100001"]) {
      expect(() => changeOf(key("StatefulSet"), object("StatefulSet"), input("scale", { replicas }))).toThrow(
        /replicas/,
      );
    }
  });

  test("create-job makes the Job of the CronJob's template, under a name of the request", () => {
    const cron = {
      ...object("CronJob", {
        spec: { jobTemplate: { metadata: { labels: { a: "b" } }, spec: { template: { spec: {} } } } },
      }),
      apiVersion: "batch/v1",
    };
    const change = changeOf(key("CronJob", "batch"), cron, input("create-job"));
    expect(change).toMatchObject({
      do: "create",
      object: {
        kind: "Job",
        metadata: {
          name: expect.stringMatching(/^web-[0-9a-f]{8}$/),
          namespace: "shop",
          labels: { a: "b" },
          annotations: { "cronjob.kubernetes.io/instantiate": "manual" },
          ownerReferences: [{ kind: "CronJob", name: "web", uid: "uid-1", controller: true }],
        },
        spec: { template: { spec: {} } },
      },
    });
    expect(changeOf(key("CronJob", "batch"), cron, input("create-job"))).toEqual(change);
    const other = changeOf(key("CronJob", "batch"), cron, { ...input("create-job"), id: "action-2" });
    expect(other).not.toEqual(change);
    const long = { ...cron, metadata: { ...cron.metadata, name: "n".repeat(52) } };
    const named = changeOf(key("CronJob", "batch"), long, input("create-job")) as { object: RawObject };
    expect(named.object.metadata.name.length).toBeLessThanOrEqual(63);
  });

  test("a second try of what was done is nothing, and not refused", () => {
    const paused = object("Deployment", { spec: { paused: true } });
    expect(changeOf(key("Deployment"), paused, input("pause"))).toBeUndefined();
    expect(changeOf(key("Deployment"), object("Deployment"), input("resume"))).toBeUndefined();
    const aborted = rollout({ abort: true });
    expect(changeOf(key("Rollout", "argoproj.io"), aborted, input("abort"))).toBeUndefined();
  });

  test("what can't be done now is a Conflict with the reason", () => {
    const paused = object("Deployment", { spec: { paused: true } });
    expect(() => changeOf(key("Deployment"), paused, input("restart"))).toThrow(/paused; resume it first/);
    const over = object("Job", { status: { conditions: [{ type: "Complete", status: "True" }] } });
    expect(() => changeOf(key("Job", "batch"), over, input("terminate"))).toThrow(/it is over/);
  });

  test.each([
    ["promote", rollout({ pauseConditions: [{ reason: "CanaryPauseStep" }] }), { pauseConditions: null }],
    ["promote-full", rollout({}), { promoteFull: true }],
    ["abort", rollout({}), { abort: true }],
    ["retry", rollout({ abort: true }), { abort: false }],
  ])("%s of a Rollout is a change of its status", (action, live, status) => {
    expect(changeOf(key("Rollout", "argoproj.io"), live, input(action))).toMatchObject({ do: "patch", status });
  });

  test("a Rollout that is rolled out is neither promoted nor aborted", () => {
    const stable = rollout({ stableRS: "new" });
    expect(changeOf(key("Rollout", "argoproj.io"), stable, input("promote"))).toBeUndefined();
    for (const action of ["promote-full", "abort"]) {
      expect(() => changeOf(key("Rollout", "argoproj.io"), stable, input(action))).toThrow(/rolled out/);
    }
  });
});

describe("a warning", () => {
  const fieldSet = { "f:spec": { "f:replicas": {}, "f:paused": {} } };

  test("is there where Git sets what the action changes", () => {
    expect(warningsFor(key("Deployment"), "scale", { fieldSet, selfHeal: true })).toEqual([
      expect.stringMatching(/spec.replicas.*self-heal is on/),
    ]);
    expect(warningsFor(key("Deployment"), "scale", { fieldSet, selfHeal: false })).toEqual([
      expect.stringMatching(/counts as drift/),
    ]);
  });

  test("is not there for what is nobody's", () => {
    expect(warningsFor(key("Deployment"), "restart", { fieldSet, selfHeal: true })).toEqual([]);
    expect(warningsFor(key("Deployment"), "scale", { fieldSet: null, selfHeal: true })).toEqual([]);
  });
});

describe("the record of an action", () => {
  const command: RecordAction = {
    type: "RecordAction",
    id: "action-1",
    action: "restart",
    object: "apps/Deployment/shop/web",
    parameters: {},
    by: { kind: "user", name: "ada" },
  };

  test("is made once, whatever comes of a second try", () => {
    const app = played();
    expect(app.run(command)).toEqual([
      {
        type: "ActionSucceeded",
        data: {
          request: "action-1",
          action: "restart",
          object: "apps/Deployment/shop/web",
          parameters: {},
          by: { kind: "user", name: "ada" },
        },
      },
    ]);
    expect(app.run({ ...command, failure: { code: "Conflict", message: "no" } })).toEqual([]);
    expect(app.run({ ...command, id: "action-2", failure: { code: "Conflict", message: "no" } })).toMatchObject([
      { type: "ActionFailed", data: { code: "Conflict" } },
    ]);
  });

  test("is not made of an application that is gone", () => {
    expect(recordAction(command, { resources: [], ended: [], drift: [], health: "Unknown" })).toEqual([]);
  });
});
