import type { ApplicationState } from "../domain/application/state.ts";
import { hookMode } from "../domain/sync/hooks.ts";
import type { RetryPolicy } from "../domain/sync/retry.ts";
import type { ApplicationSpec } from "../schemas/kinds/application.ts";
import { durationMs } from "../schemas/kinds/metadata.ts";
import type { OperationRequest } from "../schemas/operation.ts";
import type { HookRequest } from "./plan-hooks.ts";

/** What of an operation decides on its attempts. */
interface Attempted {
  request: OperationRequest;
  attempt: number;
  state: ApplicationState;
  spec: ApplicationSpec;
}

/** A commit, rendered and stored. */
interface Produced {
  revision: string;
  sourceDigest: string;
  artifact: string;
}

const DEFAULTS = { limit: 5, duration: "5s", factor: 2, maxDuration: "3m", refresh: false } as const;

/** How a failed attempt is made again: the operation's word before the policy's, field by field; undefined where neither has one. */
export function retryPolicy({ request, spec }: Pick<Attempted, "request" | "spec">): RetryPolicy | undefined {
  const { retry } = spec.syncPolicy;
  const asked = request.options?.retry;
  if ((!retry && !asked) || request.kind === "delete") return undefined;
  const backoff = { ...retry?.backoff, ...defined(asked?.backoff ?? {}) };
  const { duration = DEFAULTS.duration, factor = DEFAULTS.factor, maxDuration = DEFAULTS.maxDuration } = backoff;
  return {
    limit: asked?.limit ?? retry?.limit ?? DEFAULTS.limit,
    pauseMs: durationMs(duration),
    factor,
    longestMs: durationMs(maxDuration),
    refresh: asked?.refresh ?? retry?.refresh ?? DEFAULTS.refresh,
  };
}

const defined = <Value extends object>(value: Value): { [Key in keyof Value]?: Exclude<Value[Key], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as {
    [Key in keyof Value]?: Exclude<Value[Key], undefined>;
  };

/** The commit of the attempt before, which a retry takes again as it is stored unless it is to take the newest. */
export function producedBefore({ request, attempt, state, spec }: Attempted): Produced | undefined {
  const { running } = state;
  if (attempt < 2 || running?.operation !== request.operation || retryPolicy({ request, spec })?.refresh)
    return undefined;
  const { revision, sourceDigest, artifact } = running;
  return revision && sourceDigest && artifact ? { revision, sourceDigest, artifact } : undefined;
}

/** What the plan of an attempt is told of hooks; a deletion runs those of what was deployed last. */
export function hooksFor(
  { request, attempt, state }: Attempted,
  produced: Produced | undefined,
): Omit<HookRequest, "operation" | "kind"> {
  const { deployed } = state;
  const hooks = hookMode({ request, deployed: deployed?.sourceDigest, desired: produced?.sourceDigest });
  const elsewhere = request.kind === "delete" && deployed ? { hookArtifact: deployed.artifact } : {};
  return { hooks, ...(attempt > 1 && { attempt }), ...elsewhere };
}
