/** The words of one run of work on an application. Types only, so that workflows may import them. */

/** Who did it: a person or token, a webhook's sender, or Sluice itself. */
export interface Actor {
  kind: "user" | "webhook" | "system";
  name: string;
}

/** What can make an operation run. */
export const TRIGGER_TYPES = [
  "push",
  "poll",
  "manual",
  "configuration",
  "drift",
  "rollback",
  "breakGlass",
  "promotion",
] as const;
export type TriggerType = (typeof TRIGGER_TYPES)[number];

/** Why an operation runs. `cause` is the id of what asked for it: a delivery, an intake message, a ledger sequence. */
export interface Trigger {
  type: TriggerType;
  actor: Actor;
  cause: string;
}

/**
 * `sync` makes live equal to desired; `rollback` does with the stored artifact of an earlier sync; `refresh` only compares and
 * records; `delete` prunes everything the application owns.
 */
export const OPERATION_KINDS = ["sync", "rollback", "refresh", "delete"] as const;
export type OperationKind = (typeof OPERATION_KINDS)[number];

/** Objects that an operation is limited to: globs; a field that is absent matches any, an empty one only the empty. */
export interface ResourceSelector {
  group?: string | undefined;
  kind?: string | undefined;
  namespace?: string | undefined;
  name?: string | undefined;
  /** All but these. */
  exclude?: boolean | undefined;
}

/** What an operator asks for beside the application's own policy, for one operation. */
export interface OperationOptions {
  /** Plans and asks the API server for a dry run, writes nothing. */
  dryRun?: boolean | undefined;
  force?: boolean | undefined;
  replace?: boolean | undefined;
  /** Sync options as `Name=value`, over the application's own. */
  syncOptions?: string[] | undefined;
  /** Only these objects: no hooks, no prune of others, not in the history. */
  resources?: ResourceSelector[] | undefined;
  /** Only objects with these labels, as a Kubernetes label selector. */
  labels?: string | undefined;
  /** Blob digest of objects given by hand (`--local`), sealed, in place of the source. */
  local?: string | undefined;
  /** Go on in a closed sync window, where a role allows it, and why. */
  overrideWindow?: { reason: string } | undefined;
  /** Confirms guarded prunes and deletions beforehand. */
  confirm?: boolean | undefined;
  /** delete: leave the objects where they are. */
  orphan?: boolean | undefined;
  /** rollback: bring the earlier revision back in Git too, by a commit to the application's branch or to this one. */
  revert?: { branch?: string | undefined } | undefined;
  /** sync: only where there is something that was not applied yet, and nothing holds it; else it only compares. */
  onlyNew?: boolean | undefined;
  /** Over the policy's retry, field by field. */
  retry?: RetryOptions | undefined;
}

/** How often and after what pauses a failed sync is tried again; what is absent is as the policy has it. Durations as in `5s`. */
export interface RetryOptions {
  limit?: number | undefined;
  backoff?:
    | { duration?: string | undefined; factor?: number | undefined; maxDuration?: string | undefined }
    | undefined;
  refresh?: boolean | undefined;
}

/** How the objects stand that a sync of selected ones leaves alone. */
export interface Others {
  count: number;
  sync: "Synced" | "OutOfSync";
  health: HealthStatus;
}

/** A request for one operation. It carries a key and a reason, never state: whoever acts re-reads. */
export interface OperationRequest {
  operation: string;
  kind: OperationKind;
  trigger: Trigger;
  /** A revision other than the application's own (branch, tag, commit, semver range). */
  revision?: string;
  /** Overrides the policy's prune for this operation. */
  prune?: boolean;
  /** rollback: id of the operation whose artifact is applied again. */
  target?: string;
  options?: OperationOptions;
  /** RFC 3339, when it was asked for. */
  requestedAt: string;
}

/** Sync state of an application or object: does live equal desired? */
export type SyncStatus = "Synced" | "OutOfSync" | "Unknown";

/** Health, worst last; an application's health is its worst object's. */
export const HEALTH_ORDER = ["Healthy", "Suspended", "Progressing", "Unknown", "Missing", "Degraded"] as const;
export type HealthStatus = (typeof HEALTH_ORDER)[number];

/** Where a running operation is. */
export type OperationPhase =
  | "Held"
  | "Preparing"
  | "Applying"
  | "WaitingForHealth"
  | "WaitingForConfirmation"
  | "BackingOff";

/** How an operation ended. */
export type OperationResult = "Succeeded" | "Failed" | "Superseded" | "Terminated" | "TimedOut" | "Compared" | "DryRun";

/** How many objects a plan or a report holds, by action. */
export interface ActionCounts {
  create: number;
  update: number;
  recreate: number;
  unchanged: number;
  prune: number;
  refused: number;
  failed: number;
}
