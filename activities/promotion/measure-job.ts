import type { RawObject } from "../../schemas/artifact.ts";
import { toSluiceError } from "../../schemas/errors.ts";
import type { ServedKind } from "../live.ts";

/** What running a Job needs of a cluster. */
export interface JobCluster {
  resolve(apiVersion: string, kind: string): Promise<ServedKind | undefined>;
  get(kind: ServedKind, namespace: string, name: string, signal?: AbortSignal): Promise<RawObject | undefined>;
  list(
    kind: ServedKind,
    options: { namespace?: string; labelSelector?: string; limit?: number; signal?: AbortSignal },
  ): Promise<{ items: RawObject[] }>;
  create(
    kind: ServedKind,
    object: RawObject,
    options: { manager: string; signal?: AbortSignal },
  ): Promise<"created" | "exists">;
  delete(
    kind: ServedKind,
    namespace: string,
    name: string,
    options: { uid: string; propagation?: "Foreground" | "Background" | "Orphan"; signal?: AbortSignal },
  ): Promise<unknown>;
  /** The end of a container's log, at most so many bytes. */
  log(
    pod: { namespace: string; name: string; container: string },
    options: { limitBytes: number; signal?: AbortSignal },
  ): Promise<string>;
}

/** Where a Job runs. */
export interface JobPlace {
  cluster: JobCluster;
  namespace: string;
}

/** One Job that is one measurement. Its name says which, so that a step that is tried again finds it. */
export interface MeasurementJob {
  name: string;
  /** Which run, metric and measurement it is: tells it from a Job of others with that name. */
  mark: string;
  labels?: Record<string, string> | undefined;
  annotations?: Record<string, string> | undefined;
  /** As the metric has it. */
  spec: Record<string, unknown>;
  /** Seconds after which the cluster ends it, where the metric says nothing. */
  deadlineSeconds: number;
}

/** What a look at a Job tells. */
export type JobLook =
  | { state: "running"; elapsedMs: number }
  | { state: "ended"; phase: "Successful" | "Failed" | "Inconclusive" | "Error"; message?: string; log?: string };

const MARK = "sluice.dev/verification";
const MANAGER = "sluice-verification";
/** A Job whose promotion is gone goes by itself. */
const KEPT_SECONDS = 3_600;
const MOST_PODS = 20;
/** Of each container; of all together four times as much. */
const LOG_BYTES = 256 * 1_024;

/** Makes the Job unless it is there, and looks how it is. What the API server refuses is an error that is measured. */
export async function lookAtJob(
  { cluster, namespace }: JobPlace,
  job: MeasurementJob,
  { now, signal }: { now: number; signal: AbortSignal },
): Promise<JobLook> {
  const kind = await cluster.resolve("batch/v1", "Job");
  if (!kind) return { state: "ended", phase: "Error", message: "the cluster serves no batch/v1 Job" };
  const before = await cluster.get(kind, namespace, job.name, signal);
  const live = before ?? (await made(cluster, kind, objectOf(job, namespace), signal));
  if ("refused" in live) return { state: "ended", phase: "Error", message: live.refused as string };
  if (live.metadata.annotations?.[MARK] !== job.mark) {
    return { state: "ended", phase: "Error", message: `there is a Job ${job.name} in ${namespace} of somebody else` };
  }
  const end = endOf(live);
  const pods = await podsOf(cluster, namespace, job.name, signal);
  if (end) {
    const log = await logOf(cluster, pods, signal);
    return { state: "ended", ...end, ...(log !== "" && { log }) };
  }
  const stuck = pods.map(stuckOf).find((one) => one !== undefined);
  if (stuck !== undefined) return { state: "ended", phase: "Inconclusive", message: stuck };
  const created = Date.parse(String(live.metadata["creationTimestamp"]));
  return { state: "running", elapsedMs: Math.max(0, now - created) };
}

/** Deletes the Job of a measurement with its pods; one that is not there, or of somebody else, stays as it is. */
export async function removeJob(
  { cluster, namespace }: JobPlace,
  { name, mark }: Pick<MeasurementJob, "name" | "mark">,
  signal: AbortSignal,
): Promise<void> {
  const kind = await cluster.resolve("batch/v1", "Job");
  const live = kind && (await cluster.get(kind, namespace, name, signal));
  const uid = live?.metadata.uid;
  if (!kind || uid === undefined || live?.metadata.annotations?.[MARK] !== mark) return;
  if (live.metadata["deletionTimestamp"] !== undefined) return;
  await cluster.delete(kind, namespace, name, { uid, propagation: "Background", signal });
}

