import type { RawObject } from "../schemas/artifact.ts";
import { FIELD_MANAGER } from "../schemas/ids.ts";
import { isLostRace } from "./apply-conflicts.ts";
import { applyOnto, claimOf, NotOurs, NOT_THERE, refuseOthers, takeOver, uidOf, type Written } from "./apply-onto.ts";
import type { ObjectWork } from "./apply-work.ts";
import type { ServedKind } from "./live.ts";

const RACES = 4;

/**
 * Writes the whole object with a PUT, so that what others added goes too (Replace=true), then applies it, so that its fields
 * are ours as after any other apply. Finalizers and owners stay: who set them waits for them.
 */
export async function replaceObject(work: ObjectWork, kind: ServedKind): Promise<Written> {
  for (let left = RACES; ; left -= 1) {
    try {
      return await tryReplace(work, kind);
    } catch (thrown) {
      if (!isLostRace(thrown) || thrown instanceof NotOurs || left === 0) throw thrown;
    }
  }
}

async function tryReplace(work: ObjectWork, kind: ServedKind): Promise<Written> {
  const { cluster, step } = work;
  const { adopts = [], lenient } = step.options ?? {};
  const live = await cluster.get(kind, step.key.namespace, step.key.name);
  if (!live) return await applyOnto(work, kind, NOT_THERE);
  refuseOthers(live, claimOf(work, live));
  const put = await cluster.replace(kind, whole(work.object, live), { fieldValidation: lenient ? "Ignore" : "Strict" });
  await takeOver(cluster, kind, { live: put, managers: [FIELD_MANAGER, ...adopts] });
  return await applyOnto({ ...work, force: true }, kind, uidOf(live.metadata.uid));
}

/** The desired object as a PUT of the live one. */
function whole(desired: RawObject, live: RawObject): RawObject {
  const { uid, resourceVersion, finalizers, ownerReferences } = live.metadata;
  const kept = { finalizers, ownerReferences, uid, resourceVersion };
  const metadata = { ...Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined)) };
  const status = live["status"] === undefined ? {} : { status: live["status"] };
  return { ...desired, ...status, metadata: { ...metadata, ...desired.metadata } };
}
