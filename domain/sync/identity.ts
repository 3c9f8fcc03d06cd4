import type { RawObject } from "../../schemas/artifact.ts";
import { objectKey, type ObjectKey } from "../../schemas/ids.ts";

/** The API group of an apiVersion: `apps` of `apps/v1`, empty for `v1`. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? "" : apiVersion.slice(0, slash);
}

/** Identity of an object for planning: group, kind, namespace and name, version ignored. */
export const keyOf = (object: RawObject): ObjectKey => ({
  group: groupOf(object.apiVersion),
  kind: object.kind,
  namespace: object.metadata.namespace ?? "",
  name: object.metadata.name,
});

/** `group/Kind/namespace/name` of an object. */
export const keyTextOf = (object: RawObject): string => objectKey(keyOf(object));

/**
 * Whether an object is a core Secret, whose values must never be seen: judged by what the object says it is, never by what a caller says
 * of it. A wrong version or small letters make no Secret of it, but its values are as secret.
 */
export const isSecret = (object: { apiVersion?: unknown; kind?: unknown }): boolean =>
  typeof object.kind === "string" &&
  /^secret$/i.test(object.kind) &&
  !(typeof object.apiVersion === "string" && object.apiVersion.includes("/"));

/** Whether an object is a CustomResourceDefinition. */
export const isCrd = (key: Pick<ObjectKey, "group" | "kind">): boolean =>
  key.group === "apiextensions.k8s.io" && key.kind === "CustomResourceDefinition";

/** Compares two strings by code unit, so that every list comes out the same on every machine. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
