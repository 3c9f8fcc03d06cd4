import { applicationDecider } from "../../domain/application/decider.ts";
import type { Requested } from "../../domain/repository/state.ts";
import { ERRORS, isErrorCode } from "../../schemas/errors.ts";
import type { ApplicationView, OperationView } from "../../schemas/views.ts";
import type { AggregatesPort, ViewsPort } from "./ports.ts";

export interface KnownSourceDeps {
  views: Pick<ViewsPort, "get">;
  aggregates: Pick<AggregatesPort, "load">;
  /** Milliseconds since 1970. */
  now(): number;
}

/** An operation that was asked for this long ago and is nowhere to be seen is taken for lost. */
const LOST_AFTER_MS = 60 * 60 * 1_000;

/**
 * Digest of the source that an application was last compared or synced with, or is about to be; undefined when that cannot be said,
 * so that it counts as changed. `requested` is the last operation that a push asked for.
 */
export async function knownSource(
  deps: KnownSourceDeps,
  application: string,
  requested: Requested | undefined,
): Promise<string | undefined> {
  const view = deps.views.get("applications", application);
  if (view === undefined) return undefined;
  const asked = requested === undefined ? undefined : byRequest(deps, view, requested);
  if (asked !== undefined) return asked.digest;
  if (view.running === undefined) return view.sync.sourceDigest;
  const { state } = await deps.aggregates.load(applicationDecider, application);
  return state.running?.sourceDigest;
}

/** What the last requested operation says, or undefined when something else ran after it. */
function byRequest(
  deps: KnownSourceDeps,
  view: ApplicationView,
  requested: Requested,
): { digest: string | undefined } | undefined {
  const newest = view.last?.id === requested.operation;
  const operation = newest ? view.last : deps.views.get("operations", `${view.name}/${requested.operation}`);
  if (operation === undefined) {
    const age = deps.now() - Date.parse(requested.receivedAt ?? "");
    return { digest: age <= LOST_AFTER_MS ? requested.sourceDigest : undefined };
  }
  if (operation.result === "Running") return { digest: requested.sourceDigest };
  return newest && view.running === undefined
    ? { digest: worthRepeating(operation) ? undefined : requested.sourceDigest }
    : undefined;
}

/** Whether an ended operation left its source undone for a reason that may have passed; what failed for good stays failed. */
const worthRepeating = ({ result, code }: OperationView): boolean =>
  result === "Superseded" || (result === "Failed" && isErrorCode(code) && ERRORS[code].retryable);