function objectOf(
  { name, mark, labels, annotations, spec, deadlineSeconds }: MeasurementJob,
  namespace: string,
): RawObject {
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name,
      namespace,
      labels: { ...labels, "app.kubernetes.io/managed-by": "sluice" },
      annotations: { ...annotations, [MARK]: mark },
    },
    spec: { ttlSecondsAfterFinished: KEPT_SECONDS, activeDeadlineSeconds: deadlineSeconds, ...spec },
  };
}

async function made(
  cluster: JobCluster,
  kind: ServedKind,
  object: RawObject,
  signal: AbortSignal,
): Promise<RawObject | { refused: string; metadata: RawObject["metadata"] }> {
  const { namespace = "", name } = object.metadata;
  try {
    await cluster.create(kind, object, { manager: MANAGER, signal });
  } catch (thrown) {
    const { code, message } = toSluiceError(thrown);
    if (code === "ClusterUnavailable") throw thrown;
    return { refused: `the Job could not be made: ${message}`, metadata: object.metadata };
  }
  return (await cluster.get(kind, namespace, name, signal)) ?? object;
}

type Conditions = { type?: string; status?: string; message?: string }[];

function endOf(live: RawObject): { phase: "Successful" | "Failed"; message?: string } | undefined {
  const { conditions = [] } = (live["status"] ?? {}) as { conditions?: Conditions };
  const found = conditions.find(
    ({ type = "", status }) => status === "True" && (type === "Complete" || type === "Failed"),
  );
  if (!found) return undefined;
  const phase = found.type === "Complete" ? "Successful" : "Failed";
  return { phase, ...(found.message ? { message: found.message } : {}) };
}

async function podsOf(cluster: JobCluster, namespace: string, job: string, signal: AbortSignal): Promise<RawObject[]> {
  const kind = await cluster.resolve("v1", "Pod");
  if (!kind) return [];
  const labelSelector = `batch.kubernetes.io/job-name=${job}`;
  const { items } = await cluster.list(kind, { namespace, labelSelector, limit: MOST_PODS, signal });
  return items;
}

/** What a container waits for in vain, as Argo Rollouts has it: a person has to look. */
const STUCK = new Set(["ErrImagePull", "ImagePullBackOff", "InvalidImageName"]);

interface PodStatus {
  initContainerStatuses?: ContainerStatus[];
  containerStatuses?: ContainerStatus[];
}
interface ContainerStatus {
  name?: string;
  state?: { waiting?: { reason?: string; message?: string } };
}

function stuckOf(pod: RawObject): string | undefined {
  const { initContainerStatuses = [], containerStatuses = [] } = (pod["status"] ?? {}) as PodStatus;
  const found = [...initContainerStatuses, ...containerStatuses].find(({ state }) =>
    STUCK.has(state?.waiting?.reason ?? ""),
  );
  const { reason, message = "" } = found?.state?.waiting ?? {};
  return found && `container ${found.name} of pod ${pod.metadata.name} can't start (${reason}): ${message}`;
}

/** The logs of all containers of its pods, each with a heading. What can't be read is said in its place. */
async function logOf(cluster: JobCluster, pods: readonly RawObject[], signal: AbortSignal): Promise<string> {
  const parts: string[] = [];
  let left = 4 * LOG_BYTES;
  for (const pod of pods) {
    const { namespace = "", name } = pod.metadata;
    for (const container of containersOf(pod)) {
      if (left <= 0) break;
      const text = await cluster
        .log({ namespace, name, container }, { limitBytes: Math.min(left, LOG_BYTES), signal })
        .catch((thrown: unknown) => `(could not be read: ${toSluiceError(thrown).message})\n`);
      parts.push(`--- ${name} ${container}\n${text.endsWith("\n") || text === "" ? text : `${text}\n`}`);
      left -= Buffer.byteLength(text);
    }
  }
  return parts.join("");
}

function containersOf(pod: RawObject): string[] {
  const { initContainers = [], containers = [] } = (pod["spec"] ?? {}) as Record<
    string,
    { name: string }[] | undefined
  >;
  return [...initContainers, ...containers].map(({ name }) => name);
}
