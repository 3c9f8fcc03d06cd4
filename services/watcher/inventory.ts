import { canonicalJson } from "../../domain/sync/canonical.ts";
import type { Expected } from "../../domain/watch/compare.ts";
import type { Inventory, InventoryEntry } from "../../schemas/artifact.ts";
import { objectKey } from "../../schemas/ids.ts";
import type { FieldSets } from "./field-sets.ts";

/** One object of an inventory with where to find it. */
export interface TrackedEntry extends Expected {
  /** `apiVersion/resource`, as in `apps/v1/deployments`. */
  resource: string;
  namespace: string;
  name: string;
}

/** An application's inventory as the watch needs it: desired state left out, field sets shared. */
export interface TrackedInventory {
  digest: string;
  entries: readonly TrackedEntry[];
  find(resource: string, namespace: string, name: string): TrackedEntry | undefined;
  /** Gives its field sets up. */
  release(): void;
}

/** Takes what the watch needs out of a stored inventory. */
export function trackInventory(digest: string, inventory: Inventory, fieldSets: FieldSets): TrackedInventory {
  const entries = inventory.entries.map((entry): TrackedEntry => {
    const text = entry.fieldSet === null ? undefined : fieldSets.hold(canonicalJson(entry.fieldSet));
    return {
      object: objectKey(entry.key),
      resource: `${entry.apiVersion}/${entry.resource}`,
      namespace: entry.namespaced ? entry.key.namespace : "",
      name: entry.key.name,
      uid: entry.uid,
      fields: entry.fields,
      fieldSet: text,
      ...ignoredOf(entry),
      ...(entry.undesired && { undesired: entry.undesired }),
    };
  });
  const index = new Map(entries.map((entry) => [place(entry.resource, entry.namespace, entry.name), entry]));
  return {
    digest,
    entries,
    find: (resource, namespace, name) => index.get(place(resource, namespace, name)),
    release() {
      for (const { fieldSet } of entries) if (fieldSet !== undefined) fieldSets.release(fieldSet);
    },
  };
}

/** Without the whole set of our fields, which the watch has no use for. */
function ignoredOf({ ignored }: InventoryEntry): Pick<Expected, "ignored"> {
  const { within, managers } = ignored ?? {};
  if (!within && !managers) return {};
  return { ignored: { ...(within && { within }), ...(managers && { managers }) } };
}

const place = (resource: string, namespace: string, name: string): string => `${resource} ${namespace}/${name}`;
