import { SluiceError } from "../schemas/errors.ts";
import { health } from "../domain/health/health.ts";
import { claimOf, refuseOthers } from "./apply-onto.ts";
import type { ObjectWork } from "./apply-work.ts";
import type { ServedKind } from "./live.ts";
import { until } from "./until.ts";

/** How long an object may take to go that is being deleted. */
const PATIENCE_MS = 10_000;

/**
 * Deletes the object that the plan saw, by its uid, and waits until it is gone, also when the operation has to stop: half of it
 * would be an object less. Throws NotOurs when it is another's by now, and ApplyFailed when something holds it longer; the
 * next sync goes on from there.
 */
export async function deleteAndWait(work: ObjectWork, kind: ServedKind): Promise<void> {
  const { cluster, step } = work;
  const { namespace, name } = step.key;
  const propagation = step.options?.propagation;
  if (step.uid === undefined) return;
  const live = await cluster.get(kind, namespace, name);
  if (live) refuseOthers(live, claimOf(work, live));
  const options = { uid: step.uid, ...(propagation === undefined ? {} : { propagation }) };
  await cluster.delete(kind, namespace, name, options);
  if (await gone({ ...work, signal: undefined }, kind)) return;
  throw new SluiceError("ApplyFailed", `it was deleted to be created anew: ${await terminating(work, kind)}`);
}

/** Waits until the object that the plan saw is gone; undefined when it still isn't. */
export const gone = async (
  { cluster, step, signal }: Pick<ObjectWork, "cluster" | "step"> & { signal: AbortSignal | undefined },
  kind: ServedKind,
): Promise<true | undefined> =>
  await until(
    async () => {
      const live = await cluster.get(kind, step.key.namespace, step.key.name);
      return !live || live.metadata.uid !== step.uid || undefined;
    },
    { limitMs: PATIENCE_MS, ...(signal && { signal }) },
  );

/** What holds an object that is being deleted. */
export async function terminating({ cluster, step }: ObjectWork, kind: ServedKind): Promise<string> {
  const live = await cluster.get(kind, step.key.namespace, step.key.name);
  const held = live ? health(live).message : undefined;
  return `${held ?? "it is being deleted"}; sync again once it is gone`;
}
