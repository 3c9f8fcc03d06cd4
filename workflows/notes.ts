import { log } from "@temporalio/workflow";
import type { OperationNote } from "../activities/steps.ts";
import type { OperationRequest } from "../schemas/operation.ts";
import type { Desk } from "./desk.ts";
import { describe } from "./failure.ts";
import { quick, unyielding } from "./steps.ts";
import { until } from "./until.ts";

/** One attempt at an operation. */
export interface Attempt {
  name: string;
  request: OperationRequest;
  attempt: number;
  desk: Desk;
}

/** Records what happened; while the ledger is away it is tried until it passes, or until the operation is told to stop. */
export async function noted({ name, request, attempt, desk }: Attempt, note: OperationNote): Promise<void> {
  const input = { application: name, request, attempt, note };
  const unlessStopped = (step: () => Promise<void>): Promise<void> => until(() => desk.stop !== undefined, step);
  try {
    await unlessStopped(() => quick.note(input));
  } catch {
    try {
      await unlessStopped(() => unyielding.note(input));
    } catch (error) {
      log.warn("what happened could not be recorded", { operation: request.operation, ...describe(error) });
    }
  }
}
