import type { Inventory, ObjectOutcome, RawObject, Report } from "../schemas/artifact.ts";
import { objectKey } from "../schemas/ids.ts";
import { health, isWellOnceApplied } from "../domain/health/health.ts";
import { readLive, type LiveCluster, type Wanted } from "./live.ts";
import { NOT_ATTEMPTED, reportOf, unhealthy } from "./outcomes.ts";
import type { AssessInput, Assessed, StepContext } from "./steps.ts";

export interface AssessDeps {
  blobs: {
    getJson<T>(digest: string): Promise<T>;
    putJson(value: unknown): Promise<string>;
  };
  cluster(name: string): Promise<LiveCluster>;
}

/**
 * Reads the live health of what an operation applied, and whether what it deleted is gone. Kinds whose health is that
 * they exist are not read again: the apply saw them, and the watch sees them go.
 */
export function createAssessActivity(
  deps: AssessDeps,
): (input: AssessInput, context: StepContext) => Promise<Assessed> {
  return async ({ application, operation, cluster, report, inventory }, { signal }) => {
    const [before, owned, target] = await Promise.all([
      deps.blobs.getJson<Report>(report),
      deps.blobs.getJson<Inventory>(inventory),
      deps.cluster(cluster),
    ]);
    const wanted = wantedObjects(before, owned);
    const live = await readLive(target, { application, wanted, signal });
    const outcomes = before.outcomes.map((outcome) => reassessed(outcome, live.objects));
    const now = reportOf({ application, operation }, outcomes);
    return { report: await deps.blobs.putJson(now), health: now.health, unhealthy: unhealthy(outcomes) };
  };
}

function wantedObjects({ outcomes }: Report, { entries }: Inventory): Wanted[] {
  const owned = new Map(entries.map((entry) => [objectKey(entry.key), entry.resource]));
  return outcomes.flatMap((outcome): Wanted[] => {
    const { key, apiVersion } = outcome;
    if (apiVersion === undefined || !isRead(outcome)) return [];
    const resource = owned.get(objectKey(key));
    return [{ key, apiVersion, ...(resource === undefined ? {} : { owned: resource }) }];
  });
}

function isRead({ key, result, health: seen, reason }: ObjectOutcome): boolean {
  if (reason === NOT_ATTEMPTED) return false;
  if (result === "pending") return true;
  return (result === "applied" || result === "unchanged") && !(seen === "Healthy" && isWellOnceApplied(key));
}

function reassessed(outcome: ObjectOutcome, live: ReadonlyMap<string, RawObject | undefined>): ObjectOutcome {
  const text = objectKey(outcome.key);
  if (!live.has(text)) return outcome;
  const object = live.get(text);
  const { message: _before, ...rest } = outcome;
  if (outcome.result === "pending" && !object?.metadata["deletionTimestamp"]) {
    // Gone, or another one of the same name, which a deletion that was accepted can't be.
    return { ...rest, result: "pruned", health: "Healthy" };
  }
  const { status, message } = health(object);
  return { ...rest, health: status, ...(message === undefined ? {} : { message }) };
}
