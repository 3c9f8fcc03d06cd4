import { isNeverOrphaned, isOrphan, markOf, type OrphanRule } from "../domain/drift/orphans.ts";
import { compareText } from "../domain/sync/identity.ts";
import type { Orphan, Orphans } from "../schemas/api/drift-routes.ts";
import type { RawObject } from "../schemas/artifact.ts";
import { objectKey } from "../schemas/ids.ts";
import { toSluiceError } from "../schemas/errors.ts";
import type { StandingOf } from "./abandoned.ts";
import { limited } from "./limited.ts";
import type { ServedKind } from "./live.ts";

/** What finding orphans needs of a cluster. */
export interface OrphanCluster {
  kinds(): Promise<ServedKind[]>;
  /** Pages of one kind's objects, metadata only. */
  pages(
    kind: ServedKind,
    options: { namespace: string; metadataOnly: true; limit: number; signal?: AbortSignal },
  ): AsyncIterable<{ items: RawObject[]; restarted: boolean }>;
}

export interface OrphanRequest {
  namespaces: readonly string[];
  /** What the project says is none. */
  ignore: readonly OrphanRule[];
  /** Whether an application that objects are marked with is still there; all are by default. */
  standing?: StandingOf;
  signal?: AbortSignal;
}

const CONCURRENCY = 8;
const PAGE = 500;
/** More are not listed; the rest of the namespace is better cleared first. */
const MOST = 1_000;
/** Pages of one kind in one namespace that are read for them. */
const MOST_PAGES = 20;

/** Objects in namespaces that no application owns and no other object does; of objects only their metadata is read. */
export async function findOrphans(cluster: OrphanCluster, request: OrphanRequest): Promise<Omit<Orphans, "warn">> {
  const kinds = (await cluster.kinds()).filter(
    (kind) => kind.namespaced && kind.verbs.includes("list") && !kind.resource.includes("/") && !isNeverOrphaned(kind),
  );
  const found: Orphan[] = [];
  const unread = new Map<string, string>();
  let cut = false;
  const places = request.namespaces.flatMap((namespace) => kinds.map((kind) => ({ kind, namespace })));
  await limited(places, CONCURRENCY, async ({ kind, namespace }) => {
    try {
      const { orphans, whole } = await orphansOf(cluster, { kind, namespace }, request);
      found.push(...orphans);
      cut ||= !whole;
    } catch (error) {
      request.signal?.throwIfAborted();
      unread.set(`${kind.apiVersion}/${kind.kind}`, toSluiceError(error).message);
    }
  });
  found.sort((a, b) => compareText(objectKey(a), objectKey(b)));
  return {
    items: found.slice(0, MOST),
    unread: [...unread].map(([kind, message]) => ({ kind, message })).sort((a, b) => compareText(a.kind, b.kind)),
    truncated: cut || found.length > MOST,
  };
}

async function orphansOf(
  cluster: OrphanCluster,
  { kind, namespace }: { kind: ServedKind; namespace: string },
  { ignore, standing, signal }: OrphanRequest,
): Promise<{ orphans: Orphan[]; whole: boolean }> {
  let orphans: Orphan[] = [];
  let pages = 0;
  const options = { namespace, metadataOnly: true, limit: PAGE, ...(signal && { signal }) } as const;
  for await (const { items, restarted } of cluster.pages(kind, options)) {
    if (restarted) orphans = [];
    const deleted = await deletedAmong(items, standing);
    orphans.push(...items.flatMap((object) => orphan(object, kind, { ignore, deleted })));
    if (++pages >= MOST_PAGES || orphans.length > MOST) return { orphans, whole: false };
  }
  return { orphans, whole: true };
}

/** The applications that objects are marked with and that were deleted. */
async function deletedAmong(items: readonly RawObject[], standing: StandingOf | undefined): Promise<Set<string>> {
  const deleted = new Set<string>();
  if (!standing) return deleted;
  for (const mark of new Set(items.map(markOf))) {
    if (mark !== undefined && (await standing(mark)) === "deleted") deleted.add(mark);
  }
  return deleted;
}

function orphan(object: RawObject, kind: ServedKind, rule: Parameters<typeof isOrphan>[2]): Orphan[] {
  const { name, namespace = "", uid = "", creationTimestamp } = object.metadata;
  const key = { group: kind.group, kind: kind.kind, namespace, name };
  if (!isOrphan({ ...object, apiVersion: kind.apiVersion, kind: kind.kind }, key, rule)) return [];
  const createdAt = typeof creationTimestamp === "string" ? { createdAt: creationTimestamp } : {};
  return [{ ...key, apiVersion: kind.apiVersion, uid, ...createdAt }];
}
