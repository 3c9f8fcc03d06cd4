import { log, proxyActivities } from "@temporalio/workflow";
import type { Steps } from "../activities/steps.ts";
import type { Outcome } from "../domain/application/command.ts";
import type { OperationRequest } from "../schemas/operation.ts";
import { describe } from "./failure.ts";
import { NON_RETRYABLE } from "./steps.ts";

/** A repository that is away for longer keeps nothing waiting: the cluster is rolled back, and that no commit came of it is on record. */
const PATIENCE = "2m";

const { revert } = proxyActivities<Pick<Steps, "revert">>({
  startToCloseTimeout: "1m",
  scheduleToCloseTimeout: PATIENCE,
  retry: {
    initialInterval: "1s",
    backoffCoefficient: 2,
    maximumInterval: "15s",
    nonRetryableErrorTypes: NON_RETRYABLE,
  },
});

/** Brings a rollback into Git too, once the cluster is where it leads. What comes of it the step records itself; it fails no rollback. */
export async function revertInGit(
  name: string,
  request: OperationRequest,
  outcome: Outcome | undefined,
): Promise<void> {
  if (outcome && outcome.result !== "Succeeded") return;
  try {
    await revert({ application: name, request });
  } catch (error) {
    log.warn("the revert commit could not be pushed", { operation: request.operation, code: describe(error).code });
  }
}
