import type { RawObject } from "../../schemas/artifact.ts";
import { sha256 } from "../routing/sha256.ts";
import { type ActionDefinition, spec, toggle, valueAt } from "./definition.ts";

const isOver = (object: RawObject): boolean => {
  const conditions = valueAt(object, ["status", "conditions"]);
  return (
    Array.isArray(conditions) &&
    conditions.some(({ type, status }) => (type === "Complete" || type === "Failed") && status === "True")
  );
};

/** A name of at most 63 characters with room for the eight digits and what a Job puts behind it for its pods. */
const jobName = (cronJob: string, id: string): string => `${cronJob.slice(0, 43)}-${sha256(id).slice(0, 8)}`;

/** As `kubectl create job --from=cronjob/x`; the name is made of the request, so that a second try makes no second Job. */
const createJob: ActionDefinition = {
  name: "create-job",
  change: (object, { id }) => {
    const template = (valueAt(object, ["spec", "jobTemplate"]) ?? {}) as {
      metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
      spec?: unknown;
    };
    const { name, namespace, uid } = object.metadata;
    const owner = { apiVersion: object.apiVersion, kind: object.kind, name, uid, controller: true };
    return {
      do: "create",
      object: {
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: {
          name: jobName(name, id),
          ...(namespace !== undefined && { namespace }),
          ...(template.metadata?.labels && { labels: template.metadata.labels }),
          annotations: { ...template.metadata?.annotations, "cronjob.kubernetes.io/instantiate": "manual" },
          ownerReferences: [owner],
        },
        spec: template.spec,
      },
    };
  },
};

const over = (object: RawObject): string | undefined => (isOver(object) ? "it is over" : undefined);

const unlessOver = (action: ActionDefinition): ActionDefinition => ({
  ...action,
  notNow: (object) => over(object) ?? action.notNow?.(object),
});

export const CRON_JOB: readonly ActionDefinition[] = [
  createJob,
  toggle("suspend", "suspend", true),
  toggle("resume", "suspend", false),
];

/** A Job ends by its deadline: its pods are stopped and it says DeadlineExceeded. */
const terminate: ActionDefinition = {
  name: "terminate",
  fields: [["spec", "activeDeadlineSeconds"]],
  change: () => spec({ activeDeadlineSeconds: 1 }),
};

export const JOB: readonly ActionDefinition[] = [
  unlessOver(toggle("suspend", "suspend", true)),
  unlessOver(toggle("resume", "suspend", false)),
  unlessOver(terminate),
];
