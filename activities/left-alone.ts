import type { ApplicationState } from "../domain/application/state.ts";
import type { Hold } from "../domain/hold/hold.ts";
import { exclusionFor, exclusionMessage } from "../domain/rollback/exclusion.ts";
import type { ApplicationSpec } from "../schemas/kinds/application.ts";
import type { OperationRequest } from "../schemas/operation.ts";

/** A sync that was asked for, and the application as it stands. */
export interface AskedSync {
  application: string;
  request: OperationRequest;
  state: ApplicationState;
  spec: ApplicationSpec;
}

/**
 * Whether a sync that was asked for only compares, and why where that needs a word: a rollback left what it found, or only what is new
 * was asked for, and nothing is or a hold is in the way. What has begun goes on.
 */
export function leftAlone(
  { application, request, state, spec }: AskedSync,
  sourceDigest: string | undefined,
  hold: Hold | undefined,
): { why?: string } | undefined {
  const excluded = exclusionFor(request, sourceDigest, state);
  if (excluded) return { why: exclusionMessage(excluded, application) };
  if (!request.options?.onlyNew || state.running?.operation === request.operation) return undefined;
  if (hold) return { why: hold.message };
  const known = (state.applied ?? state.deployed)?.sourceDigest === sourceDigest;
  return known || spec.syncPolicy.automated?.enabled !== true ? {} : undefined;
}
