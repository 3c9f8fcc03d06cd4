import { Context } from "@temporalio/activity";
import type { ApplicationFailure } from "@temporalio/common";
import { NativeConnection, Worker } from "@temporalio/worker";
import type { Logger } from "pino";
import type { NotificationSteps } from "../../activities/notify.ts";
import type { BreakGlassSteps } from "../../activities/break-glass-steps.ts";
import type { PromotionSteps } from "../../activities/promotion/steps.ts";
import type { StepContext, StepHandlers, Steps } from "../../activities/steps.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { TemporalSettings } from "./connection.ts";
import { toFailure } from "./errors.ts";
import { withFailures } from "./failures.ts";
import { withHeartbeats } from "./heartbeats.ts";
import { patiently } from "./patience.ts";

/** What one worker process takes on at once. */
export interface WorkerLimits {
  /** Operations worked on; each holds a workflow task while a local step runs. */
  workflowTasks: number;
  /** Applies and patient retries in flight. */
  activities: number;
  /** Executions kept in memory between their tasks; others are replayed when they are woken. */
  cachedWorkflows: number;
}

export interface TemporalWorkerOptions extends TemporalSettings {
  taskQueue: string;
  /** Path of the workflow bundle. */
  bundle: string;
  steps: StepHandlers;
  /** Activities of the workflow of a break-glass; without them this worker runs none. */
  breakGlass?: BreakGlassSteps;
  /** Activities of the workflow of a stage; without them this worker runs none. */
  promotion?: PromotionSteps;
  /** Activities of the workflow of a delivery; without them this worker runs none. */
  notifications?: NotificationSteps;
  limits: WorkerLimits;
  /** How long a step in flight may go on after a stop was asked for, then it is aborted. */
  graceMs: number;
  log: Logger;
  signal?: AbortSignal;
}

/** A worker that polls its task queue. */
export interface TemporalWorker {
  /** Resolves when it has stopped, rejects when it died. */
  ended: Promise<void>;
  state(): string;
  /** Executions held in memory. */
  executions(): number;
  /** Takes no new work, lets steps end or aborts them after the grace, and closes its connection. */
  stop(): Promise<void>;
}

/** Connects and starts polling. Throws Unavailable when the server does not answer. */
export async function startTemporalWorker(options: TemporalWorkerOptions): Promise<TemporalWorker> {
  const { address, namespace, taskQueue, bundle, limits, graceMs, log } = options;
  const connection = await patiently(`Temporal at ${address}`, options, () => NativeConnection.connect({ address }));
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowBundle: { codePath: bundle },
    activities: {
      ...asActivities(options.steps, log),
      ...withFailures(options.breakGlass ?? {}, log),
      ...withHeartbeats(withFailures(options.promotion ?? {}, log)),
      ...withFailures(options.notifications ?? {}, log),
    },
    maxCachedWorkflows: limits.cachedWorkflows,
    maxConcurrentWorkflowTaskExecutions: limits.workflowTasks,
    maxConcurrentLocalActivityExecutions: limits.workflowTasks,
    maxConcurrentActivityTaskExecutions: limits.activities,
    shutdownGraceTime: graceMs,
    shutdownForceTime: graceMs * 2,
    // A cancel reaches an apply with its next heartbeat; by default that may be 30 s away.
    maxHeartbeatThrottleInterval: "1s",
    defaultHeartbeatThrottleInterval: "1s",
  });
  const ended = worker.run().finally(() => connection.close());
  ended.catch((error: unknown) => log.error({ err: error }, "the Temporal worker died"));
  return {
    ended,
    state: () => worker.getState(),
    executions: () => worker.getStatus().numCachedWorkflows,
    stop: async () => {
      if (worker.getState() === "RUNNING") worker.shutdown();
      await ended.catch(() => undefined);
    },
  };
}

/** The steps as Temporal calls them: with a context of their own and errors that a history may keep. */
export function asActivities(steps: StepHandlers, log: Logger): Steps {
  const wrapped = <Input, Output>(
    name: keyof Steps,
    step: (input: Input, context: StepContext) => Promise<Output>,
  ): ((input: Input) => Promise<Output>) => {
    return async (input) => {
      const context = Context.current();
      try {
        const output = await step(input, stepContext(context));
        if (isPartial(output) && isCutShort(context)) throw cutShort(name);
        return output;
      } catch (error) {
        throw reported(name, isCutShort(context) ? cutShort(name) : error, context, log);
      }
    };
  };
  return {
    prepare: wrapped("prepare", steps.prepare),
    apply: wrapped("apply", steps.apply),
    assess: wrapped("assess", steps.assess),
    settle: wrapped("settle", steps.settle),
    note: wrapped("note", steps.note),
    revert: wrapped("revert", steps.revert),
    act: wrapped("act", steps.act),
  };
}

/**
 * The step was aborted, though nobody told its operation to stop: its worker is ending, or the server has given it to another
 * one. Then whatever it says is not the step's outcome, and it has to be run again.
 */
const isCutShort = ({ cancellationSignal, cancellationDetails }: Context): boolean =>
  cancellationSignal.aborted && cancellationDetails?.cancelRequested !== true;

const isPartial = (output: unknown): boolean =>
  typeof output === "object" && output !== null && "interrupted" in output && output.interrupted === true;

const cutShort = (step: keyof Steps): SluiceError =>
  new SluiceError("Unavailable", `the worker ended before the step ${step} was done`, { next: "it is run again" });

/** The failure that the history keeps, after the log got what only the log may have. */
function reported(step: keyof Steps, error: unknown, { info }: Context, log: Logger): ApplicationFailure {
  const failure = toFailure(error);
  const known = error instanceof SluiceError;
  const more = known ? { code: error.code } : { err: error };
  const fields = { step, workflow: info.workflowExecution?.workflowId, attempt: info.attempt, ...more };
  log[known ? "warn" : "error"](fields, `step ${step} failed: ${failure.message}`);
  return failure;
}

function stepContext(context: Context): StepContext {
  return {
    signal: context.cancellationSignal,
    heartbeat: (progress) => context.heartbeat(progress),
    progress: context.info.heartbeatDetails as unknown,
    attempt: context.info.attempt,
  };
}
