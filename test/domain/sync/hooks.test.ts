import { describe, expect, test } from "vitest";
import { hookMode, hookObject, hookRefusal, hookSteps, namedHook, outcomeKey } from "../../../domain/sync/hooks.ts";
import { ownerOf } from "../../../domain/sync/tracking.ts";
import type { RawObject } from "../../../schemas/artifact.ts";
import type { OperationRequest, TriggerType } from "../../../schemas/operation.ts";

const HOOK = "argocd.argoproj.io/hook";
const hook = (phases: string, more: { name?: string; generateName?: string; wave?: number } = {}): RawObject => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: {
    name: more.name ?? "migrate",
    namespace: "web",
    ...(more.generateName === undefined ? {} : { generateName: more.generateName }),
    annotations: { [HOOK]: phases, "argocd.argoproj.io/sync-wave": String(more.wave ?? 0) },
  },
});
const run = { operation: "op-1", attempt: 1, kind: "sync" } as const;
const asked = (more: Partial<OperationRequest> = {}, trigger: TriggerType = "push"): OperationRequest => ({
  operation: "op-1",
  kind: "sync",
  trigger: { type: trigger, actor: { kind: "system", name: "sluice" }, cause: "x" },
  requestedAt: "2026-01-01T00:00:00Z",
  ...more,
});
const mode = (request: OperationRequest, deployed: string | undefined = "a", desired: string | undefined = "a") =>
  hookMode({ request, deployed, desired });

describe("the hooks of an operation", () => {
  test("run in order of phase, wave and name; an object may run in several phases", () => {
    const hooks = [
      hook("PostSync,PreSync"),
      hook("PreSync", { name: "late", wave: 2 }),
      hook("PreSync", { name: "early", wave: -1 }),
    ];
    expect(hookSteps(hooks, run).map(({ phase, key }) => `${phase} ${key.name}`)).toEqual([
      "PreSync early",
      "PreSync migrate",
      "PreSync late",
      "PostSync migrate",
    ]);
  });

  test("are those of its kind", () => {
    const hooks = [hook("PreSync,PreDelete,PostDelete")];
    const phases = (kind: "sync" | "rollback" | "delete" | "refresh") =>
      hookSteps(hooks, { ...run, kind }).map(({ phase }) => phase);
    expect(phases("sync")).toEqual(["PreSync"]);
    expect(phases("rollback")).toEqual(["PreSync"]);
    expect(phases("delete")).toEqual(["PreDelete", "PostDelete"]);
    expect(phases("refresh")).toEqual([]);
  });

  test("with a generated name have the same one whenever the same run is tried, and another in any other", () => {
    const generated = namedHook({ ...hook("PreSync,PostSync", { name: "", generateName: "migrate-" }) });
    const names = (attempt: number, operation = "op-1") =>
      hookSteps([generated], { ...run, attempt, operation }).map(({ key }) => key.name);
    expect(names(1)).toEqual(names(1));
    const all = [...names(1), ...names(2), ...names(1, "op-2")];
    expect(new Set(all).size).toBe(6);
    for (const name of all) expect(name).toMatch(/^migrate-[0-9a-f]{8}$/);
    const long = namedHook(hook("PreSync", { name: "", generateName: "x".repeat(80) }));
    expect(hookSteps([long], run)[0]?.key.name.length).toBeLessThanOrEqual(63);
  });

  test("only a hook gets a name from its generateName", () => {
    const pod: RawObject = { apiVersion: "v1", kind: "Pod", metadata: { name: "", generateName: "x-" } };
    expect(namedHook(pod)).toBe(pod);
    expect(namedHook(hook("PreSync"))).toMatchObject({ metadata: { name: "migrate" } });
  });

  test("are made with our label, tracking id and the mark of their run", () => {
    const [step] = hookSteps([namedHook(hook("PreSync", { name: "", generateName: "migrate-" }))], run);
    const object = hookObject(hook("PreSync", { generateName: "migrate-" }), step!, "shop");
    expect(object.metadata).toMatchObject({
      name: step!.key.name,
      labels: { "sluice.dev/application": "shop" },
      annotations: { "sluice.dev/hook-run": "op-1/1/PreSync" },
    });
    expect(object.metadata["generateName"]).toBeUndefined();
    expect(ownerOf(object)).toBe("shop");
    expect(outcomeKey({ key: step!.key, hook: "PreSync" })).not.toBe(outcomeKey({ key: step!.key, hook: "PostSync" }));
  });
});

describe("whether an operation runs hooks", () => {
  test("a sync that somebody asked for, a rollback and a deletion always do", () => {
    expect(mode(asked({}, "manual"))).toBe("always");
    expect(mode(asked({ kind: "rollback" }, "rollback"))).toBe("always");
    expect(mode(asked({ kind: "delete" }, "manual"))).toBe("always");
  });
  test("an automated sync does when its source changed, else only when it writes", () => {
    expect(mode(asked(), "a", "b")).toBe("always");
    expect(mode(asked(), undefined, "b")).toBe("always");
    expect(mode(asked(), "a", "a")).toBe("ifWriting");
  });
  test("the repair of a manual change, a comparison and a selective sync never do, and a dry run names what its sync would run", () => {
    expect(mode(asked({}, "drift"), "a", "b")).toBe("never");
    expect(mode(asked({ kind: "refresh" }, "manual"))).toBe("never");
    expect(mode(asked({ options: { dryRun: true } }, "manual"))).toBe("always");
    expect(mode(asked({ options: { dryRun: true, labels: "a=b" } }, "manual"))).toBe("never");
    expect(mode(asked({ options: { labels: "a=b" } }, "manual"))).toBe("never");
    expect(mode(asked({ options: { resources: [{ kind: "Job" }] } }, "manual"))).toBe("never");
    expect(mode(asked({ options: { resources: [] } }, "manual"))).toBe("always");
  });
});

describe("an object that has a hook's name", () => {
  const live = (annotations: Record<string, string>): RawObject => ({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "migrate", namespace: "web", uid: "1", annotations },
  });
  test("may be replaced when it is ours, or another tool's hook", () => {
    expect(hookRefusal(live({ "sluice.dev/tracking-id": "shop:batch/Job:web/migrate" }), "shop")).toBeUndefined();
    expect(hookRefusal(live({ [HOOK]: "PreSync" }), "shop")).toBeUndefined();
    expect(hookRefusal(live({ "helm.sh/hook": "pre-install" }), "shop")).toBeUndefined();
  });
  test("is left alone when it is somebody else's", () => {
    const others = live({ "sluice.dev/tracking-id": "billing:batch/Job:web/migrate", [HOOK]: "PreSync" });
    expect(hookRefusal(others, "shop")).toContain("application billing");
    expect(hookRefusal(live({}), "shop")).toContain("no application owns");
  });
});
