import { describe, expect, test } from "vitest";
import { appliedEntry, intendedInventory, recordedInventory, resourcesOf } from "../../../domain/sync/inventory.ts";
import { fieldsDigest } from "../../../domain/sync/field-set.ts";
import { keyOf } from "../../../domain/sync/identity.ts";
import type { Inventory, InventoryEntry, ObjectOutcome, Plan, PlanStep } from "../../../schemas/artifact.ts";
import { applyEntry, configMap, digests, entryOf, tracked } from "./objects.ts";

const step = (name: string, action: PlanStep["action"], reason = "X"): PlanStep => ({
  key: keyOf(configMap(name)),
  apiVersion: "v1",
  action,
  reason,
  ...(action === "prune" ? {} : { desired: `desired-${name}` }),
});
const planOf = (...steps: PlanStep[]): Plan => ({
  version: 1,
  application: "shop",
  operation: "op",
  cluster: "c",
  artifact: "a",
  steps,
  counts: { create: 0, update: 0, recreate: 0, unchanged: 0, prune: 0, refused: 0, failed: 0 },
});
const inventoryOf = (...entries: InventoryEntry[]): Inventory => ({
  version: 1,
  application: "shop",
  cluster: "c",
  entries,
});
const recorded = (name: string): InventoryEntry =>
  entryOf(configMap(name), `uid-${name}`, { fields: "f", fieldSet: { "f:data": {} }, desired: "before" });
const resourceOf = () => ({ resource: "configmaps", namespaced: true });
const shown = ({ entries }: Inventory): string[] =>
  entries.map(({ key, uid, fields, desired }) => `${key.name} ${uid} ${fields} ${desired}`);

describe("before the apply", () => {
  test("what is about to be created has no uid, what is about to be changed has no field digest", () => {
    const before = inventoryOf(recorded("changed"), recorded("same"), recorded("old"), recorded("stays"));
    const steps = [
      step("new", "create"),
      step("changed", "update"),
      step("same", "unchanged"),
      step("old", "prune"),
      step("stays", "refuse", "Protected"),
    ];
    expect(shown(intendedInventory(before, planOf(...steps), resourceOf))).toEqual([
      "changed uid-changed null desired-changed",
      "new null null desired-new",
      "old uid-old f before",
      "same uid-same f before",
      "stays uid-stays f before",
    ]);
  });
  test("what left Git and stays is marked until it is rendered again or pruned", () => {
    const refused = { ...step("old", "refuse", "Protected") };
    delete refused.desired;
    const marked = intendedInventory(inventoryOf(recorded("old")), planOf(refused), resourceOf);
    expect(marked.entries).toEqual([{ ...recorded("old"), undesired: true }]);
    const again = intendedInventory(marked, planOf(step("old", "unchanged")), resourceOf);
    expect(again.entries).toEqual([recorded("old")]);
  });
  test("what is proven gone, not ours or another's is forgotten", () => {
    const before = inventoryOf(recorded("gone"), recorded("stolen"), recorded("replaced"));
    const steps = [step("stolen", "refuse", "OwnedByOther"), step("replaced", "refuse", "NotOurs")];
    expect(shown(intendedInventory(before, planOf(...steps), resourceOf))).toEqual([]);
  });
  test("an object of a kind nobody knows can't be owned yet", () => {
    expect(shown(intendedInventory(undefined, planOf(step("x", "create")), () => undefined))).toEqual([]);
  });
});

describe("after the apply", () => {
  const outcome = (name: string, result: ObjectOutcome["result"], reason: string): ObjectOutcome => ({
    key: keyOf(configMap(name)),
    action: "update",
    result,
    reason,
    health: "Healthy",
  });
  test("applied entries replace intended ones; pruned, deleting and let-go ones leave; failed ones stay as intended", () => {
    const intended = inventoryOf(...["a", "b", "c", "d", "e", "f"].map(recorded));
    const outcomes = [
      outcome("a", "applied", "X"),
      outcome("b", "pruned", "NotDesired"),
      outcome("c", "pending", "Deleting"),
      outcome("d", "refused", "NotOurs"),
      outcome("e", "refused", "Protected"),
      outcome("f", "pending", "NotAttempted"),
    ];
    const applied = new Map([["/ConfigMap/shop/a", { ...recorded("a"), uid: "new" }]]);
    expect(shown(recordedInventory(intended, outcomes, applied))).toEqual([
      "a new f before",
      "e uid-e f before",
      "f uid-f f before",
    ]);
  });
  test("an entry keeps what the server answered: uid, our fields, narrowed, and their digest", () => {
    const object = tracked({ ...configMap("a", { k: "1" }), empty: { theirs: 1 } }, "shop", "u1");
    object.metadata.managedFields = [applyEntry("v1", { "f:data": { "f:k": {} }, "f:empty": {} })];
    const applied = { ...configMap("a", { k: "1" }), empty: {} };
    const entry = appliedEntry(
      { key: keyOf(object), apiVersion: "v1" },
      { applied, object, resource: "configmaps", namespaced: true, desired: "d" },
      digests,
    );
    const fieldSet = { "f:data": { "f:k": {} }, "f:empty": { ".": {} } };
    expect(entry).toMatchObject({ uid: "u1", desired: "d", resource: "configmaps", fieldSet });
    expect(entry.fields).toBe(fieldsDigest(object, fieldSet, digests));
  });
});

test("resources are named once each, sorted", () => {
  const deployment = { ...recorded("d"), apiVersion: "apps/v1", resource: "deployments" };
  const one = { ...recorded("a"), resource: "configmaps" };
  expect(resourcesOf(inventoryOf(one, deployment, one))).toEqual(["apps/v1/deployments", "v1/configmaps"]);
});
