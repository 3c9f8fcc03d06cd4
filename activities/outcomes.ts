import type { ObjectOutcome, PlanStep, Report } from "../schemas/artifact.ts";
import { objectKey } from "../schemas/ids.ts";
import type { ActionCounts, HealthStatus } from "../schemas/operation.ts";
import type { Noted } from "../domain/application/command.ts";
import { worst } from "../domain/health/health.ts";

/** At most this many objects are named in an event. */
const NOTED = 20;

/** Whether an object's health says something: what was pruned, isn't ours, or asks to be ignored doesn't. */
export const counts = ({ result, ignoreHealth }: ObjectOutcome): boolean =>
  result !== "pruned" && result !== "refused" && !ignoreHealth;

/** Outcomes by action; what was not attempted is in no count. */
export function countOutcomes(outcomes: readonly ObjectOutcome[]): ActionCounts {
  const total: ActionCounts = { create: 0, update: 0, recreate: 0, unchanged: 0, prune: 0, refused: 0, failed: 0 };
  for (const { result, action, reason, hook } of outcomes) {
    if (reason === NOT_ATTEMPTED || (hook !== undefined && result !== "failed")) continue;
    if (result === "failed") total.failed += 1;
    else if (result === "refused" || action === "refuse") total.refused += 1;
    else total[action] += 1;
  }
  return total;
}

/** Reason of an object whose turn never came, because the operation was ended before. */
export const NOT_ATTEMPTED = "NotAttempted";

/** The report of all outcomes, with the application's health: the worst of the objects it owns. Hooks are none of them. */
export function reportOf(
  { application, operation }: Pick<Report, "application" | "operation">,
  outcomes: ObjectOutcome[],
): Report & { health: HealthStatus } {
  const health = worst(outcomes.filter((outcome) => counts(outcome) && !outcome.hook).map((outcome) => outcome.health));
  return { version: 1, application, operation, outcomes, counts: countOutcomes(outcomes), health };
}

const note = (outcome: ObjectOutcome, reason: string): Noted => ({
  object: objectKey(outcome.key),
  reason,
  ...(outcome.message === undefined ? {} : { message: outcome.message }),
});

/** The first 20 of a result, each with its reason. */
export const noted = (outcomes: readonly ObjectOutcome[], result: ObjectOutcome["result"]): Noted[] =>
  outcomes
    .filter((outcome) => outcome.result === result)
    .slice(0, NOTED)
    .map((outcome) => note(outcome, outcome.reason ?? result));

/** The first 20 objects that are not healthy, worst first, with their health as the reason. */
export function unhealthy(outcomes: readonly ObjectOutcome[]): Noted[] {
  const found = outcomes.filter((outcome) => counts(outcome) && outcome.health !== "Healthy");
  const degraded = found.filter((outcome) => outcome.health === "Degraded");
  const others = found.filter((outcome) => outcome.health !== "Degraded");
  return [...degraded, ...others].slice(0, NOTED).map((outcome) => note(outcome, outcome.health));
}

/** The outcome of a step that needs no work, or whose turn never came. */
export function settled(step: PlanStep): ObjectOutcome {
  const health = step.health ?? "Unknown";
  if (step.action === "refuse") return outcomeOf(step, "refused", { reason: step.reason, health }, step.message);
  if (step.action === "unchanged") {
    return outcomeOf(step, "unchanged", { reason: step.reason, health }, step.healthMessage);
  }
  const message = "the operation was ended before its turn";
  return outcomeOf(step, "pending", { reason: NOT_ATTEMPTED, health }, message);
}

/** The outcome of a step that was not tried because something it needs failed. */
export const blocked = (step: PlanStep, message: string): ObjectOutcome =>
  outcomeOf(step, "failed", { reason: "Blocked", health: step.health ?? "Missing" }, message);

/** An outcome with the place of its step in the sync. */
export const placed = ({ wave, ignoreHealth }: PlanStep, outcome: ObjectOutcome): ObjectOutcome => ({
  ...outcome,
  ...(wave === undefined ? {} : { wave }),
  ...(ignoreHealth === undefined ? {} : { ignoreHealth }),
});

const outcomeOf = (
  { key, apiVersion, action }: PlanStep,
  result: ObjectOutcome["result"],
  why: { reason: string; health: HealthStatus },
  message: string | undefined,
): ObjectOutcome => ({ key, apiVersion, action, result, ...why, ...(message === undefined ? {} : { message }) });
