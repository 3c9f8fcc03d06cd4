import { isWellOnceApplied, worst } from "../../domain/health/health.ts";
import { isHealthIgnored } from "../../domain/health/ignored.ts";
import type { ApplicationState } from "../../domain/application/state.ts";
import type { Inventory, RawObject } from "../../schemas/artifact.ts";
import { judging, type OwnCheck } from "../judge.ts";
import type { ServedKind } from "../live.ts";
import type { ObservedHealth, ObservedObject } from "./measure-health.ts";

/** What looking at health needs of a cluster. */
export interface HealthCluster {
  resolve(apiVersion: string, kind: string): Promise<ServedKind | undefined>;
  get(kind: ServedKind, namespace: string, name: string, signal?: AbortSignal): Promise<RawObject | undefined>;
}

export interface ObserveHealthDeps {
  load(application: string): Promise<ApplicationState>;
  blobs: { getJson<T>(digest: string): Promise<T> };
  cluster(name: string): Promise<HealthCluster>;
  /** Health checks out of configuration. */
  own: OwnCheck | undefined;
}

/** Objects that are looked at in one measurement, of all applications together; asked for so many at once. */
const MOST_OBJECTS = 500;
const AT_ONCE = 8;

/** Looks at the objects of applications as they are now; with `kinds` only at those. */
export function createObserveHealth(deps: ObserveHealthDeps) {
  return async (
    applications: readonly string[],
    kinds: readonly string[] | undefined,
    signal: AbortSignal,
  ): Promise<ObservedHealth> => {
    const looked: ObservedHealth = { applications: [], objects: [] };
    let seen = 0;
    let unseen = 0;
    for (const name of applications) {
      const state = await deps.load(name);
      const wanted = await wantedOf(deps, state, kinds);
      const room = wanted.slice(0, Math.max(MOST_OBJECTS - seen, 0));
      seen += room.length;
      unseen += wanted.length - room.length;
      const objects =
        state.cluster === undefined ? [] : await look(deps, { name, cluster: state.cluster, wanted: room, signal });
      looked.objects.push(...objects);
      looked.applications.push(summaryOf(name, state, kinds ? undefined : objects));
    }
    return { ...looked, ...(unseen > 0 && { unseen }) };
  };
}

type Entry = Inventory["entries"][number];

async function wantedOf(
  { blobs }: ObserveHealthDeps,
  { inventory }: ApplicationState,
  kinds: readonly string[] | undefined,
): Promise<Entry[]> {
  if (inventory === undefined) return [];
  const { entries } = await blobs.getJson<Inventory>(inventory);
  return entries.filter(({ key }) => (kinds ? kinds.includes(key.kind) : !isWellOnceApplied(key)));
}

async function look(
  { cluster: connect, own }: ObserveHealthDeps,
  { name, cluster, wanted, signal }: { name: string; cluster: string; wanted: Entry[]; signal: AbortSignal },
): Promise<ObservedObject[]> {
  const client = await connect(cluster);
  const found: ObservedObject[] = [];
  for (let at = 0; at < wanted.length; at += AT_ONCE) {
    const some = wanted.slice(at, at + AT_ONCE);
    const live = await Promise.all(some.map((entry) => liveOf(client, entry, signal)));
    const judge = await judging(own, live);
    some.forEach(({ key }, index) => {
      const object = live[index];
      if (object && isHealthIgnored(object)) return;
      const { status, message } = judge(object);
      const phase = phaseOf(object);
      found.push({
        ...{ application: name, kind: key.kind, namespace: key.namespace, name: key.name, status },
        ...(message !== undefined && { message }),
        ...(phase !== undefined && { phase }),
      });
    });
  }
  return found;
}

async function liveOf(
  client: HealthCluster,
  { key, apiVersion }: Entry,
  signal: AbortSignal,
): Promise<RawObject | undefined> {
  const kind = await client.resolve(apiVersion, key.kind);
  return kind && (await client.get(kind, key.namespace, key.name, signal));
}

/** `status.phase`, as Argo's Rollout and Flagger's Canary have it. */
function phaseOf(object: RawObject | undefined): string | undefined {
  const { phase } = (object?.["status"] ?? {}) as { phase?: unknown };
  return typeof phase === "string" ? phase : undefined;
}

/** The worst of an application's objects and of what the ledger says of it; without a look at them the latter. */
function summaryOf(
  name: string,
  state: ApplicationState,
  objects: readonly ObservedObject[] | undefined,
): ObservedHealth["applications"][number] {
  if (state.inventory === undefined) return { name, status: "Missing", message: "it was never synced" };
  if (!objects) return { name, status: state.health };
  const status = worst([state.health, ...objects.map((one) => one.status)]);
  const first = objects.find((one) => one.status === status);
  if (status === "Healthy") return { name, status };
  if (!first) return { name, status, message: "as it was last recorded" };
  const why = first.message === undefined ? "" : `: ${first.message}`;
  return { name, status, message: `${first.kind} ${first.name}${why}` };
}
