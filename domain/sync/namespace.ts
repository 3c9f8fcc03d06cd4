import type { Plan, PlanStep, RawObject } from "../../schemas/artifact.ts";
import { namespaceManager } from "../../schemas/ids.ts";
import { managerEntries } from "./manager-entries.ts";

/** Labels and annotations that an application keeps on its namespace. */
export type NamespaceMetadata = NonNullable<Plan["namespaceMetadata"]>;

/** Reason of a step that brings a namespace's labels and annotations up to date; its object is in no artifact or inventory. */
export const NAMESPACE_METADATA = "NamespaceMetadata";

/** Whether a step is about the labels and annotations of the application's namespace. */
export const isNamespaceStep = ({ reason }: Pick<PlanStep, "reason">): boolean => reason === NAMESPACE_METADATA;

/** The namespace as it is applied, under a field manager of the application: two of them may keep different labels of one. */
export const namespaceObject = (name: string, { labels, annotations }: NamespaceMetadata): RawObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: {
    name,
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
  },
});

/** Whether a live namespace lacks something of what an application keeps on it, or has something that it kept before. */
export function namespaceDiffers(live: RawObject, wanted: NamespaceMetadata, application: string): boolean {
  const entry = managerEntries(live).find(({ manager }) => manager === namespaceManager(application));
  const kept = entry?.fieldsV1["f:metadata"] ?? {};
  return (["labels", "annotations"] as const).some((field) => {
    const values: Record<string, unknown> = live.metadata[field] ?? {};
    const before = Object.keys(kept[`f:${field}`] ?? {}).filter((element) => element.startsWith("f:"));
    return (
      Object.entries(wanted[field]).some(([name, value]) => values[name] !== value) ||
      before.some((element) => !Object.hasOwn(wanted[field], element.slice(2)))
    );
  });
}
