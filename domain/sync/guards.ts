import type { RawObject } from "../../schemas/artifact.ts";
import type { ObjectKey } from "../../schemas/ids.ts";
import { isCrd } from "./identity.ts";
import { annotationsOf, ownOptions, type OptionValues } from "./options.ts";

/** What stands between a live object and its deletion. */
export interface Guard {
  /** An operator's yes is enough; otherwise it stays whatever anybody says. */
  confirmable: boolean;
  /** In words, to follow `it is protected by`. */
  why: string;
}

export interface Deletion {
  /** It goes along with its whole application, so that Delete decides, and Prune where the object has no Delete. */
  whole?: boolean;
  /** Options of the operation and the application. */
  level?: OptionValues;
}

/** Kinds whose deletion takes data or other objects with it: deleted only when the object itself says so. */
export const holdsData = (key: Pick<ObjectKey, "group" | "kind">): boolean =>
  isCrd(key) || (key.group === "" && ["Namespace", "PersistentVolume", "PersistentVolumeClaim"].includes(key.kind));

/**
 * What protects a live object from being deleted, or undefined when nothing does: `Prune` or `Delete` of `false` or
 * `confirm`, Flux's `prune: disabled` and `reconcile: disabled`, Helm's `resource-policy: keep`, or a kind that holds data.
 * An object's own sync option wins over all the rest.
 */
export function pruneGuard(
  live: RawObject,
  key: Pick<ObjectKey, "group" | "kind">,
  { whole = false, level = {} }: Deletion = {},
): Guard | undefined {
  const own = ownGuard(live, whole);
  if (own !== "unset") return own;
  if (holdsData(key)) return kept(`its kind: deleting a ${key.kind} takes what is in it along`);
  const shared = optionGuard("the application's", [whole ? "Delete" : "Prune", level]);
  return shared === "unset" ? undefined : shared;
}

/** What an object's own annotations say of its deletion: what stands against it, that nothing does, or not a word. */
export function ownGuard(object: RawObject, whole: boolean): Guard | undefined | "unset" {
  const { values, paused } = ownOptions(object);
  const own = optionGuard("its", whole && values.Delete !== undefined ? ["Delete", values] : ["Prune", values]);
  if (own !== "unset") return own;
  const text = annotationsOf(object);
  if (text("kustomize.toolkit.fluxcd.io/prune")?.toLowerCase() === "disabled")
    return kept("its annotation prune: disabled");
  if (paused) return kept("its annotation reconcile: disabled");
  return text("helm.sh/resource-policy") === "keep" ? kept("its annotation helm.sh/resource-policy: keep") : "unset";
}

const kept = (why: string): Guard => ({ confirmable: false, why });

function optionGuard(whose: string, [name, values]: ["Prune" | "Delete", OptionValues]): Guard | undefined | "unset" {
  const value = values[name];
  if (value === undefined) return "unset";
  return value === "true"
    ? undefined
    : { confirmable: value === "confirm", why: `${whose} sync option ${name}=${value}` };
}
