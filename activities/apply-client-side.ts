import type { RawObject } from "../schemas/artifact.ts";
import { fieldsOfObject, mergeTypeOf, threeWayPatch } from "../domain/sync/three-way.ts";
import { union } from "../domain/sync/manager-entries.ts";
import type { FieldSet } from "../domain/sync/field-set.ts";
import { isLostRace } from "./apply-conflicts.ts";
import { claimOf, NotOurs, refuseOthers, type Written } from "./apply-onto.ts";
import type { ObjectWork } from "./apply-work.ts";
import type { ServedKind } from "./live.ts";

const RACES = 4;
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/**
 * Writes an object with a three-way merge of our own (ServerSideApply=false): for kinds whose schema a server-side apply can't
 * take, and lists whose items it can't tell apart. Nobody's fields are a conflict then; the last writer wins.
 */
export async function applyClientSide(work: ObjectWork, kind: ServedKind): Promise<Written> {
  for (let left = RACES; ; left -= 1) {
    try {
      return await tryApply(work, kind);
    } catch (thrown) {
      if (!isLostRace(thrown) || thrown instanceof NotOurs || left === 0) throw thrown;
    }
  }
}

async function tryApply(work: ObjectWork, kind: ServedKind): Promise<Written> {
  const { cluster, step, object: desired } = work;
  const { namespace, name } = step.key;
  const type = mergeTypeOf(kind.apiVersion, { crd: await isCustom(work, kind) });
  const fieldSet = fieldsOfObject(desired, type);
  const fieldValidation = step.options?.lenient ? "Ignore" : "Strict";
  const live = await cluster.get(kind, namespace, name);
  if (!live) return { object: await cluster.post(kind, desired, { fieldValidation }), fieldSet };
  refuseOthers(live, claimOf(work, live));
  const before = union(isSet(work.fieldSet) ? work.fieldSet : {}, lastApplied(live, type));
  const patch = threeWayPatch(before, desired, type);
  const { uid, resourceVersion } = live.metadata;
  const metadata = { ...(patch["metadata"] as object), uid, resourceVersion };
  const options = { type, patch: { ...patch, metadata }, fieldValidation } as const;
  return { object: await cluster.patch(kind, namespace, name, options), fieldSet };
}

const isSet = (value: unknown): value is FieldSet => value !== null && typeof value === "object";

/** A kind of a CRD knows no merge keys, whatever its group is called. */
async function isCustom({ cluster }: ObjectWork, { group, resource }: ServedKind): Promise<boolean> {
  if (!group.endsWith(".k8s.io")) return false;
  const definitions = await cluster.resolve("apiextensions.k8s.io/v1", "CustomResourceDefinition");
  return definitions !== undefined && (await cluster.get(definitions, "", `${resource}.${group}`)) !== undefined;
}

/** The fields of kubectl's client-side apply, by the copy that it keeps in an annotation, and the annotation itself. */
function lastApplied(live: RawObject, type: "strategic" | "merge"): FieldSet {
  const text = live.metadata.annotations?.[LAST_APPLIED];
  if (typeof text !== "string") return {};
  const annotation: FieldSet = { "f:metadata": { "f:annotations": { [`f:${LAST_APPLIED}`]: {} } } };
  try {
    return union(fieldsOfObject(JSON.parse(text) as RawObject, type), annotation);
  } catch {
    return annotation;
  }
}
