import type { ApplicationState } from "../domain/application/state.ts";
import type { HoldReason } from "../domain/hold/hold.ts";
import { toSluiceError } from "../schemas/errors.ts";
import type { OperationRequest } from "../schemas/operation.ts";
import { type HoldRecorder, recordHold } from "./admit.ts";
import type { StepContext } from "./steps.ts";

/** What an operation that has not begun is tried again for, until it fails. */
const OUT_OF_REACH = ["SourceUnavailable", "ClusterUnavailable"] as const satisfies HoldReason[];

interface Asked {
  application: string;
  request: OperationRequest;
  state: Pick<ApplicationState, "held" | "running">;
  context: StepContext;
}

/**
 * Prepares, and where that fails for a source or a cluster out of reach, records what keeps the operation waiting before it throws: once
 * for each of the two, from the second attempt on, so that a moment's failure is no news.
 */
export async function tellingWhy<T>(deps: HoldRecorder, asked: Asked, prepare: () => Promise<T>): Promise<T> {
  try {
    return await prepare();
  } catch (error) {
    await tell(deps, asked, error).catch(() => undefined);
    throw error;
  }
}

async function tell(
  deps: HoldRecorder,
  { application, request, state, context }: Asked,
  error: unknown,
): Promise<void> {
  const { code, message } = toSluiceError(error);
  const reason = OUT_OF_REACH.find((one) => one === code);
  const { operation } = request;
  const known = state.held?.operation === operation && state.held.reason === reason;
  const early = context.attempt === 1 || context.signal.aborted;
  if (!reason || known || early || state.running?.operation === operation) return;
  await recordHold(deps, { application, request, hold: { reason, message } });
}
