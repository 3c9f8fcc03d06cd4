import type { ClusterChanged } from "../../schemas/messages.ts";
import { HEALTH_ORDER } from "../../schemas/operation.ts";
import type { HealthStatus } from "../../schemas/operation.ts";

import { OBJECTS_MS, REPORT_MS } from "./coalesce.ts";
import { type NotedHealth, sameUnhealthy } from "./unhealthy.ts";

/** One object that differs from what was applied. */
export type Drifted = ClusterChanged["drifted"][number];

/** What is to be said of an application: the parts of ClusterChanged that come from its objects. */
export interface WatchReport {
  health: HealthStatus;
  unhealthy: ClusterChanged["unhealthy"];
  drifted: Drifted[];
}

/** What is known of one object of an application. */
export interface ObjectState {
  object: string;
  health: HealthStatus;
  message?: string;
  drift?: Drifted | undefined;
}

/** Limits of the message; the whole is read from the cluster by whoever acts. */
const MAX_UNHEALTHY = 20;
const MAX_DRIFTED = 50;
const MAX_FIELDS = 100;
/** A controller may write its whole log into a condition. */
const MAX_MESSAGE = 500;

/** Folds the objects of an application: the worst health, what is not healthy (worst first), and what drifted. */
export function assemble(objects: readonly ObjectState[]): WatchReport {
  const rank = ({ health }: ObjectState): number => HEALTH_ORDER.indexOf(health);
  const byObject = (a: { object: string }, b: { object: string }): number => compareText(a.object, b.object);
  const worst = Math.max(0, ...objects.map(rank));
  const unhealthy = objects
    .filter(({ health }) => health !== "Healthy")
    .sort((a, b) => rank(b) - rank(a) || byObject(a, b))
    .slice(0, MAX_UNHEALTHY)
    .map(({ object, health, message }) => ({
      object,
      health,
      ...(message === undefined ? {} : { message: message.slice(0, MAX_MESSAGE) }),
    }));
  const drifted = objects.flatMap(({ drift }) => drift ?? []).sort(byObject);
  const told = withinLimit(drifted.slice(0, MAX_DRIFTED));
  return { health: HEALTH_ORDER[worst] ?? "Healthy", unhealthy, drifted: told };
}

/** So many changed fields are told of in all; of the rest only that they are. */
function withinLimit(drifted: readonly Drifted[]): Drifted[] {
  let left = MAX_FIELDS;
  return drifted.map((entry) => {
    if (entry.fields === undefined) return entry;
    const fields = entry.fields.slice(0, left);
    left -= fields.length;
    const more = (entry.more ?? 0) + entry.fields.length - fields.length;
    return more === 0 ? entry : { ...entry, fields, more };
  });
}

/** What was last said of an application, by the watch or by its view. */
export interface Said {
  health: HealthStatus;
  /** Objects that are not healthy. */
  unhealthy: readonly NotedHealth[];
  drifted: readonly Drifted[];
}

/** Whether a report says something new: another aggregate health, other unhealthy objects, or other drifted objects or fields; `exact` also for other values. */
export const turned = (report: Said, said: Said, exact = false): boolean =>
  report.health !== said.health ||
  !sameUnhealthy(report.unhealthy, said.unhealthy) ||
  driftText(report.drifted, exact) !== driftText(said.drifted, exact);

/** After how many milliseconds since the last report this one is due; undefined where it says nothing new. */
export function pauseFor(report: Said, said: Said, exact: boolean): number | undefined {
  if (turned({ ...report, unhealthy: said.unhealthy }, said, exact)) return REPORT_MS;
  return turned(report, said) ? OBJECTS_MS : undefined;
}

const driftText = (drifted: readonly Drifted[], exact: boolean): string =>
  drifted
    .map(({ object, uid, change, fields = [], more = 0 }) => {
      const told = fields.map(({ path, was, is }) => (exact ? `${path} ${was} ${is}` : path)).join(" ");
      return `${object} ${uid} ${change} ${told} ${more}`;
    })
    .sort(compareText)
    .join("\n");

const compareText = (a: string, b: string): number => Number(a > b) - Number(a < b);
