import { ActivityFailure, ApplicationFailure, isCancellation, TimeoutFailure } from "@temporalio/workflow";
import type { Outcome } from "../domain/application/command.ts";
import { isErrorCode, ERRORS, type ErrorCode } from "../schemas/errors.ts";

/** What a failed activity says of itself. */
export interface Failure {
  code: ErrorCode;
  message: string;
}

/** The code and the sentence of whatever an activity call was rejected with. */
export function describe(error: unknown): Failure {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) {
    const code = isErrorCode(cause.type) ? cause.type : "Internal";
    return { code, message: cause.message || ERRORS[code].title };
  }
  if (cause instanceof TimeoutFailure) return timedOut(cause);
  if (isCancellation(error)) return { code: "Internal", message: "the step was cancelled from outside" };
  return { code: "Internal", message: "the step failed without saying why" };
}

/** A timeout hides the reason of the attempts before it; say that where it is known. */
function timedOut(failure: TimeoutFailure): Failure {
  const last = failure.cause instanceof ApplicationFailure ? describe(failure.cause) : undefined;
  return last ?? { code: "Timeout", message: "the step took longer than its limit, or its worker died" };
}

export const failedWith = (failure: Failure, more: { inventory?: string; report?: string } = {}): Outcome => ({
  result: "Failed",
  ...failure,
  failures: [],
  ...more,
});

/** Whether trying again later can help. */
export const mayPass = (failure: Failure): boolean => ERRORS[failure.code].retryable;
