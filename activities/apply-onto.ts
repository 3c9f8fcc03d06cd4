import type { RawObject } from "../schemas/artifact.ts";
import { SluiceError } from "../schemas/errors.ts";
import { claimRefusal, type Claim, type ClaimRefusal } from "../domain/sync/claim.ts";
import { migrated, migrationOf } from "../domain/sync/manager-entries.ts";
import type { FieldSet } from "../domain/sync/field-set.ts";
import { ownerOf } from "../domain/sync/tracking.ts";
import { withoutFields } from "../domain/sync/undeclared.ts";
import { undeclaredOf } from "./apply-conflicts.ts";
import type { ObjectCluster, ObjectWork } from "./apply-work.ts";
import type { ServedKind } from "./live.ts";

/** What came of writing one object. */
export interface Written {
  object: RawObject;
  /** Fields that others held and that were taken back. */
  conflicts?: { manager: string; field: string }[];
  /** It was deleted first, because fields of it can't be changed. */
  recreated?: true;
  /** Fields that the cluster doesn't know and that were left out (Validate=false). */
  dropped?: readonly string[];
  /** The fields that are ours by it, where no server-side apply says so. */
  fieldSet?: FieldSet;
}

/** Thrown when the object turns out to be another's at the moment it is written. */
export class NotOurs extends SluiceError {
  readonly reason: ClaimRefusal;

  constructor({ reason, message }: { reason: ClaimRefusal; message: string }) {
    super("Conflict", message);
    this.name = "NotOurs";
    this.reason = reason;
  }
}

/** The live object that an apply is meant for. One that is to be created names a version that no object ever has. */
export interface Onto {
  uid?: string;
  resourceVersion?: string;
}

/** Etcd counts from 1 and writes itself first: as a precondition it holds for nothing but an object that isn't there. */
export const NOT_THERE: Onto = { resourceVersion: "1" };
const MISFITS = 5;

export const uidOf = (uid: string | undefined): Onto => (uid === undefined ? {} : { uid });

/** What an apply claims. An object that the plan knew is no news to it, so that Adopt=false was settled there. */
export function claimOf({ application, step }: ObjectWork, live: RawObject): Claim {
  const { adopt, from } = step.options ?? {};
  const gone = from === undefined ? undefined : new Map([[from, "deleted" as const]]);
  const known = live.metadata.uid === step.uid;
  return { application, adopt: known && adopt === "false" ? undefined : adopt, ...(gone && { gone }) };
}

/** Throws NotOurs when the object is another application's or tool's. */
export function refuseOthers(live: RawObject, claim: Claim): void {
  const refusal = claimRefusal(live, claim);
  if (refusal) throw new NotOurs(refusal);
}

/**
 * The object as it is now, after the fields of who applied it before became ours. Its version is named as long as it isn't
 * marked as ours, so that of two applications that reach for it one is refused. Throws NotOurs when it is another's.
 */
export async function ontoLive(work: ObjectWork, kind: ServedKind): Promise<Onto> {
  const { cluster, step, application } = work;
  const { namespace, name } = step.key;
  const live = await cluster.get(kind, namespace, name);
  if (!live) return NOT_THERE;
  refuseOthers(live, claimOf(work, live));
  const { uid, resourceVersion } = live.metadata;
  const named = uidOf(uid);
  if (resourceVersion === undefined) return named;
  const moved = await takeOver(cluster, kind, { live, managers: step.options?.adopts ?? [] });
  if (moved) return { ...named, resourceVersion: moved.metadata.resourceVersion ?? resourceVersion };
  return ownerOf(live) === application ? named : { ...named, resourceVersion };
}

/** Makes what some managers wrote ours, so that our next apply removes what isn't in it; undefined when they wrote nothing. */
export async function takeOver(
  cluster: ObjectCluster,
  kind: ServedKind,
  { live, managers }: { live: RawObject; managers: readonly string[] },
): Promise<RawObject | undefined> {
  const entries = migrated(live, migrationOf(managers));
  if (!entries) return undefined;
  const { namespace = "", name, resourceVersion } = live.metadata;
  return await cluster.patch(kind, namespace, name, {
    type: "json",
    patch: [
      { op: "replace", path: "/metadata/managedFields", value: entries },
      { op: "replace", path: "/metadata/resourceVersion", value: resourceVersion },
    ],
  });
}

/** Server-side apply; with Validate=false without the fields that the kind doesn't know. */
export async function applyOnto(work: ObjectWork, kind: ServedKind, onto: Onto): Promise<Written> {
  const { cluster, step, force } = work;
  const dropped: string[] = [];
  let object: RawObject = { ...work.object, metadata: { ...work.object.metadata, ...onto } };
  for (let left = MISFITS; ; left -= 1) {
    try {
      const answer = await cluster.apply(kind, object, { force: force || step.options?.force === true });
      return { object: answer.object, ...(dropped.length > 0 ? { dropped } : {}) };
    } catch (thrown) {
      const undeclared = step.options?.lenient ? undeclaredOf(thrown) : [];
      const rest = withoutFields(object, undeclared);
      if (rest === object || left === 0) throw thrown;
      object = rest;
      dropped.push(...undeclared);
    }
  }
}
