import type { RawObject } from "../../schemas/artifact.ts";
import { type ActionDefinition, spec, toggle, valueAt } from "./definition.ts";

/** Actions on an Argo Rollouts Rollout, as its kubectl plugin and Argo CD have them. */

const isAborted = (object: RawObject): boolean => valueAt(object, ["status", "abort"]) === true;

/** Between two versions: the newest one is not the stable one. */
const isRollingOut = (object: RawObject): boolean => {
  const newest = valueAt(object, ["status", "currentPodHash"]);
  return newest !== undefined && newest !== valueAt(object, ["status", "stableRS"]);
};

const isPaused = (object: RawObject): boolean => {
  const conditions = valueAt(object, ["status", "pauseConditions"]);
  return valueAt(object, ["spec", "paused"]) === true || (Array.isArray(conditions) && conditions.length > 0);
};

const RESUMED = { do: "patch", patch: { spec: { paused: false } }, status: { pauseConditions: null } } as const;

const restart: ActionDefinition = {
  name: "restart",
  change: (_, { requestedAt }) => spec({ restartAt: requestedAt }),
};
const resume: ActionDefinition = {
  name: "resume",
  fields: [["spec", "paused"]],
  notNow: (object) => (isPaused(object) ? undefined : "it is not paused"),
  change: () => RESUMED,
};
/** Goes on past the pause that it is in. */
const promote: ActionDefinition = {
  ...resume,
  name: "promote",
  notNow: (object) => {
    if (!isRollingOut(object)) return "it is rolled out";
    return isPaused(object) ? undefined : "it is not paused at a step";
  },
};
const promoteFull: ActionDefinition = {
  name: "promote-full",
  notNow: (object) => (isRollingOut(object) ? undefined : "it is rolled out"),
  change: () => ({ do: "patch", patch: {}, status: { promoteFull: true } }),
};
const abort: ActionDefinition = {
  name: "abort",
  notNow: (object) => {
    if (isAborted(object)) return "it is aborted";
    return isRollingOut(object) ? undefined : "it is rolled out";
  },
  change: () => ({ do: "patch", patch: {}, status: { abort: true } }),
};
const retry: ActionDefinition = {
  name: "retry",
  notNow: (object) => (isAborted(object) ? undefined : "it is not aborted"),
  change: () => ({ do: "patch", patch: {}, status: { abort: false } }),
};

export const ROLLOUT: readonly ActionDefinition[] = [
  restart,
  toggle("pause", "paused", true),
  resume,
  promote,
  promoteFull,
  abort,
  retry,
];
