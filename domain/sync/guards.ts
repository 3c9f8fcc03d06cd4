import type { RawObject } from "../../schemas/artifact.ts";
import type { ObjectKey } from "../../schemas/ids.ts";
import { isCrd } from "./identity.ts";

/** Annotations whose comma list of options Argo CD and we read. */
const SYNC_OPTIONS = ["sluice.dev/sync-options", "argocd.argoproj.io/sync-options"];

/** Value of a sync option such as `Prune` on an object, as its annotations have it; ours wins over Argo CD's. */
export function syncOption(object: RawObject, name: string): string | undefined {
  for (const annotation of SYNC_OPTIONS) {
    const text: unknown = object.metadata.annotations?.[annotation];
    if (typeof text !== "string") continue;
    for (const option of text.split(",")) {
      const [key, value] = option.split("=").map((part) => part.trim());
      if (key === name && value) return value;
    }
  }
  return undefined;
}

/** Kinds whose deletion takes data or other objects with it: pruned only when the object itself says `Prune=true`. */
const isGuardedKind = (key: Pick<ObjectKey, "group" | "kind">): boolean =>
  isCrd(key) || (key.group === "" && ["Namespace", "PersistentVolume", "PersistentVolumeClaim"].includes(key.kind));

/**
 * What protects a live object from being pruned, in words, or undefined when nothing does: `Prune=false` or
 * `Prune=confirm`, Flux's `prune: disabled`, Helm's `resource-policy: keep`, or a kind that holds data.
 */
export function pruneGuard(live: RawObject, key: Pick<ObjectKey, "group" | "kind">): string | undefined {
  const annotations: Record<string, unknown> = live.metadata.annotations ?? {};
  const option = syncOption(live, "Prune");
  if (option === "true") return undefined;
  if (option !== undefined) return `its sync option Prune=${option}`;
  if (annotations["kustomize.toolkit.fluxcd.io/prune"] === "disabled") return "its annotation prune: disabled";
  if (annotations["helm.sh/resource-policy"] === "keep") return "its annotation helm.sh/resource-policy: keep";
  return isGuardedKind(key) ? `its kind: deleting a ${key.kind} takes what is in it along` : undefined;
}
