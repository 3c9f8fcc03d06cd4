import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from "@temporalio/workflow";
import type { Applied, ApplyInput, Prepared, Steps } from "../activities/steps.ts";
import { ERRORS, type ErrorCode } from "../schemas/errors.ts";

/** Failures that the same call would only repeat. */
export const NON_RETRYABLE = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => !ERRORS[code].retryable);

const locally = (startToCloseTimeout: "5m" | "30s" | "10s", maximumAttempts = 2) =>
  proxyLocalActivities<Steps>({
    startToCloseTimeout,
    localRetryThreshold: "5s",
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry: { maximumAttempts, initialInterval: "250ms", nonRetryableErrorTypes: NON_RETRYABLE },
  });

/**
 * A local activity costs no hand-over (about 25 ms of CPU saved), but holds a workflow task while it runs and its retries
 * grow the history. So a few quick attempts are local, and what needs patience is handed to the server.
 */
export const quick = {
  prepare: locally("5m").prepare,
  assess: locally("30s").assess,
  settle: locally("30s").settle,
  note: locally("30s").note,
} satisfies Partial<Steps>;

/** The look before an operation is given up, which must not keep it from ending. */
export const brief = { assess: locally("10s", 1).assess } satisfies Partial<Steps>;

/** How long a source or a cluster may stay out of reach before an operation that has no plan yet fails. */
const PREPARE_PATIENCE = "10m";

/** The same step, retried by the server until it passes, fails for good or outlasts its limit. */
export const patient = proxyActivities<Pick<Steps, "prepare">>({
  startToCloseTimeout: "5m",
  scheduleToCloseTimeout: PREPARE_PATIENCE,
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: {
    initialInterval: "1s",
    backoffCoefficient: 2,
    maximumInterval: "30s",
    nonRetryableErrorTypes: NON_RETRYABLE,
  },
});

/** An end has to be recorded however long the ledger is away, so this is retried for ever. */
export const unyielding = proxyActivities<Pick<Steps, "settle" | "note">>({
  startToCloseTimeout: "1m",
  retry: { initialInterval: "1s", backoffCoefficient: 2, maximumInterval: "1m" },
});

/** The apply, on the task queue of the cluster. A dead worker is noticed by its missing heartbeat. */
export function applyOn(plan: Extract<Prepared, { status: "planned" }>, input: ApplyInput): Promise<Applied> {
  const { apply } = proxyActivities<Pick<Steps, "apply">>({
    taskQueue: plan.taskQueue,
    heartbeatTimeout: "15s",
    startToCloseTimeout: plan.waits.timeoutMs + APPLY_MARGIN_MS,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: {
      initialInterval: "1s",
      backoffCoefficient: 2,
      maximumInterval: "30s",
      nonRetryableErrorTypes: NON_RETRYABLE,
    },
  });
  return apply(input);
}

/** The deletion of abandoned hooks, which must not keep an operation from ending: soon, or not at all. */
export function cleanUpOn(plan: Extract<Prepared, { status: "planned" }>, input: ApplyInput): Promise<Applied> {
  const { apply } = proxyActivities<Pick<Steps, "apply">>({
    taskQueue: plan.taskQueue,
    startToCloseTimeout: "5s",
    scheduleToCloseTimeout: "6s",
    retry: { initialInterval: "500ms", nonRetryableErrorTypes: NON_RETRYABLE },
  });
  return apply(input);
}

/** The workflow cancels the apply at the operation's limit; this much later the server gives up on its answer. */
const APPLY_MARGIN_MS = 60_000;
