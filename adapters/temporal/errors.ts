import { ApplicationFailure } from "@temporalio/common";
import { ERRORS, type ErrorCode, isErrorCode, SluiceError } from "../../schemas/errors.ts";

/** What a history keeps of an error that is not one of the table: its own text may hold anything. */
const UNEXPECTED = "something in Sluice itself went wrong; the worker's log has it";

/**
 * Any thrown value as an application failure: the type is the code, the detail is the next step, and whether it is retried
 * is the table's word. Histories are plain text and stay, so no stack, no cause, and no text of an error not of the table.
 */
export function toFailure(thrown: unknown): ApplicationFailure {
  const known = thrown instanceof SluiceError ? thrown : undefined;
  const code: ErrorCode = known?.code ?? "Internal";
  const failure = ApplicationFailure.create({
    type: code,
    message: known?.message ?? UNEXPECTED,
    nonRetryable: !ERRORS[code].retryable,
    ...(known?.next !== undefined && { details: [{ next: known.next }] }),
  });
  failure.stack = "";
  return failure;
}

/** The error that an application failure stands for; Internal when its type is no code. */
export function fromFailure(failure: ApplicationFailure): SluiceError {
  const code = isErrorCode(failure.type) ? failure.type : "Internal";
  const [detail] = (failure.details ?? []) as ({ next?: unknown } | undefined)[];
  return new SluiceError(code, failure.message || ERRORS[code].title, {
    ...(typeof detail?.next === "string" && { next: detail.next }),
  });
}
