import type { EndOperation } from "../domain/application/command.ts";
import { hasEnded } from "../domain/application/state.ts";
import { ownerOf } from "../domain/sync/tracking.ts";
import type { Inventory, InventoryEntry, RawObject, Report } from "../schemas/artifact.ts";
import { SluiceError, toSluiceError } from "../schemas/errors.ts";
import type { ApplicationEvent } from "../schemas/events/index.ts";
import { APPLICATION_LABEL, FIELD_MANAGER, objectKey, TRACKING_ANNOTATION } from "../schemas/ids.ts";
import { type Applications, recordMeta, sinceRequest } from "./applications.ts";
import { limited } from "./limited.ts";
import type { ServedKind } from "./live.ts";
import { countOutcomes } from "./outcomes.ts";
import type { StepHandlers } from "./steps.ts";
import { elsewhere } from "./unserved.ts";

/** What leaving objects to themselves needs of a cluster. */
export interface OrphanCluster {
  resolve(apiVersion: string, kind: string): Promise<ServedKind | undefined>;
  get(kind: ServedKind, namespace: string, name: string, signal?: AbortSignal): Promise<RawObject | undefined>;
  list(kind: ServedKind, options: Record<string, never>): Promise<{ items: RawObject[] }>;
  refreshDiscovery(): Promise<void>;
  /** Merge patch under a field manager. */
  patchAs(
    kind: ServedKind,
    at: { namespace: string; name: string },
    options: { manager: string; patch: unknown; signal?: AbortSignal },
  ): Promise<unknown>;
}

export interface OrphanDeps {
  applications: Applications;
  blobs: { getJson<T>(digest: string): Promise<T>; putJson(value: unknown): Promise<string> };
  orphanCluster(name: string): Promise<OrphanCluster>;
  now(): string;
  recorded(events: readonly ApplicationEvent[]): void;
}

const AT_ONCE = 16;
const ATTEMPTS = 5;

/**
 * A deletion that leaves the objects where they are: our label, our tracking annotation and our field manager are taken off, so that
 * nobody takes them for ours and the next tool meets no conflict, and then the application is forgotten. It plans nothing and ends
 * here; run again it does what is left. Every other operation is prepared as before. Throws what may pass.
 */
export function orphaning(prepare: StepHandlers["prepare"], deps: OrphanDeps): StepHandlers["prepare"] {
  return async (input, context) => {
    const { application, request } = input;
    if (request.kind !== "delete" || request.options?.orphan !== true) return await prepare(input, context);
    const { cluster: name = "", inventory, configuration, ...state } = await deps.applications.load(application);
    if (!configuration || hasEnded({ ...state, cluster: name }, request.operation)) return { status: "ended" };
    const entries = inventory === undefined ? [] : (await deps.blobs.getJson<Inventory>(inventory)).entries;
    if (entries.length > 0) {
      const cluster = await deps.orphanCluster(name);
      // A kind that went away is known as served until somebody asks again.
      await cluster.refreshDiscovery();
      await limited(entries, AT_ONCE, (entry) => leave(cluster, application, entry, context.signal));
    }
    await record(deps, input, name);
    return { status: "ended" };
  };
}

async function record(
  { applications, blobs, now, recorded }: OrphanDeps,
  { application, request }: Parameters<StepHandlers["prepare"]>[0],
  cluster: string,
): Promise<void> {
  const { operation, kind, trigger } = request;
  const counts = countOutcomes([]);
  const owned: Inventory = { version: 1, application, cluster, entries: [] };
  const told: Report = { version: 1, application, operation, outcomes: [], counts, health: "Healthy" };
  const [inventory, report] = await Promise.all([blobs.putJson(owned), blobs.putJson(told)]);
  const at = now();
  const end: EndOperation = {
    ...{ type: "EndOperation", operation, kind, trigger, durationMs: sinceRequest(request, at), orphaned: true },
    outcome: { result: "Succeeded", counts, inventory, report, health: "Healthy", refused: [] },
  };
  recorded(await applications.execute(application, end, recordMeta(request, "terminal", at)));
}

async function leave(
  cluster: OrphanCluster,
  application: string,
  entry: InventoryEntry,
  signal: AbortSignal,
): Promise<void> {
  const { key, apiVersion } = entry;
  const { namespace, name } = key;
  const kind = (await cluster.resolve(apiVersion, key.kind)) ?? (await elsewhere(cluster, entry));
  if (kind === "gone") return;
  if (!kind) throw new SluiceError("ClusterUnavailable", `the cluster does not say what ${objectKey(key)} is`);
  for (let attempt = 1; ; attempt += 1) {
    const live = await cluster.get(kind, namespace, name, signal);
    // Another application's by now, or nobody's: nothing of ours is on it.
    if (!live || ownerOf(live) !== application) return;
    try {
      await cluster.patchAs(kind, { namespace, name }, { manager: FIELD_MANAGER, patch: withoutMarks(live), signal });
      return;
    } catch (error) {
      // Somebody wrote it between the two.
      if (toSluiceError(error).code !== "Conflict" || attempt >= ATTEMPTS) throw error;
    }
  }
}

/** Takes our marks and our manager off, of exactly the object that was read. */
function withoutMarks(live: RawObject): unknown {
  const { resourceVersion, uid, managedFields = [] } = live.metadata;
  const others = managedFields.filter((entry) => (entry as { manager?: unknown }).manager !== FIELD_MANAGER);
  return {
    metadata: {
      ...{ uid, resourceVersion },
      labels: { [APPLICATION_LABEL]: null },
      annotations: { [TRACKING_ANNOTATION]: null },
      managedFields: others.length > 0 ? others : [nobody(live)],
    },
  };
}

const isMap = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);
const OWN = new Set(["apiVersion", "kind", "metadata", "status"]);

/**
 * An object without any manager is claimed whole by one that the API server makes up, and whoever applies next meets a conflict in
 * every field. So where ours was the only one, an entry stays that has one map and none of its fields.
 */
function nobody({ apiVersion, ...fields }: RawObject): unknown {
  const map = Object.entries(fields).find(([name, value]) => !OWN.has(name) && isMap(value));
  if (!map) return {};
  const fieldsV1 = { [`f:${map[0]}`]: { ".": {} } };
  return { manager: "released-by-sluice", operation: "Update", apiVersion, fieldsType: "FieldsV1", fieldsV1 };
}
