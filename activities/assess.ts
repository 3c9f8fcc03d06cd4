import type { Inventory, ObjectOutcome, RawObject, Report } from "../schemas/artifact.ts";
import { objectKey } from "../schemas/ids.ts";
import type { Part } from "../schemas/phases.ts";
import { isWellOnceApplied, worst } from "../domain/health/health.ts";
import { isInPart } from "../domain/sync/waves.ts";
import { isLeftover, judgedHook } from "./apply-hook.ts";
import { judging, type Judge, type OwnCheck } from "./judge.ts";
import { readLive, type LiveCluster, type Wanted } from "./live.ts";
import { counts, NOT_ATTEMPTED, noted, reportOf, unhealthy } from "./outcomes.ts";
import type { AssessInput, Assessed, StepContext } from "./steps.ts";

export interface AssessDeps {
  blobs: {
    getJson<T>(digest: string): Promise<T>;
    putJson(value: unknown): Promise<string>;
  };
  cluster(name: string): Promise<LiveCluster>;
  /** Health checks out of configuration; the built-in rules alone by default. */
  own?: OwnCheck;
}

/**
 * Reads the live health of what an operation applied, or of one part of it, how far its hooks are, and whether what it deleted is gone.
 * Kinds whose health is that they exist are not read again: the apply saw them, and the watch sees them go.
 */
export function createAssessActivity(
  deps: AssessDeps,
): (input: AssessInput, context: StepContext) => Promise<Assessed> {
  return async ({ application, operation, cluster, report, inventory, part }, { signal }) => {
    const [before, owned, target] = await Promise.all([
      deps.blobs.getJson<Report>(report),
      deps.blobs.getJson<Inventory>(inventory),
      deps.cluster(cluster),
    ]);
    const read = before.outcomes.filter((outcome) => isInPart(outcome, part) && isRead(outcome));
    const live = await readLive(target, { application, wanted: wantedObjects(read, owned), signal });
    const judge = await judging(deps.own, live.objects.values());
    const fresh = new Map(read.map((outcome) => [outcome, reassessed(outcome, live.objects, judge)]));
    const outcomes = before.outcomes.map((outcome) => fresh.get(outcome) ?? outcome);
    const now = reportOf({ application, operation }, outcomes);
    const digest = await deps.blobs.putJson(now);
    return part === undefined
      ? { report: digest, health: now.health, unhealthy: unhealthy(outcomes) }
      : { report: digest, whole: now.health, ...partly(outcomes, part) };
  };
}

/** How a part stands. Its hooks that failed are named once none of it runs any more. */
function partly(all: readonly ObjectOutcome[], part: Part): Omit<Assessed, "report"> {
  const outcomes = all.filter((outcome) => isInPart(outcome, part));
  const running = outcomes.some(({ reason, hook }) => hook !== undefined && reason === "HookRunning");
  // One that failed is held against the part when the others have come to their end.
  const judged = outcomes.filter((outcome) => counts(outcome) && !(running && outcome.result === "failed"));
  return {
    health: worst(judged.map((outcome) => outcome.health)),
    unhealthy: unhealthy(outcomes),
    ...(running ? {} : { failures: noted(outcomes, "failed") }),
    ...(all.some((outcome) => isLeftover(outcome)) ? { leftovers: true } : {}),
  };
}

function wantedObjects(outcomes: readonly ObjectOutcome[], { entries }: Inventory): Wanted[] {
  const owned = new Map(entries.map((entry) => [objectKey(entry.key), entry.resource]));
  return outcomes.flatMap(({ key, apiVersion }): Wanted[] => {
    if (apiVersion === undefined) return [];
    const resource = owned.get(objectKey(key));
    return [{ key, apiVersion, ...(resource === undefined ? {} : { owned: resource }) }];
  });
}

function isRead({ key, result, health: seen, reason, hook }: ObjectOutcome): boolean {
  if (reason === NOT_ATTEMPTED) return false;
  if (hook !== undefined) return reason === "HookRunning";
  if (result === "pending") return true;
  return (result === "applied" || result === "unchanged") && !(seen === "Healthy" && isWellOnceApplied(key));
}

function reassessed(
  outcome: ObjectOutcome,
  live: ReadonlyMap<string, RawObject | undefined>,
  judge: Judge,
): ObjectOutcome {
  const text = objectKey(outcome.key);
  if (!live.has(text)) return outcome;
  const object = live.get(text);
  if (outcome.hook !== undefined) return judgedHook(outcome, object, judge);
  const { message: _before, ...rest } = outcome;
  if (outcome.result === "pending" && !object?.metadata["deletionTimestamp"]) {
    // Gone, or another one of the same name, which a deletion that was accepted can't be.
    return { ...rest, result: "pruned", health: "Healthy" };
  }
  const { status, message } = judge(object);
  return { ...rest, health: status, ...(message === undefined ? {} : { message }) };
}
