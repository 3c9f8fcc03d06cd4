import type { RawObject } from "../schemas/artifact.ts";
import { APPLICATION_LABEL, objectKey, type ObjectKey } from "../schemas/ids.ts";
import { groupOf, isCrd, keyTextOf } from "../domain/sync/identity.ts";
import { limited } from "./limited.ts";
import { declaredVersions, elsewhere } from "./unserved.ts";

/** A served kind, as discovery tells it. */
export interface ServedKind {
  group: string;
  version: string;
  apiVersion: string;
  resource: string;
  kind: string;
  namespaced: boolean;
  verbs: string[];
}

/** What reading live state needs of a cluster. */
export interface LiveCluster {
  resolve(apiVersion: string, kind: string): Promise<ServedKind | undefined>;
  get(kind: ServedKind, namespace: string, name: string, signal?: AbortSignal): Promise<RawObject | undefined>;
  list(
    kind: ServedKind,
    options: { namespace?: string; labelSelector?: string; signal?: AbortSignal },
  ): Promise<{ items: RawObject[] }>;
}

/** An object to be read: rendered, owned, or both. */
export interface Wanted {
  key: ObjectKey;
  apiVersion: string;
  /** Its plural resource name when it is in the inventory, so that it carries our label if it is live. */
  owned?: string;
}

/** A kind that a CRD among the rendered objects declares. */
export interface DeclaredKind {
  resource: string;
  namespaced: boolean;
  versions: readonly string[];
}

export interface Live {
  /** Live objects by key; `undefined` is a proven absence, a missing key is not known. */
  objects: Map<string, RawObject | undefined>;
  /** Served kinds by `apiVersion/Kind`. */
  served: Map<string, ServedKind>;
  /** Kinds, as `group/Kind`, that are not served: those the rendering itself declares, and the others. */
  kindsLater: Set<string>;
  kindsUnknown: Set<string>;
}

export interface LiveRequest {
  application: string;
  wanted: readonly Wanted[];
  declared?: ReadonlyMap<string, DeclaredKind>;
  concurrency?: number;
  signal?: AbortSignal;
}

/** From this many owned objects of a kind in a namespace on, one list by label replaces the single reads. */
const LIST_FROM = 9;
const CONCURRENCY = 16;

/** Reads the live state of the wanted objects: lists by our label where many are owned, single reads for the rest. */
export async function readLive(cluster: LiveCluster, request: LiveRequest): Promise<Live> {
  const live: Live = { objects: new Map(), served: new Map(), kindsLater: new Set(), kindsUnknown: new Set() };
  const groups = new Map<string, { kind: ServedKind; wanted: Wanted[] }>();
  for (const wanted of request.wanted) {
    const kind = await servedKind(cluster, wanted, live);
    if (kind) group(groups, kind, wanted);
  }
  await unserved(cluster, request, live);
  await readGroups(cluster, [...groups.values()], request, live);
  return live;
}

async function servedKind(cluster: LiveCluster, wanted: Wanted, live: Live): Promise<ServedKind | undefined> {
  const id = `${wanted.apiVersion}/${wanted.key.kind}`;
  const known = live.served.get(id);
  if (known || live.kindsUnknown.has(id)) return known;
  const kind = await cluster.resolve(wanted.apiVersion, wanted.key.kind);
  if (kind) live.served.set(id, kind);
  else live.kindsUnknown.add(id);
  return kind;
}

function group(groups: Map<string, { kind: ServedKind; wanted: Wanted[] }>, kind: ServedKind, wanted: Wanted): void {
  const id = `${kind.apiVersion}/${kind.resource}/${wanted.key.namespace}`;
  const found = groups.get(id) ?? { kind, wanted: [] };
  found.wanted.push(wanted);
  groups.set(id, found);
}

/** Sorts the kinds that are not served, and proves absent what can't exist any more. */
async function unserved(cluster: LiveCluster, request: LiveRequest, live: Live): Promise<void> {
  const missing = new Set(live.kindsUnknown);
  const known = new Map<string, ReturnType<typeof elsewhere>>();
  live.kindsUnknown.clear();
  for (const wanted of request.wanted) {
    const { key, apiVersion } = wanted;
    if (!missing.has(`${apiVersion}/${key.kind}`)) continue;
    const kind = `${key.group}/${key.kind}`;
    const declared = request.declared?.get(kind);
    const later = declared?.versions.includes(apiVersion.slice(apiVersion.indexOf("/") + 1)) === true;
    (later ? live.kindsLater : live.kindsUnknown).add(kind);
    if (wanted.owned !== undefined) await readInOtherVersion(cluster, wanted, live, known);
  }
}

/** An owned object whose version is not served: it may live on under another one, and only a kind that is gone proves it absent. */
async function readInOtherVersion(
  cluster: LiveCluster,
  { key, apiVersion, owned: resource = "" }: Wanted,
  live: Live,
  known: Map<string, ReturnType<typeof elsewhere>>,
): Promise<void> {
  const id = `${apiVersion}/${key.kind}`;
  const found = known.get(id) ?? elsewhere(cluster, { key, apiVersion, resource });
  known.set(id, found);
  const kind = await found;
  if (kind === undefined) return;
  const object = kind === "gone" ? undefined : await cluster.get(kind, key.namespace, key.name);
  live.objects.set(objectKey(key), object);
}

async function readGroups(
  cluster: LiveCluster,
  groups: readonly { kind: ServedKind; wanted: Wanted[] }[],
  request: LiveRequest,
  live: Live,
): Promise<void> {
  const limit = request.concurrency ?? CONCURRENCY;
  const signal = request.signal ? { signal: request.signal } : {};
  const many = groups.filter(({ wanted }) => wanted.filter(({ owned }) => owned !== undefined).length >= LIST_FROM);
  const wantedKeys = new Set(request.wanted.map(({ key }) => objectKey(key)));
  await limited(many, limit, async ({ kind, wanted }) => {
    const namespace = wanted[0]?.key.namespace ?? "";
    const labelSelector = `${APPLICATION_LABEL}=${request.application}`;
    const { items } = await cluster.list(kind, { ...(namespace ? { namespace } : {}), labelSelector, ...signal });
    for (const item of items) {
      const key = keyTextOf(item);
      if (wantedKeys.has(key)) live.objects.set(key, item);
    }
  });
  // What a list doesn't show may have lost its label: only a read of its own proves that it is gone.
  const single = groups
    .flatMap(({ kind, wanted }) => wanted.map(({ key }) => ({ kind, key, text: objectKey(key) })))
    .filter(({ text }) => !live.objects.has(text));
  await limited(single, limit, async ({ kind, key, text }) => {
    live.objects.set(text, await cluster.get(kind, key.namespace, key.name, request.signal));
  });
}

/** Kinds that the CRDs among some objects declare, by `group/Kind`. */
export function declaredKinds(objects: readonly RawObject[]): Map<string, DeclaredKind> {
  const kinds = new Map<string, DeclaredKind>();
  for (const object of objects) {
    if (!isCrd({ group: groupOf(object.apiVersion), kind: object.kind })) continue;
    const spec = object["spec"] as { group?: string; names?: { kind?: string } } | undefined;
    kinds.set(`${spec?.group}/${spec?.names?.kind}`, declaredKind(object));
  }
  return kinds;
}

function declaredKind(crd: RawObject): DeclaredKind {
  const spec = (crd["spec"] ?? {}) as {
    scope?: string;
    names?: { plural?: string };
  };
  return {
    resource: spec.names?.plural ?? "",
    namespaced: spec.scope !== "Cluster",
    versions: declaredVersions(crd),
  };
}
