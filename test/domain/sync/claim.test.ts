import { describe, expect, test } from "vitest";
import { adoptedManagers, claimRefusal } from "../../../domain/sync/claim.ts";
import { migrated, migrationOf } from "../../../domain/sync/manager-entries.ts";
import { ownOptions } from "../../../domain/sync/options.ts";
import type { RawObject } from "../../../schemas/artifact.ts";
import { applyEntry, configMap, tracked } from "./objects.ts";

const entry = (manager: string, operation: string, fieldsV1: object, more: object = {}) => ({
  manager,
  operation,
  apiVersion: "v1",
  fieldsType: "FieldsV1",
  fieldsV1,
  ...more,
});
const withManagers = (...managedFields: unknown[]): RawObject => ({
  ...configMap("a"),
  metadata: { ...configMap("a").metadata, managedFields },
});
const reason = (live: RawObject, adopt?: string) => claimRefusal(live, { application: "shop", adopt })?.reason;

describe("whose an object is", () => {
  const helm = configMap("a");
  helm.metadata.annotations = { "meta.helm.sh/release-name": "shop" };

  test("ours is ours whatever else marks it, and another application's never", () => {
    expect(reason(tracked(helm, "shop", "u"), "false")).toBeUndefined();
    expect(reason(tracked(configMap("a"), "other", "u"))).toBe("OwnedByOther");
    expect(reason(tracked(configMap("a"), "other", "u"), "true")).toBe("OwnedByOther");
  });
  test("what an application left that was deleted is nobody's; one that is not known here needs a yes", () => {
    const left = tracked(configMap("a"), "other", "u");
    const asked = (standing: "deleted" | "unknown", adopt?: string) =>
      claimRefusal(left, { application: "shop", adopt, gone: new Map([["other", standing]]) });
    expect(asked("deleted")).toBeUndefined();
    expect(asked("deleted", "false")?.reason).toBe("NotAdopted");
    expect(asked("unknown")).toMatchObject({ reason: "OwnedByOther", message: expect.stringContaining("Adopt=true") });
    expect(asked("unknown", "true")).toBeUndefined();
  });
  test("another tool's needs a yes", () => {
    expect(reason(helm)).toBe("ManagedByOther");
    expect(reason(helm, "false")).toBe("ManagedByOther");
    expect(reason(helm, "true")).toBeUndefined();
  });
  test("nobody's is taken over, unless nothing is to be", () => {
    expect(reason(configMap("a"))).toBeUndefined();
    expect(reason(configMap("a"), "false")).toBe("NotAdopted");
  });
});

describe("managers whose fields become ours", () => {
  const all = withManagers(
    entry("kubectl-client-side-apply", "Update", {}),
    entry("kubectl", "Apply", {}),
    entry("kubectl-edit", "Update", {}),
    entry("argocd-controller", "Update", {}),
    entry("kustomize-controller", "Apply", {}),
    entry("kube-controller-manager", "Update", {}, { subresource: "status" }),
    entry("our-tool", "Update", {}),
    entry("sluice", "Update", {}),
    applyEntry("v1", {}),
  );
  const adopted = (annotations: Record<string, string>, takenOver: boolean): string[] => {
    const object = { ...configMap("a"), metadata: { name: "a", annotations } };
    return adoptedManagers(all, ownOptions(object), takenOver);
  };

  test("kubectl's client-side apply always, its other ways once, another tool's once it was agreed to, an editor's never", () => {
    expect(adopted({}, false)).toEqual(["kubectl-client-side-apply", "sluice"]);
    expect(adopted({}, true)).toEqual(["kubectl", "kubectl-client-side-apply", "sluice"]);
    expect(adopted({ "sluice.dev/sync-options": "Adopt=true" }, true)).toEqual([
      "argocd-controller",
      "kubectl",
      "kubectl-client-side-apply",
      "kustomize-controller",
      "sluice",
    ]);
  });
  test("as the options say", () => {
    expect(adopted({ "sluice.dev/sync-options": "ClientSideApplyMigration=false" }, false)).toEqual(["sluice"]);
    expect(adopted({ "kustomize.toolkit.fluxcd.io/ssa": "Merge" }, true)).toEqual([]);
    const named = { "sluice.dev/client-side-apply-migration-manager": "our-tool" };
    expect(adopted(named, false)).toEqual(["kubectl-client-side-apply", "our-tool", "sluice"]);
  });
});

describe("managed fields after a migration", () => {
  const data = (...names: string[]) => ({ "f:data": Object.fromEntries(names.map((name) => [`f:${name}`, {}])) });

  test("are one entry of our server-side apply, with all their fields, and the others as they were", () => {
    const editor = entry("kubectl-edit", "Update", data("c"));
    const status = entry("kubectl-client-side-apply", "Update", data("s"), { subresource: "status" });
    const live = withManagers(
      entry("kubectl-client-side-apply", "Update", data("a")),
      editor,
      status,
      applyEntry("v1", data("b")),
    );
    expect(migrated(live, migrationOf(["kubectl-client-side-apply"]))).toEqual([
      editor,
      status,
      { ...entry("sluice", "Apply", { "f:data": { "f:b": {}, "f:a": {} } }) },
    ]);
  });
  test("a value that one has as a whole and another by its members is both", () => {
    const live = withManagers(entry("kubectl", "Apply", { "f:data": {} }), applyEntry("v1", data("b")));
    const merged = migrated(live, migrationOf(["kubectl"])) as { fieldsV1: object }[];
    expect(merged[0]?.fieldsV1).toEqual({ "f:data": { ".": {}, "f:b": {} } });
  });
  test("stay when nobody is to be migrated", () => {
    expect(migrated(withManagers(applyEntry("v1", data("b"))), migrationOf(["kubectl", "sluice"]))).toBeUndefined();
  });
});
