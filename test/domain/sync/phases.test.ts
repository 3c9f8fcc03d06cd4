import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { partedByHook } from "../../../domain/sync/hooks.ts";
import { inApplyOrder } from "../../../domain/sync/order.ts";
import { placementOf, placementProblems } from "../../../domain/sync/phases.ts";
import type { RawObject } from "../../../schemas/artifact.ts";

const job = (annotations: Record<string, string>, name = "migrate"): RawObject => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name, namespace: "web", annotations },
});
const problems = (annotations: Record<string, string>): string[] =>
  placementProblems(job(annotations)).map(({ message }) => message);

describe("where an object stands in a sync", () => {
  test("without annotations it is applied in wave 0, owned and waited for", () => {
    expect(placementOf(job({}))).toEqual({
      wave: 0,
      skip: false,
      deletePolicies: [],
      ignoreHealth: false,
    });
  });

  test.each(["argocd.argoproj.io", "sluice.dev"])("the annotations of %s say it", (prefix) => {
    const placement = placementOf(
      job({
        [`${prefix}/hook`]: "PostSync, PreSync",
        [`${prefix}/sync-wave`]: "-5",
        [`${prefix}/hook-delete-policy`]: "HookSucceeded,HookFailed",
        [`${prefix}/ignore-healthcheck`]: "true",
      }),
    );
    expect(placement).toEqual({
      wave: -5,
      skip: false,
      hooks: ["PreSync", "PostSync"],
      deletePolicies: ["HookSucceeded", "HookFailed"],
      ignoreHealth: true,
    });
  });

  test("ours wins over Argo CD's, and either over Helm's", () => {
    const argo = { "argocd.argoproj.io/hook": "PostSync", "argocd.argoproj.io/sync-wave": "2" };
    const helm = { "helm.sh/hook": "pre-delete", "helm.sh/hook-weight": "7" };
    const ours = { "sluice.dev/hook": "Sync", "sluice.dev/sync-wave": "1" };
    expect(placementOf(job({ ...helm, ...argo, ...ours }))).toMatchObject({ hooks: ["Sync"], wave: 1 });
    expect(placementOf(job({ ...helm, ...argo }))).toMatchObject({ hooks: ["PostSync"], wave: 2 });
    expect(placementOf(job(helm))).toMatchObject({ hooks: ["PreDelete"], wave: 7 });
  });

  test.each([
    ["pre-install", ["PreSync"]],
    ["pre-upgrade", ["PreSync"]],
    ["pre-install,pre-upgrade", ["PreSync"]],
    ["post-install, post-upgrade", ["PostSync"]],
    ["pre-delete", ["PreDelete"]],
    ["post-delete,pre-install", ["PreSync", "PostDelete"]],
    ["test,post-install", ["PostSync"]],
  ])("Helm's hook %s runs in %j", (hook, hooks) => {
    expect(placementOf(job({ "helm.sh/hook": hook }))).toMatchObject({ hooks, skip: false });
  });

  test("Helm's weight and deletion policy count", () => {
    const annotations = {
      "helm.sh/hook": "pre-install",
      "helm.sh/hook-weight": "-3",
      "helm.sh/hook-delete-policy": "before-hook-creation,hook-succeeded",
    };
    expect(placementOf(job(annotations))).toMatchObject({
      wave: -3,
      deletePolicies: ["HookSucceeded", "BeforeHookCreation"],
    });
  });

  test("Helm's tests and rollback hooks, and what says Skip, are left alone; crd-install is an ordinary object", () => {
    for (const hook of ["test", "pre-rollback", "test-success,test-failure"]) {
      expect(placementOf(job({ "helm.sh/hook": hook })).skip, hook).toBe(true);
    }
    expect(placementOf(job({ "argocd.argoproj.io/hook": "Skip" }))).toMatchObject({ skip: true });
    expect(placementOf(job({ "argocd.argoproj.io/hook": "Skip" })).hooks).toBeUndefined();
    expect(placementOf(job({ "helm.sh/hook": "crd-install" }))).toMatchObject({ skip: false });
    expect(placementOf(job({ "helm.sh/hook": "crd-install" })).hooks).toBeUndefined();
  });
});

