import type { ActionName } from "../../schemas/action.ts";
import { nearest } from "../../schemas/api/nearest.ts";
import type { RawObject } from "../../schemas/artifact.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { ObjectKey } from "../../schemas/ids.ts";
import { CRON_JOB, JOB } from "./batch.ts";
import { type ActionChange, type ActionDefinition, type ActionInput, restart, scale, toggle } from "./definition.ts";
import { ROLLOUT } from "./rollout.ts";

/** The field manager of what an action writes: not ours, so that a sync neither counts nor removes it. */
export const ACTION_MANAGER = "sluice-action";

const ACTIONS: Readonly<Record<string, readonly ActionDefinition[]>> = {
  "apps/Deployment": [restart, toggle("pause", "paused", true), toggle("resume", "paused", false), scale],
  "apps/StatefulSet": [restart, scale],
  "apps/DaemonSet": [restart],
  "batch/CronJob": CRON_JOB,
  "batch/Job": JOB,
  "argoproj.io/Rollout": ROLLOUT,
};

/** One action of an object and whether it can be done now. */
export interface AvailableAction {
  action: ActionName;
  enabled: boolean;
  /** Why it can't be done now. */
  reason?: string;
  /** Parameters that it needs, with what they are. */
  parameters?: Record<string, string>;
}

const definitionsOf = ({ group, kind }: Pick<ObjectKey, "group" | "kind">): readonly ActionDefinition[] =>
  ACTIONS[`${group}/${kind}`] ?? [];

/** Whether objects of a kind have actions at all. */
export const hasActions = (key: Pick<ObjectKey, "group" | "kind">): boolean => definitionsOf(key).length > 0;

/** The actions of a live object. */
export function actionsOf(key: ObjectKey, object: RawObject): AvailableAction[] {
  return definitionsOf(key).map(({ name, notNow, parameters }) => {
    const reason = notNow?.(object);
    return {
      action: name,
      enabled: reason === undefined,
      ...(reason !== undefined && { reason }),
      ...(parameters && { parameters }),
    };
  });
}

/** The action of a kind by its name. Throws InvalidInput naming those there are. */
export function definitionOf(key: ObjectKey, action: string): ActionDefinition {
  const found = definitionsOf(key).find(({ name }) => name === action);
  if (found) return found;
  const known = definitionsOf(key).map(({ name }) => name);
  throw new SluiceError("InvalidInput", `a ${key.kind} has no action ${action}`, {
    next:
      known.length > 0 ? `it has ${known.join(", ")}` : "actions are there for workloads, Jobs, CronJobs and Rollouts",
  });
}

/** Throws InvalidInput for a parameter that an action has not got, naming the nearest that it has. */
export function checkParameters({ name, parameters = {} }: ActionDefinition, given: Record<string, string>): void {
  const known = Object.keys(parameters);
  const unknown = Object.keys(given).find((parameter) => !known.includes(parameter));
  if (unknown === undefined) return;
  const meant = nearest(unknown, known);
  const all = known.length === 0 ? "it takes none" : `it takes ${known.join(", ")}`;
  throw new SluiceError("InvalidInput", `${name} has no parameter ${JSON.stringify(unknown)}`, {
    next: meant === undefined ? all : `did you mean ${meant}?`,
  });
}

/**
 * What an action does to an object; undefined when it stands so already, as after a try whose answer was lost. Throws Conflict for
 * what can't be done now and InvalidInput for what means nothing.
 */
export function changeOf(
  key: ObjectKey,
  object: RawObject,
  input: ActionInput & { action: string },
): ActionChange | undefined {
  const definition = definitionOf(key, input.action);
  const change = definition.change(object, input);
  if (change.do === "patch" && stands(object, { ...change.patch, ...(change.status && { status: change.status }) })) {
    return undefined;
  }
  const why = definition.notNow?.(object);
  if (why === undefined) return change;
  throw new SluiceError("Conflict", `${input.action} of ${key.kind} ${key.name}: ${why}`);
}

/** Whether a merge patch would change nothing. */
function stands(value: unknown, patch: unknown): boolean {
  if (patch === null) return value === undefined || value === null;
  if (typeof patch !== "object" || Array.isArray(patch))
    return value === patch || (patch === false && value === undefined);
  const fields = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  return Object.entries(patch).every(([name, inner]) => stands(fields[name], inner));
}

/** What somebody should know who asks for an action that Git and the policy work against. */
export function warningsFor(
  key: ObjectKey,
  action: string,
  { fieldSet, selfHeal }: { fieldSet: unknown; selfHeal: boolean },
): string[] {
  return (definitionOf(key, action).fields ?? [])
    .filter((path) => owns(fieldSet, path))
    .map((path) => {
      const field = `Git sets ${path.join(".")} of it`;
      return selfHeal
        ? `${field} and self-heal is on: it is put back; change it in Git, or suspend self-heal with a break-glass`
        : `${field}: it counts as drift, and the next sync puts it back`;
    });
}

/** Whether a field set, as managedFields has it, holds a path. */
function owns(fieldSet: unknown, path: readonly string[]): boolean {
  let node = fieldSet;
  for (const name of path) {
    if (typeof node !== "object" || node === null) return false;
    node = (node as Record<string, unknown>)[`f:${name}`];
  }
  return node !== undefined;
}
