import { type Client, ServiceError, WorkflowNotFoundError } from "@temporalio/client";
import { SluiceError } from "../../schemas/errors.ts";
import {
  APPLICATION_WORKFLOW,
  BREAK_GLASS_WORKFLOW,
  breakGlassWorkflowId,
  TASK_QUEUE,
  workflowId,
} from "../../schemas/ids.ts";
import type { ActionRequest } from "../../schemas/action.ts";
import type { Actor, HealthStatus, OperationPhase, OperationRequest } from "../../schemas/operation.ts";
import type { Part } from "../../schemas/phases.ts";

/** Why the running operation should look at the cluster again. */
export interface ClusterSignal {
  health: HealthStatus;
  inventory: string;
}

/** Where the running operation of an application is. */
export interface OperationProgress {
  running?: { operation: string; phase: OperationPhase; part?: Part };
  /** Id of the request that waits. */
  next?: string;
}

/** How requests reach the workflow of an application. Every call may be repeated; each throws Unavailable when the server is away. */
export interface Operations {
  /** Starts the application's workflow or tells the running one; returns once the server has it on disk. */
  request(application: string, request: OperationRequest): Promise<void>;
  /** Whether there was an operation to tell. */
  clusterChanged(application: string, signal: ClusterSignal): Promise<boolean>;
  /** Tells a held operation that what it waits for may have come. Whether there was one to tell. */
  released(application: string): Promise<boolean>;
  /** Starts the workflow of the application's break-glass, or tells the running one to look again. */
  breakGlassChanged(application: string): Promise<void>;
  /** Starts the application's workflow for an action, or has the running one carry it out; returns once the server has it on disk. */
  act(application: string, request: ActionRequest): Promise<void>;
  /** Ends one operation, or with `*` whatever runs and waits. Whether there was one to tell. */
  terminate(application: string, operation: string, actor: Actor): Promise<boolean>;
  /** Says yes to what an operation, or with `*` whatever runs, only deletes then. Whether there was one to tell. */
  confirm(application: string, operation: string, actor: Actor): Promise<boolean>;
  /** Undefined when no operation runs. */
  progress(application: string): Promise<OperationProgress | undefined>;
}

export function createOperations(client: Client, { taskQueue = TASK_QUEUE }: { taskQueue?: string } = {}): Operations {
  const tell = (application: string, signal: string, argument: unknown): Promise<boolean> =>
    ifRunning(
      client,
      async () => {
        await client.workflow.getHandle(workflowId(application)).signal(signal, argument);
        return true;
      },
      false,
    );

  const tellOrStart = async (application: string, signal: string, argument: unknown): Promise<void> => {
    await translated(client, () =>
      client.workflow.signalWithStart(APPLICATION_WORKFLOW.type, {
        workflowId: workflowId(application),
        taskQueue,
        args: [{ application }],
        signal,
        signalArgs: [argument],
        workflowIdConflictPolicy: "USE_EXISTING",
        workflowIdReusePolicy: "ALLOW_DUPLICATE",
      }),
    );
  };

  return {
    request: (application, request) => tellOrStart(application, APPLICATION_WORKFLOW.request, request),
    act: (application, request) => tellOrStart(application, APPLICATION_WORKFLOW.act, request),
    clusterChanged: (application, { health, inventory }) =>
      tell(application, APPLICATION_WORKFLOW.clusterChanged, { health, inventory }),
    released: (application) => tell(application, APPLICATION_WORKFLOW.released, {}),
    async breakGlassChanged(application) {
      await translated(client, () =>
        client.workflow.signalWithStart(BREAK_GLASS_WORKFLOW.type, {
          workflowId: breakGlassWorkflowId(application),
          taskQueue,
          args: [{ application }],
          signal: BREAK_GLASS_WORKFLOW.changed,
          signalArgs: [],
          workflowIdConflictPolicy: "USE_EXISTING",
          workflowIdReusePolicy: "ALLOW_DUPLICATE",
        }),
      );
    },
    terminate: (application, operation, actor) =>
      tell(application, APPLICATION_WORKFLOW.terminate, { operation, actor }),
    confirm: (application, operation, actor) => tell(application, APPLICATION_WORKFLOW.confirm, { operation, actor }),
    progress: (application) =>
      ifRunning(
        client,
        async () => {
          const handle = client.workflow.getHandle(workflowId(application));
          const { status } = await handle.describe();
          if (status.name !== "RUNNING") return undefined;
          return await handle.query<OperationProgress>(APPLICATION_WORKFLOW.progress);
        },
        undefined,
      ),
  };
}

async function ifRunning<T>(client: Client, call: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await translated(client, call);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return otherwise;
    throw error;
  }
}

/** Longest wait for the server's answer to one call. */
const DEADLINE_MS = 10_000;

async function translated<T>(client: Client, call: () => Promise<T>): Promise<T> {
  try {
    return await client.withDeadline(Date.now() + DEADLINE_MS, call);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw error;
    const message = error instanceof ServiceError ? "the Temporal server refused or did not answer" : "Temporal failed";
    throw new SluiceError("Unavailable", message, {
      next: "check that the Temporal server runs; what was asked for is tried again",
      cause: error,
    });
  }
}
