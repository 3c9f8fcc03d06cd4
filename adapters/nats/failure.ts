import { errors } from "@nats-io/transport-node";
import { SluiceError } from "../../schemas/errors.ts";

/** An error answer of the JetStream API: the server took the request and refused it, so its outcome is known. */
export interface ApiError {
  code: number;
  err_code: number;
  description: string;
}

/** Error codes of nats-server that the adapter acts upon, as server/errors.json names them. */
export const API_CODES = {
  wrongLastSequence: 10071,
  wrongLastSequenceConstant: 10164,
  duplicateInBatch: 10201,
  duplicateInFlight: 10158,
  incompleteBatch: 10176,
  tooManyBatches: 10210,
} as const;

const WRONG_SEQUENCE: readonly number[] = [API_CODES.wrongLastSequence, API_CODES.wrongLastSequenceConstant];

/** Whether the server refused because the subject has moved on. */
export const isWrongSequence = (error: ApiError): boolean => WRONG_SEQUENCE.includes(error.err_code);

/** Whether nobody knows what became of the request: no answer, no responder, or no connection. */
export function isUnknown(thrown: unknown): boolean {
  return (
    thrown instanceof errors.TimeoutError ||
    thrown instanceof errors.NoRespondersError ||
    thrown instanceof errors.ConnectionError ||
    (thrown instanceof errors.RequestError && (thrown.isNoResponders() || isUnknown(thrown.cause)))
  );
}

/** `Unavailable` with the step to take; `doing` completes "NATS did not ...". */
export const unavailable = (doing: string, cause?: unknown): SluiceError =>
  new SluiceError("Unavailable", `NATS did not ${doing}${cause === undefined ? "" : `: ${reason(cause)}`}`, {
    next: "check that nats-server runs with JetStream enabled and has disk space left; `sluice doctor` tells more",
    cause,
  });

function reason(cause: unknown): string {
  if (cause instanceof Error) return cause.message;
  const answer = cause as Partial<ApiError>;
  return typeof answer.description === "string" ? answer.description : "no answer";
}
