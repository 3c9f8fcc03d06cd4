import type { Inventory, InventoryEntry, ObjectOutcome, Plan, PlanStep, RawObject } from "../../schemas/artifact.ts";
import { objectKey } from "../../schemas/ids.ts";
import type { Digests } from "./canonical.ts";
import { fieldsDigest, narrowedTo, ownedFields, type FieldSet } from "./field-set.ts";
import { compareKeys } from "./order.ts";
import { releases } from "./prune.ts";

/** The plural name and scope of a kind, as discovery or its CRD has it; undefined when neither knows it. */
export type ResourceOf = (step: PlanStep) => { resource: string; namespaced: boolean } | undefined;

/**
 * The inventory that stands while a plan is carried out: what was owned before, united with what is about to be applied.
 * An object to be changed has its field digest taken away, a new one has no uid yet: until the answer is recorded, neither
 * counts as applied. What is proven gone or not ours is forgotten.
 */
export function intendedInventory(before: Inventory | undefined, plan: Plan, resourceOf: ResourceOf): Inventory {
  const owned = new Map((before?.entries ?? []).map((entry) => [objectKey(entry.key), entry]));
  const entries = plan.steps.flatMap((step) => intendedEntry(step, owned.get(objectKey(step.key)), resourceOf));
  return inventoryOf(plan.application, plan.cluster, entries);
}

const LEFT_ALONE: ReadonlySet<string> = new Set(["Ignored", "Paused", "Present"]);

function intendedEntry(step: PlanStep, owned: InventoryEntry | undefined, resourceOf: ResourceOf): InventoryEntry[] {
  const { key, apiVersion, action, desired } = step;
  const entry = owned && marked(owned, action === "refuse" && desired === undefined);
  if (action === "refuse" && releases(step.reason)) return [];
  // What is left alone doesn't drift, and what is ignored and gone is nobody's.
  if (LEFT_ALONE.has(step.reason)) return entry && step.uid !== undefined ? [{ ...entry, fields: null }] : [];
  if (action === "unchanged" || action === "prune" || action === "refuse") return entry ? [entry] : [];
  if (entry) return [{ ...entry, apiVersion, desired: desired ?? entry.desired, fields: null }];
  const resource = resourceOf(step);
  return resource && desired
    ? [{ key, apiVersion, ...resource, uid: null, desired, fields: null, fieldSet: null }]
    : [];
}

function marked(owned: InventoryEntry, undesired: boolean): InventoryEntry {
  const { undesired: _, ...entry } = owned;
  return undesired ? { ...entry, undesired } : entry;
}

/** What the API server answered to one apply, as the inventory keeps it. `applied` is the object that was sent. */
export function appliedEntry(
  step: Pick<PlanStep, "key" | "apiVersion">,
  answer: {
    applied: RawObject;
    object: RawObject;
    /** The fields that are ours, where no server-side apply says so. */
    fieldSet?: FieldSet | undefined;
    resource: string;
    namespaced: boolean;
    desired: string;
  },
  digests: Digests,
): InventoryEntry {
  const { applied, object, resource, namespaced, desired } = answer;
  const owned = answer.fieldSet ?? ownedFields(object);
  const fieldSet = owned === undefined ? null : narrowedTo(applied, owned);
  return {
    key: step.key,
    apiVersion: step.apiVersion,
    resource,
    namespaced,
    uid: object.metadata.uid ?? null,
    desired,
    fields: fieldSet === null ? null : fieldsDigest(object, fieldSet, digests),
    fieldSet,
  };
}

/**
 * The inventory after: entries of what was applied in place of the intended ones, without what was pruned or let go. An
 * accepted deletion can't be taken back, so an object that only waits for its finalizers is no longer owned either.
 */
export function recordedInventory(
  intended: Inventory,
  outcomes: readonly ObjectOutcome[],
  applied: ReadonlyMap<string, InventoryEntry>,
): Inventory {
  const byKey = new Map(intended.entries.map((entry) => [objectKey(entry.key), entry]));
  for (const [key, entry] of applied) byKey.set(key, entry);
  for (const outcome of outcomes) {
    const letGo = outcome.result === "refused" && releases(outcome.reason ?? "");
    const deleted = outcome.result === "pruned" || (outcome.result === "pending" && outcome.reason === "Deleting");
    if (deleted || letGo) byKey.delete(objectKey(outcome.key));
  }
  return inventoryOf(intended.application, intended.cluster, [...byKey.values()]);
}

const inventoryOf = (application: string, cluster: string, entries: InventoryEntry[]): Inventory => ({
  version: 1,
  application,
  cluster,
  entries: entries.sort((a, b) => compareKeys(a.key, b.key)),
});

/** Resources that hold an inventory's objects, as `apiVersion/resource`, sorted, each once. */
export const resourcesOf = (inventory: Inventory): string[] =>
  [...new Set(inventory.entries.map((entry) => `${entry.apiVersion}/${entry.resource}`))].sort();
