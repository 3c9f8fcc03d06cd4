import type { RawObject } from "../schemas/artifact.ts";
import type { ObjectKey } from "../schemas/ids.ts";
import type { ServedKind } from "./live.ts";

/** What finding out about a kind that is not served needs of a cluster. */
export interface UnservedCluster {
  resolve(apiVersion: string, kind: string): Promise<ServedKind | undefined>;
  get(kind: ServedKind, namespace: string, name: string, signal?: AbortSignal): Promise<RawObject | undefined>;
  list(kind: ServedKind, options: Record<string, never>): Promise<{ items: RawObject[] }>;
}

/** An object of a kind that its version does not serve, with the plural name that it was applied by. */
export interface Unserved {
  key: ObjectKey;
  apiVersion: string;
  resource: string;
}

/**
 * The kind in a version that still serves it, or "gone" when there can be no object of it any more: no CRD declares it, and every
 * API service of its group is up and none of them serves it. Undefined when neither can be told.
 */
export async function elsewhere(
  cluster: UnservedCluster,
  unserved: Unserved,
): Promise<ServedKind | "gone" | undefined> {
  const { key, resource } = unserved;
  const definitions = await cluster.resolve("apiextensions.k8s.io/v1", "CustomResourceDefinition");
  const services = await cluster.resolve("apiregistration.k8s.io/v1", "APIService");
  if (!definitions || !services) return undefined;
  const crd = await cluster.get(definitions, "", `${resource}.${key.group}`);
  if (crd) return await firstServed(cluster, key, declaredVersions(crd));
  const behind = (await cluster.list(services, {})).items.filter(({ metadata }) => versionOf(metadata.name, key.group));
  const versions = behind.map(({ metadata }) => versionOf(metadata.name, key.group) ?? "");
  return (
    (await firstServed(cluster, key, versions)) ??
    (behind.every((each) => vouched(each, unserved)) ? "gone" : undefined)
  );
}

async function firstServed(
  cluster: UnservedCluster,
  { group, kind }: ObjectKey,
  versions: readonly string[],
): Promise<ServedKind | undefined> {
  for (const version of versions) {
    const served = await cluster.resolve(group === "" ? version : `${group}/${version}`, kind);
    if (served) return served;
  }
  return undefined;
}

/** The version of an API service of a group; undefined when it is another group's. */
function versionOf(service: string, group: string): string | undefined {
  const end = service.indexOf(".");
  return service.slice(end + 1) === group ? service.slice(0, end) : undefined;
}

/**
 * Whether an API service's word that it does not serve a kind counts. The API server answers for its own at any time; behind an
 * aggregated one of the very version the kind may come back.
 */
function vouched(service: RawObject, { key, apiVersion }: Unserved): boolean {
  const { service: backend } = (service["spec"] ?? {}) as { service?: unknown };
  const { conditions } = (service["status"] ?? {}) as { conditions?: unknown };
  const up =
    Array.isArray(conditions) && conditions.some(({ type, status }) => type === "Available" && status === "True");
  const own = apiVersion.slice(apiVersion.indexOf("/") + 1) === versionOf(service.metadata.name, key.group);
  return up && !(own && backend !== undefined && backend !== null);
}

/** Versions that a CRD serves. */
export function declaredVersions(crd: RawObject): string[] {
  const { versions } = (crd["spec"] ?? {}) as { versions?: { name?: string; served?: boolean }[] };
  if (!Array.isArray(versions)) return [];
  return versions.filter((version) => version?.served !== false).map((version) => version?.name ?? "");
}