describe("what is malformed", () => {
  test("is named with the object, the annotation and the nearest known name", () => {
    expect(problems({ "argocd.argoproj.io/hook": "PreSinc" })).toEqual([
      'annotation argocd.argoproj.io/hook of batch/Job/web/migrate: "PreSinc" is not known; did you mean PreSync?',
    ]);
    expect(problems({ "sluice.dev/hook-delete-policy": "HookSuceeded, BeforeHookCreation" })).toEqual([
      'annotation sluice.dev/hook-delete-policy of batch/Job/web/migrate: "HookSuceeded" is not known; did you mean HookSucceeded?',
    ]);
    expect(problems({ "helm.sh/hook": "pre-instal" })[0]).toContain("did you mean pre-install?");
    expect(problems({ "helm.sh/hook-delete-policy": "never" })[0]).toContain("known are before-hook-creation,");
  });

  test.each(["first", "1.5", "", "1e3", "99999999999"])("a wave %j is no integer", (wave) => {
    expect(problems({ "argocd.argoproj.io/sync-wave": wave })[0]).toContain(
      `${JSON.stringify(wave)} is not an integer`,
    );
  });

  test.each(["0", "-0", "+7", " 12 ", "-2147483647"])("a wave %j is one", (wave) => {
    expect(problems({ "argocd.argoproj.io/sync-wave": wave })).toEqual([]);
    expect(Object.is(placementOf(job({ "argocd.argoproj.io/sync-wave": wave })).wave, -0)).toBe(false);
  });

  test("nothing is wrong with an object without annotations", () => {
    expect(placementProblems({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } })).toEqual([]);
  });
});

const arbitraryObject = fc
  .record({
    kind: fc.constantFrom("Job", "Deployment", "ConfigMap", "Namespace", "Widget"),
    name: fc.constantFrom("a", "b", "c"),
    hook: fc.option(
      fc.constantFrom("PreSync", "Sync", "PostSync", "SyncFail", "PreDelete", "Skip", "PreSync,PostSync"),
    ),
    helm: fc.option(fc.constantFrom("test", "pre-install", "crd-install")),
    wave: fc.option(fc.integer({ min: -3, max: 3 })),
  })
  .map(({ kind, name, hook, helm, wave }): RawObject => {
    const annotations = {
      ...(hook === null ? {} : { "argocd.argoproj.io/hook": hook }),
      ...(helm === null ? {} : { "helm.sh/hook": helm }),
      ...(wave === null ? {} : { "argocd.argoproj.io/sync-wave": String(wave) }),
    };
    return { apiVersion: "v1", kind, metadata: { name, annotations } };
  });

describe("the order", () => {
  test("is phase, then wave, then kind, then name", () => {
    const named = (name: string, annotations: Record<string, string>, kind = "Job"): RawObject => ({
      ...job(annotations, name),
      kind,
      apiVersion: kind === "Namespace" ? "v1" : "batch/v1",
    });
    const hook = "argocd.argoproj.io/hook";
    const wave = "argocd.argoproj.io/sync-wave";
    const objects = [
      named("after", { [hook]: "PostSync", [wave]: "-9" }),
      named("second", { [wave]: "1" }, "Namespace"),
      named("b", {}),
      named("a", {}),
      named("space", {}, "Namespace"),
      named("first", { [wave]: "-1" }),
      named("before", { [hook]: "PreSync", [wave]: "5" }),
    ];
    const order = inApplyOrder(objects).map(({ metadata }) => metadata.name);
    expect(order).toEqual(["before", "first", "space", "a", "b", "second", "after"]);
  });

  test("is total and stable: any shuffle of different objects comes out the same", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(arbitraryObject, { selector: ({ kind, metadata }) => `${kind}/${metadata.name}` }),
        fc.infiniteStream(fc.nat()),
        (objects, numbers) => {
          const shuffled = objects
            .map((object) => ({ object, at: numbers.next().value as number }))
            .toSorted((a, b) => a.at - b.at)
            .map(({ object }) => object);
          expect(inApplyOrder(shuffled)).toEqual(inApplyOrder(objects));
          expect(inApplyOrder(inApplyOrder(objects))).toEqual(inApplyOrder(objects));
        },
      ),
    );
  });

  test("takes each object into exactly one of owned, hooks and skipped", () => {
    fc.assert(
      fc.property(fc.array(arbitraryObject), (objects) => {
        const { owned, hooks, skipped } = partedByHook(objects);
        const all = [...owned, ...hooks, ...skipped];
        expect(all).toHaveLength(objects.length);
        expect(new Set(all)).toEqual(new Set(objects));
      }),
    );
  });
});
