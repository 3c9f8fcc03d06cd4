import { Context } from "@temporalio/activity";
import { NativeConnection, Worker } from "@temporalio/worker";
import type { Logger } from "pino";
import type { StepContext, StepHandlers, Steps } from "../../activities/steps.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { TemporalSettings } from "./connection.ts";
import { toFailure } from "./errors.ts";
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
    activities: asActivities(options.steps, log),
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
      const { info } = Context.current();
      try {
        return await step(input, stepContext());
      } catch (error) {
        const failure = toFailure(error);
        const known = error instanceof SluiceError;
        const more = known ? { code: error.code } : { err: error };
        const context = { step: name, workflow: info.workflowExecution?.workflowId, attempt: info.attempt, ...more };
        log[known ? "warn" : "error"](context, `step ${name} failed: ${failure.message}`);
        throw failure;
      }
    };
  };
  return {
    prepare: wrapped("prepare", steps.prepare),
    apply: wrapped("apply", steps.apply),
    assess: wrapped("assess", steps.assess),
    settle: wrapped("settle", steps.settle),
  };
}

function stepContext(): StepContext {
  const context = Context.current();
  return {
    signal: context.cancellationSignal,
    heartbeat: (progress) => context.heartbeat(progress),
    progress: context.info.heartbeatDetails as unknown,
  };
}
