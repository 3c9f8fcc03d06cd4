import { mayTakeBack } from "../domain/sync/takeover.ts";
import { applyClientSide } from "./apply-client-side.ts";
import { conflictsOf, isImmutable, isLostRace } from "./apply-conflicts.ts";
import { deleteAndWait } from "./apply-delete.ts";
import {
  applyOnto,
  claimOf,
  NotOurs,
  NOT_THERE,
  ontoLive,
  refuseOthers,
  uidOf,
  type Onto,
  type Written,
} from "./apply-onto.ts";
import { replaceObject } from "./apply-replace.ts";
import type { ObjectWork } from "./apply-work.ts";
import type { ServedKind } from "./live.ts";

/** Reasons of an update of what this application has not written, as far as it knows. */
const UNKNOWN_TO_US: ReadonlySet<string> = new Set(["NotRecorded", "ApplyUnrecorded", "Replaced"]);
const RACES = 4;

/** Writes one object as its options ask for; what can't be changed is deleted and created anew where that is allowed. */
export async function writeObject(work: ObjectWork, kind: ServedKind): Promise<Written> {
  const { step } = work;
  const asLive = await respecting(work, kind);
  try {
    if (step.options?.replace && step.action === "update") return await replaceObject(asLive, kind);
    if (step.options?.clientSide) return await applyClientSide(asLive, kind);
    return await applyTakingBack(asLive, kind);
  } catch (thrown) {
    if (!isImmutable(thrown) || !step.options?.recreate || step.action !== "update") throw thrown;
    await deleteAndWait(work, kind);
    const anew = step.options.clientSide ? applyClientSide(work, kind) : applyOnto(work, kind, NOT_THERE);
    return { ...(await anew), recreated: true };
  }
}

/** With RespectIgnoreDifferences, fields that are to be ignored are applied as they are live. */
async function respecting(work: ObjectWork, kind: ServedKind): Promise<ObjectWork> {
  const { cluster, step, object } = work;
  if (!step.options?.respect || !work.respecting || step.action !== "update") return work;
  const live = await cluster.get(kind, step.key.namespace, step.key.name);
  return live ? { ...work, object: await work.respecting(object, live) } : work;
}

/** Applies; fields that were ours and that somebody wrote over by hand are taken back, any others are a conflict. */
async function applyTakingBack(work: ObjectWork, kind: ServedKind): Promise<Written> {
  try {
    return await applyOntoExpected(work, kind);
  } catch (thrown) {
    const conflicts = conflictsOf(thrown);
    if (!conflicts) throw thrown;
    const live = await work.cluster.get(kind, work.step.key.namespace, work.step.key.name);
    // The API server looks at fields first: the conflict may be with whose object it turns out to be.
    if (live) refuseOthers(live, claimOf(work, live));
    if (!live || live.metadata.uid !== work.step.uid || !mayTakeBack(conflicts, work.fieldSet, live)) throw thrown;
    return { ...(await applyOntoExpected({ ...work, force: true }, kind)), conflicts };
  }
}

/**
 * Applies onto the very object that the plan saw, or onto none: the API server refuses another one. When it was replaced,
 * deleted or created meanwhile, it is looked at whose it is before the apply goes on.
 */
async function applyOntoExpected(work: ObjectWork, kind: ServedKind): Promise<Written> {
  const { step } = work;
  let onto: Onto | undefined;
  if (step.action !== "update") onto = NOT_THERE;
  else if (step.options?.adopts === undefined && !UNKNOWN_TO_US.has(step.reason)) onto = uidOf(step.uid);
  for (let left = RACES; ; left -= 1) {
    try {
      return await applyOnto(work, kind, onto ?? (await ontoLive(work, kind)));
    } catch (thrown) {
      if (!isLostRace(thrown) || thrown instanceof NotOurs || left === 0) throw thrown;
      const again = await ontoLive(work, kind);
      if (onto && again.uid === onto.uid && again.resourceVersion === onto.resourceVersion) throw thrown;
      onto = again;
    }
  }
}
