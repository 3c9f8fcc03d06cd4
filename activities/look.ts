import type { RawObject } from "../schemas/artifact.ts";
import { objectKey, parseObjectKey } from "../schemas/ids.ts";
import type { Look } from "../domain/why/cause.ts";
import { worstPod } from "../domain/why/pods.ts";
import { judging, type OwnCheck } from "./judge.ts";
import type { ServedKind } from "./live.ts";

/** What a look needs of a cluster. */
export interface LookCluster {
  resolve(apiVersion: string, kind: string): Promise<ServedKind | undefined>;
  get(kind: ServedKind, namespace: string, name: string, signal?: AbortSignal): Promise<RawObject | undefined>;
  list(
    kind: ServedKind,
    options: { namespace?: string; labelSelector?: string; limit?: number; signal?: AbortSignal },
  ): Promise<{ items: RawObject[] }>;
}

/** One object to look at; an optional one that is not there is not missed. */
export interface Wanted {
  object: string;
  apiVersion: string;
  optional?: boolean;
}

export interface LookOptions {
  own: OwnCheck | undefined;
  signal: AbortSignal;
}

/** How many objects are looked at, and how many pods of one. */
const MOST_OBJECTS = 50;
const MOST_PODS = 50;

/** Objects as they are now, and the pods of those that have some. What can't be read is left out: the ledger still has its word. */
export async function lookAt(
  cluster: LookCluster,
  wanted: readonly Wanted[],
  { own, signal }: LookOptions,
): Promise<Look[]> {
  const looks = await Promise.all(
    wanted.slice(0, MOST_OBJECTS).map((one) => look(cluster, one, { own, signal }).catch(() => undefined)),
  );
  return looks.filter((one) => one !== undefined);
}

async function look(
  cluster: LookCluster,
  { object, apiVersion, optional }: Wanted,
  { own, signal }: LookOptions,
): Promise<Look | undefined> {
  const key = parseObjectKey(object);
  const kind = key && (await cluster.resolve(apiVersion, key.kind));
  if (!kind) return undefined;
  const live = await cluster.get(kind, key.namespace, key.name, signal);
  if (!live && optional) return undefined;
  const { status, message } = (await judging(own, [live]))(live);
  const pod = live && status !== "Healthy" ? await podOf(cluster, live, signal) : undefined;
  return {
    object: objectKey(key),
    health: status,
    ...(message !== undefined && { message }),
    ...(pod !== undefined && { pod }),
  };
}

/** The worst pod that the object's selector matches. */
async function podOf(cluster: LookCluster, live: RawObject, signal: AbortSignal): Promise<Look["pod"]> {
  const spec = live["spec"] as { selector?: { matchLabels?: Record<string, string> } } | undefined;
  const labels = Object.entries(spec?.selector?.matchLabels ?? {});
  const { namespace } = live.metadata;
  if (labels.length === 0 || namespace === undefined) return undefined;
  const kind = await cluster.resolve("v1", "Pod");
  if (!kind) return undefined;
  const labelSelector = labels.map(([name, value]) => `${name}=${value}`).join(",");
  const { items } = await cluster.list(kind, { namespace, labelSelector, limit: MOST_PODS, signal });
  return worstPod(items);
}
