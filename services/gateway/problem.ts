import { ERRORS, type ErrorCode } from "../../schemas/errors.ts";

/** An answer of the gateway: status, headers and a JSON body. */
export interface Answer {
  status: number;
  /** How it is counted in sluice_webhooks_total. */
  outcome: Outcome;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

/** Every way a webhook can end. */
export type Outcome =
  | "accepted"
  | "duplicate"
  | "ping"
  | "ignored"
  | "refused"
  | "malformed"
  | "mismatched"
  | "too_large"
  | "unsupported"
  | "unavailable"
  | "failed";

/** A refusal as RFC 9457 problem+json, with the code of our table of errors. */
export function problem(
  outcome: Outcome,
  code: ErrorCode,
  said: { detail: string; title?: string; status?: number; next?: string; headers?: Record<string, string> },
): Answer {
  const status = said.status ?? ERRORS[code].status;
  return {
    status,
    outcome,
    headers: { "content-type": "application/problem+json", "cache-control": "no-store", ...said.headers },
    body: {
      type: `urn:sluice:error:${code}`,
      title: said.title ?? ERRORS[code].title,
      status,
      detail: said.detail,
      code,
      ...(said.next === undefined ? {} : { next: said.next }),
    },
  };
}

/** An answer that is no refusal. */
export const answer = (outcome: Outcome, status: number, body: Record<string, unknown>): Answer => ({
  status,
  outcome,
  headers: { "content-type": "application/json", "cache-control": "no-store" },
  body,
});
