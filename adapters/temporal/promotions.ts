import { createHash, randomUUID } from "node:crypto";
import {
  type Client,
  ServiceError,
  WithStartWorkflowOperation,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from "@temporalio/client";
import { ApplicationFailure } from "@temporalio/common";
import type { Decided, Decision, StageKey, StageProgress } from "../../activities/promotion/steps.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { PROMOTION_WORKFLOW, promotionWorkflowId, TASK_QUEUE } from "../../schemas/ids.ts";
import { fromFailure } from "./errors.ts";

/** How the workflow of a stage is reached. Every call may be repeated; each throws Unavailable when the server is away. */
export interface Promotions {
  /** Starts the stage's workflow or tells the running one to look again; returns once the server has it on disk. */
  changed(pipeline: string, stage: string): Promise<void>;
  /**
   * A person's yes or no, once in the ledger when this returns: the same said twice, or from two windows, is one. Throws what the
   * decision is refused with (Conflict, Forbidden, NotFound, InvalidInput), Unavailable when it is not known yet whether it was taken.
   */
  decide(pipeline: string, stage: string, decision: Decision): Promise<{ sequence: number; news: boolean }>;
  /** Undefined when nothing is under way there. */
  progress(pipeline: string, stage: string): Promise<StageProgress | undefined>;
}

/** Longest wait for the server's answer to a signal or a query. */
const DEADLINE_MS = 10_000;
/** Longest wait for a decision to be recorded. */
const DECISION_MS = 20_000;

/** What the update answers: `asked` tells the answer to this request from that to an earlier one with the same id. */
type Answer = Decided & { asked: string };

export function createPromotions(client: Client, { taskQueue = TASK_QUEUE }: { taskQueue?: string } = {}): Promotions {
  const start = (key: StageKey) => ({
    workflowId: promotionWorkflowId(key.pipeline, key.stage),
    taskQueue,
    args: [key],
    workflowIdConflictPolicy: "USE_EXISTING" as const,
    workflowIdReusePolicy: "ALLOW_DUPLICATE" as const,
  });

  const ask = (key: StageKey, decision: Decision, asked: string, updateId: string): Promise<Answer> =>
    translated(client, DECISION_MS, async () => {
      const startWorkflowOperation = new WithStartWorkflowOperation(PROMOTION_WORKFLOW.type, start(key));
      return (await client.workflow.executeUpdateWithStart(PROMOTION_WORKFLOW.decide, {
        args: [{ decision, asked }],
        updateId,
        startWorkflowOperation,
      })) as Answer;
    });

  return {
    async changed(pipeline, stage) {
      await translated(client, DEADLINE_MS, () =>
        client.workflow.signalWithStart(PROMOTION_WORKFLOW.type, {
          ...start({ pipeline, stage }),
          signal: PROMOTION_WORKFLOW.changed,
          signalArgs: [],
        }),
      );
    },

    async decide(pipeline, stage, decision) {
      const asked = randomUUID();
      // An answer stays that of its id for as long as the execution lasts, but what was refused may be allowed by now, and an approval
      // over. One that was given to somebody else's request, or before, is asked for anew: the aggregate knows what it has already.
      for (let attempt = 1; ; attempt += 1) {
        const answer = await ask({ pipeline, stage }, decision, asked, decisionId(decision, attempt));
        if (answer.asked !== asked) continue;
        if (answer.status === "recorded") return { sequence: answer.sequence, news: answer.news };
        const { code, message, next } = answer;
        throw new SluiceError(code, message, next === undefined ? {} : { next });
      }
    },

    async progress(pipeline, stage) {
      try {
        return await translated(client, DEADLINE_MS, async () => {
          const handle = client.workflow.getHandle(promotionWorkflowId(pipeline, stage));
          const { status } = await handle.describe();
          if (status.name !== "RUNNING") return undefined;
          return await handle.query<StageProgress>(PROMOTION_WORKFLOW.progress);
        });
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return undefined;
        throw error;
      }
    },
  };
}

/** The same for the same word of the same person about the same thing, so that a double click is one. */
function decisionId({ promotion, gate, verdict, binding, by, earlier = 0 }: Decision, attempt: number): string {
  const parts = [promotion, gate, verdict, binding.release, binding.diff, by.kind, by.name, earlier];
  return `${createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32)}/${attempt}`;
}

async function translated<T>(client: Client, deadlineMs: number, call: () => Promise<T>): Promise<T> {
  try {
    return await client.withDeadline(Date.now() + deadlineMs, call);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw error;
    if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure)
      throw fromFailure(error.cause);
    const message = error instanceof ServiceError ? "the Temporal server refused or did not answer" : "Temporal failed";
    throw new SluiceError("Unavailable", message, {
      next: "check that the Temporal server runs, then ask again: the same word twice counts once",
      cause: error,
    });
  }
}
