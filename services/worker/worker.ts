import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { type ActivityDeps, createActivities } from "../../activities/activities.ts";
import type { NotificationSteps } from "../../activities/notify.ts";
import type { BreakGlassSteps } from "../../activities/break-glass-steps.ts";
import type { PromotionSteps } from "../../activities/promotion/steps.ts";
import type { StepHandlers } from "../../activities/steps.ts";
import type { TemporalSettings } from "../../adapters/temporal/connection.ts";
import { freshBundle } from "../../adapters/temporal/fresh-bundle.ts";
import { startTemporalWorker, type TemporalWorker } from "../../adapters/temporal/worker.ts";
import { TASK_QUEUE } from "../../schemas/ids.ts";
import type { Service } from "../service.ts";
import { createOperationMetrics } from "./metrics.ts";
import { createTurnstile } from "./turnstile.ts";

export interface WorkerDeps {
  temporal: TemporalSettings;
  /** `sluice` by default. */
  taskQueue?: string;
  /** Ports of the steps; what they record is counted here. */
  activities: Omit<ActivityDeps, "recorded">;
  /** Activities of the workflow of a break-glass. */
  breakGlass?: BreakGlassSteps;
  /** Activities of the workflow of a stage. */
  promotion?: PromotionSteps;
  /** Activities of the workflow of a delivery. */
  notifications?: NotificationSteps;
  /** Where a workflow bundle is kept when the build made none. */
  cacheDir: string;
  /** Operations being prepared at once; 16 by default, where the embedded Temporal is at its best. */
  operations?: number;
  /** Called once when the worker dies by itself; the process should end, and be started again. */
  onDeath?: (error: unknown) => void;
  log: Logger;
  metrics: Registry;
  signal?: AbortSignal;
}

/** A preparation that takes this long waits for a source or a cluster and is not counted as work any more. */
const SLOW_MS = 5_000;
/** With the force time of twice that, a stop is over in well under 20 s. */
const GRACE_MS = 8_000;
/** Executions in memory; Temporal reckons 600 to a GB of heap. Those beyond it are replayed when they are woken. */
const CACHED_WORKFLOWS = 200;

/** Starts a worker of the workflows and activities. Throws Unavailable when Temporal does not answer. */
export async function startWorker(deps: WorkerDeps): Promise<Service> {
  const { temporal, taskQueue = TASK_QUEUE, cacheDir, operations = 16, signal } = deps;
  const log = deps.log.child({ service: "worker" });
  let worker: TemporalWorker | undefined;
  const { recorded } = createOperationMetrics(deps.metrics, () => worker?.executions() ?? 0);
  const bundle = await freshBundle({ cacheDir, log });
  worker = await startTemporalWorker({
    ...temporal,
    taskQueue,
    bundle,
    steps: bounded(createActivities({ ...deps.activities, recorded }), operations),
    limits: { workflowTasks: operations * 4, activities: operations * 12, cachedWorkflows: CACHED_WORKFLOWS },
    graceMs: GRACE_MS,
    log,
    ...(deps.breakGlass && { breakGlass: deps.breakGlass }),
    ...(deps.promotion && { promotion: deps.promotion }),
    ...(deps.notifications && { notifications: deps.notifications }),
    ...(signal && { signal }),
  });
  const { ended, state, stop } = worker;
  let stopping = false;
  ended.catch((error: unknown) => {
    if (!stopping) deps.onDeath?.(error);
  });
  log.info({ taskQueue, operations }, "worker polls its task queue");
  return {
    name: "worker",
    notReady: () => (state() === "RUNNING" ? undefined : `the worker is ${state().toLowerCase()}`),
    stop: () => {
      stopping = true;
      return stop();
    },
  };
}

/** Only preparing computes (git, renderers, planning), so only that is held back. */
function bounded(steps: StepHandlers, operations: number): StepHandlers {
  const turnstile = createTurnstile({ width: operations, slowMs: SLOW_MS });
  return { ...steps, prepare: (input, context) => turnstile(() => steps.prepare(input, context)) };
}
