import { durationMs } from "../../schemas/duration.ts";
import type { ApplicationEvent } from "../../schemas/events/index.ts";
import type { ClusterChanged } from "../../schemas/messages.ts";
import type { OperationRequest } from "../../schemas/operation.ts";
import type { ApplicationState, TerminalEvent } from "../application/state.ts";
import { sha256 } from "../routing/sha256.ts";
import { versionBefore } from "./history.ts";
import type { RequestedRollback } from "./state.ts";

const SYSTEM = { kind: "system", name: "sluice" } as const;

/**
 * The rollback that a failed sync leads to by policy, decided on the state before its end. Only where something new was applied: what
 * failed before that changed nothing, a failed rollback would only lead back, and of a failed heal nothing new is to be left.
 */
export function rollbackAfterFailure(event: TerminalEvent, state: ApplicationState): ApplicationEvent[] {
  const { configuration, applied, deployed, running, breakGlass } = state;
  if (configuration?.spec.syncPolicy.rollback?.onSyncFailed !== true || breakGlass) return [];
  if (event.type !== "SyncFailed" && event.type !== "SyncTimedOut") return [];
  const { operation, kind, report } = event.data;
  if (kind !== "sync" || report === undefined || applied?.operation !== operation) return [];
  if (applied.artifact === deployed?.artifact) return [];
  const began = Date.parse(running?.requestedAt ?? "") || 0;
  return requested(state, { cause: operation, reason: "SyncFailed", at: began + event.data.durationMs });
}

/**
 * The rollback that a loss of health leads to by policy: soon after a sync, of exactly what that sync deployed, and not where
 * somebody's changes in the cluster explain it. What was rolled back to is not left again.
 */
export function rollbackOnHealthLost(message: ClusterChanged, state: ApplicationState): ApplicationEvent[] {
  const { configuration, applied, deployed, history = [], breakGlass } = state;
  const within = configuration?.spec.syncPolicy.rollback?.onHealthLost;
  if (within === undefined || breakGlass || message.drifted.length > 0) return [];
  if (message.health !== "Degraded" && message.health !== "Missing") return [];
  const now = history.at(-1);
  if (!now || !deployed || now.rolledBack || applied?.artifact !== deployed.artifact) return [];
  const at = Date.parse(message.observedAt);
  if (now.at === undefined || !(at - Date.parse(now.at) <= durationMs(within))) return [];
  return requested(state, { cause: deployed.operation, reason: "HealthLost", at });
}

function requested(
  state: ApplicationState,
  { cause, reason, at }: { cause: string; reason: RequestedRollback["reason"]; at: number },
): ApplicationEvent[] {
  const target = versionBefore(state, { healthy: true });
  if (!target || state.requested) return [];
  const operation = `rollback-${sha256([cause, reason].join("\n")).slice(0, 24)}`;
  if (state.ended.includes(operation)) return [];
  const { revision } = target;
  const requestedAt = new Date(at).toISOString();
  return [
    { type: "RollbackRequested", data: { operation, target: target.operation, revision, reason, cause, requestedAt } },
  ];
}

/** The request that an application's workflow is given for a rollback that was decided on. */
export const rollbackRequest = ({ operation, target, cause, requestedAt }: RequestedRollback): OperationRequest => ({
  operation,
  kind: "rollback",
  trigger: { type: "rollback", actor: SYSTEM, cause },
  target,
  requestedAt,
});
