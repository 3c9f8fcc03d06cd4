import type { Outcome } from "../application/command.ts";

/** When a failed attempt is made again, in milliseconds. */
export interface RetryPolicy {
  /** Attempts after the first; -1 for no limit. */
  limit: number;
  pauseMs: number;
  factor: number;
  longestMs: number;
  /** Whether each attempt takes the newest revision. */
  refresh: boolean;
}

/** Failures that are a decision: the same attempt would be refused again. */
const REFUSALS: ReadonlySet<string> = new Set(["Forbidden", "ClusterForbidden", "SourceForbidden", "NotFound"]);

/** What is known when an attempt has ended. */
export interface Attempted {
  /** Which one it was, from 1. */
  attempt: number;
  outcome: Outcome;
  policy: RetryPolicy | undefined;
  /** Milliseconds that the operation has left. */
  leftMs: number;
}

/**
 * Milliseconds until a failed attempt is made again, or undefined when it isn't: it did not fail, was refused by a rule, used up its
 * retries, or the operation's time would be over before.
 */
export function retryIn({ attempt, outcome, policy, leftMs }: Attempted): number | undefined {
  if (!policy || outcome.result !== "Failed" || REFUSALS.has(outcome.code)) return undefined;
  if (policy.limit >= 0 && attempt > policy.limit) return undefined;
  const pause = Math.min(policy.pauseMs * policy.factor ** (attempt - 1), policy.longestMs);
  return pause < leftMs ? Math.round(pause) : undefined;
}
