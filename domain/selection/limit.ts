import type { Inventory, Plan, PlanStep, RawObject } from "../../schemas/artifact.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { objectKey } from "../../schemas/ids.ts";
import type { HealthStatus, Others } from "../../schemas/operation.ts";
import { wholeHealth } from "../application/whole-health.ts";
import { compareKeys } from "../sync/order.ts";
import { countSteps } from "../sync/plan.ts";
import { isSelected, nothingSelected, type Selection } from "./selected.ts";

/** Objects by `group/Kind/namespace/name`. */
type Objects = ReadonlyMap<string, RawObject | undefined>;

/**
 * The part of a plan that is about the selected objects, without hooks, and how the other objects stand. Throws InvalidInput when
 * nothing is selected, with the nearest of what there is.
 */
export function limitPlan(
  plan: Plan,
  selection: Selection,
  objects: { desired: Objects; live: Objects },
): { plan: Plan; others: Others } {
  const mine = ({ key }: PlanStep): boolean => {
    const text = objectKey(key);
    return isSelected(selection, key, objects.desired.get(text) ?? objects.live.get(text));
  };
  const steps = plan.steps.filter(mine);
  if (steps.length === 0) {
    const keys = plan.steps.map(({ key }) => key);
    const { message, next } = nothingSelected(selection, keys);
    throw new SluiceError("InvalidInput", `${message}; ${next}`, { next });
  }
  const { hooks: _, ...rest } = plan;
  return {
    plan: { ...rest, steps, counts: countSteps(steps) },
    others: othersOf(plan.steps.filter((step) => !mine(step))),
  };
}

function othersOf(steps: readonly PlanStep[]): Others {
  const judged = steps.filter(({ action, ignoreHealth }) => action !== "prune" && action !== "refuse" && !ignoreHealth);
  return {
    count: steps.length,
    sync: steps.every(({ action }) => action === "unchanged") ? "Synced" : "OutOfSync",
    health: judged.map(healthOf).reduce((worst, health) => wholeHealth(worst, { health }), "Healthy" as HealthStatus),
  };
}

const healthOf = ({ action, health }: PlanStep): HealthStatus =>
  health ?? (action === "create" ? "Missing" : "Unknown");

/** The inventory of a limited plan with the entries of what it leaves alone, as they were. */
export function keepOthers(intended: Inventory, before: Inventory | undefined, plan: Plan): Inventory {
  const planned = new Set(plan.steps.map(({ key }) => objectKey(key)));
  const kept = (before?.entries ?? []).filter(({ key }) => !planned.has(objectKey(key)));
  return { ...intended, entries: [...intended.entries, ...kept].sort((a, b) => compareKeys(a.key, b.key)) };
}
