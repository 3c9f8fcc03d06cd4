import type { Noted } from "../domain/application/command.ts";
import { worst } from "../domain/health/health.ts";
import type { Plan, PlanStep } from "../schemas/artifact.ts";
import { objectKey } from "../schemas/ids.ts";
import type { ActionCounts, HealthStatus } from "../schemas/operation.ts";

/** At most this many objects are named in an event. */
const NOTED = 20;

/** What a plan says of an application when it is not carried out. */
export interface Differing {
  sync: "Synced" | "OutOfSync";
  /** Of what is desired: an object yet to be created is missing. */
  health: HealthStatus;
  differing: Noted[];
}

/** Desired against live, read off a plan. */
export function differing({ steps }: Plan): Differing {
  const unlike = steps.filter(({ action }) => action !== "unchanged");
  return {
    sync: unlike.length === 0 ? "Synced" : "OutOfSync",
    health: worst(steps.filter(isDesired).map(healthOf)),
    differing: unlike.slice(0, NOTED).map(({ key, reason, message }) => ({
      object: objectKey(key),
      reason,
      ...(message !== undefined && { message }),
    })),
  };
}

const isDesired = ({ action }: PlanStep): boolean => action !== "prune" && action !== "refuse";

const healthOf = ({ action, health }: PlanStep): HealthStatus =>
  health ?? (action === "create" ? "Missing" : "Unknown");

/** Whether carrying out the plan would write nothing. */
export const writesNothing = ({ create, update, recreate, prune }: ActionCounts): boolean =>
  create + update + recreate + prune === 0;
