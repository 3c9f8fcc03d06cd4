import { addedSet } from "../../domain/break-glass/added.ts";
import { authorsOf } from "../../domain/drift/authors.ts";
import { changedFields } from "../../domain/drift/changed-fields.ts";
import type { FieldSet } from "../../domain/sync/field-set.ts";
import { compareText, keyTextOf } from "../../domain/sync/identity.ts";
import { union } from "../../domain/sync/manager-entries.ts";
import type { Drifted } from "../../domain/watch/report.ts";
import type { Artifact, RawObject } from "../../schemas/artifact.ts";
import type { ApplicationView } from "../../schemas/views.ts";
import type { WatcherBlobs } from "./ports.ts";

export interface DriftDetailDeps {
  blobs: WatcherBlobs;
  /** The object with its sealed Secret values opened. */
  open(object: RawObject): RawObject;
  /** The object with keyed digests in place of Secret values. */
  mask(object: RawObject): RawObject;
}

/** What is to be said of one drifted object beside that it drifted. */
export type Detail = Pick<Drifted, "managers" | "fields" | "more" | "authors" | "since">;

/** Tells the details of one application's drifted objects; what it reads for that is kept no longer than it is. */
export type DriftDetail = (
  view: ApplicationView,
) => (object: string, live: RawObject, fieldSet: unknown) => Promise<Detail>;

const MOST_FIELDS = 10;
const MOST_AUTHORS = 5;

/**
 * Which fields of an object differ from the artifact that was applied, and who holds them now. It is made from the very read that
 * proved the drift, and Secret values are masked on both sides before they are compared.
 */
export function createDriftDetail({ blobs, open, mask }: DriftDetailDeps): DriftDetail {
  return (view) => {
    let loading: Promise<Map<string, RawObject>> | undefined;
    const applied = (): Promise<Map<string, RawObject>> => (loading ??= appliedObjects(blobs, view));
    return async (object, live, fieldSet) => {
      const sealed = (await applied()).get(object);
      const { fields, set } = sealed
        ? changedFields(mask(open(sealed)), mask(live), watchedSet(view, live, fieldSet))
        : { fields: [], set: {} };
      const authors = authorsOf(live, fields.length > 0 ? set : fieldSet);
      const more = fields.length - MOST_FIELDS;
      const since = authors.flatMap(({ at }) => at ?? []).sort(compareText)[0];
      return {
        managers: [...new Set(authors.map(({ manager }) => manager))].sort(compareText),
        ...(sealed && { fields: fields.slice(0, MOST_FIELDS) }),
        ...(more > 0 && { more }),
        authors: authors.slice(0, MOST_AUTHORS),
        ...(since !== undefined && { since }),
      };
    };
  };
}

/** Our fields, and while a break-glass is on those that others added to them since it began. */
function watchedSet({ breakGlass }: ApplicationView, live: RawObject, ours: unknown): unknown {
  if (!breakGlass || breakGlass.ended) return ours;
  return union((ours ?? {}) as FieldSet, addedSet(live, ours, breakGlass.startedAt));
}

/** What was applied last, by key: of the newest operation that applied anything, else of what was deployed. */
async function appliedObjects(
  blobs: WatcherBlobs,
  { last, deployed }: ApplicationView,
): Promise<Map<string, RawObject>> {
  const wrote = last?.report !== undefined && last.result !== "Compared" && last.result !== "DryRun";
  const digests = [deployed?.artifact, wrote ? last.artifact : undefined];
  const objects = new Map<string, RawObject>();
  for (const digest of new Set(digests)) {
    if (digest === undefined) continue;
    for (const object of (await blobs.getJson<Artifact>(digest)).objects) objects.set(keyTextOf(object), object);
  }
  return objects;
}
