import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hookKept, successionOf, type HookEnd } from "../../../domain/sync/hook-deletion.ts";
import type { RawObject } from "../../../schemas/artifact.ts";
import { HOOK_DELETE_POLICIES, HOOK_RUN_ANNOTATION } from "../../../schemas/phases.ts";

const OPTIONS = "argocd.argoproj.io/sync-options";
const POLICY = "argocd.argoproj.io/hook-delete-policy";
const made = { [HOOK_RUN_ANNOTATION]: "op-1/1/PreSync" };

const of = (kind: string, annotations: Record<string, string> = made): RawObject => {
  const [apiVersion = "", name = ""] = kind.split(" ");
  return { apiVersion, kind: name, metadata: { name: "x", annotations } };
};
/** The same as the manifest of a hook with these policies. */
const wanted = (kind: string, policies: readonly string[], more: Record<string, string> = {}): RawObject =>
  of(kind, { ...(policies.length > 0 ? { [POLICY]: policies.join(",") } : {}), ...more });
const RUNS = ["batch/v1 Job", "v1 Pod", "argoproj.io/v1alpha1 Workflow", "tekton.dev/v1 PipelineRun"];
const DATA = [
  "v1 PersistentVolumeClaim",
  "v1 PersistentVolume",
  "v1 Namespace",
  "apiextensions.k8s.io/v1 CustomResourceDefinition",
];
const OTHERS = ["v1 ConfigMap", "v1 Secret", "apps/v1 Deployment", "postgresql.cnpg.io/v1 Cluster"];
const PROTECTIONS: [string, Record<string, string>][] = [
  ["Prune=false", { [OPTIONS]: "Prune=false" }],
  ["Delete=false", { [OPTIONS]: "Delete=false" }],
  ["Prune=false", { [OPTIONS]: "Prune=false,Delete=true" }],
  ["keep", { "helm.sh/resource-policy": "keep" }],
  ["prune: disabled", { "kustomize.toolkit.fluxcd.io/prune": "disabled" }],
];

describe("what lies under a hook's name", () => {
  test.each([...DATA, ...OTHERS])("is applied onto when it is a %s and no policy says otherwise", (kind) => {
    expect(successionOf(of(kind), wanted(kind, []))).toEqual({ replaced: false });
    expect(successionOf(of(kind), wanted(kind, ["HookSucceeded", "HookFailed"]))).toEqual({ replaced: false });
    expect(successionOf(of(kind), wanted(kind, ["BeforeHookCreation"]))).toEqual({ replaced: true });
  });

  test.each(RUNS)("is replaced when it is a %s, whatever is said", (kind) => {
    fc.assert(
      fc.property(fc.subarray([...HOOK_DELETE_POLICIES]), fc.constantFrom(...PROTECTIONS), (policies, [, said]) => {
        expect(successionOf(of(kind, said), wanted(kind, policies, said))).toEqual({ replaced: true });
      }),
    );
  });

  test.each(PROTECTIONS)("stays despite an explicit policy when it or its manifest says %s in %j", (why, said) => {
    const kept = { replaced: false, kept: expect.stringContaining(why) as string };
    for (const kind of [...DATA, ...OTHERS]) {
      expect(successionOf(of(kind, { ...made, ...said }), wanted(kind, ["BeforeHookCreation"]))).toEqual(kept);
      expect(successionOf(of(kind), wanted(kind, ["BeforeHookCreation"], said))).toEqual(kept);
    }
  });

  test("stays when it holds data and was no hook until now, whatever policy came with the hook", () => {
    for (const kind of DATA) {
      for (const policy of HOOK_DELETE_POLICIES) {
        const taken = successionOf(of(kind, {}), wanted(kind, [policy]));
        expect(taken).toEqual({ replaced: false, kept: expect.stringContaining("takes what is in it along") });
      }
      expect(successionOf(of(kind, {}), wanted(kind, []))).toEqual({ replaced: false });
    }
    expect(successionOf(of("v1 ConfigMap", {}), wanted("v1 ConfigMap", ["BeforeHookCreation"]))).toEqual({
      replaced: true,
    });
  });
});

describe("the object of a hook that is over", () => {
  const named = (kind: string, policy: string, more: Record<string, string> = {}) =>
    of(kind, { ...made, [POLICY]: policy, ...more });

  test("goes by a policy that its own annotations name", () => {
    for (const kind of [...RUNS, ...DATA, ...OTHERS]) {
      expect(hookKept(named(kind, "HookSucceeded"), "HookSucceeded"), kind).toBeUndefined();
      expect(hookKept(named(kind, "HookFailed"), "HookFailed"), kind).toBeUndefined();
    }
  });

  test("stays when it holds data and the policy is not its own, as in a deletion", () => {
    for (const kind of DATA) expect(hookKept(of(kind), "HookSucceeded"), kind).toContain("takes what is in it along");
    for (const kind of [...RUNS, ...OTHERS]) expect(hookKept(of(kind), "HookSucceeded"), kind).toBeUndefined();
  });

  test.each(PROTECTIONS)("stays when it says %s in %j", (why, said) => {
    for (const kind of [...RUNS, ...DATA, ...OTHERS]) {
      expect(hookKept(named(kind, "HookSucceeded", said), "HookSucceeded"), kind).toContain(why);
    }
  });

  test("goes with its application as any object does", () => {
    const ends = (kind: string, said: Record<string, string> = {}) => hookKept(of(kind, said), "Deleted");
    expect(ends("batch/v1 Job")).toBeUndefined();
    expect(ends("v1 Secret")).toBeUndefined();
    expect(ends("v1 Secret", { "helm.sh/resource-policy": "keep" })).toContain("keep");
    expect(ends("v1 PersistentVolumeClaim")).toContain("its kind");
    expect(ends("v1 PersistentVolumeClaim", { [OPTIONS]: "Delete=true" })).toBeUndefined();
  });
});

describe("the object of a hook that is abandoned while it runs", () => {
  const end: HookEnd = "Abandoned";
  test("is deleted when it runs to its end, so that it stops", () => {
    for (const kind of RUNS) expect(hookKept(of(kind), end), kind).toBeUndefined();
  });
  test("stays when it is anything else, unless its hook names a policy and nothing protects it", () => {
    for (const kind of OTHERS) {
      expect(hookKept(of(kind), end), kind).toContain("names no deletion policy");
      expect(hookKept(of(kind, { [POLICY]: "BeforeHookCreation" }), end), kind).toBeUndefined();
    }
    for (const kind of DATA) {
      expect(hookKept(of(kind, { [POLICY]: "BeforeHookCreation" }), end), kind).toContain("takes what is in it along");
    }
  });
});
