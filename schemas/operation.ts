/** The words of one run of work on an application. Types only, so that workflows may import them. */

/** Who did it: a person or token, a webhook's sender, or Sluice itself. */
export interface Actor {
  kind: "user" | "webhook" | "system";
  name: string;
}

/** Why an operation runs. `cause` is the id of what asked for it: a delivery, an intake message, a ledger sequence. */
export interface Trigger {
  type: "push" | "poll" | "manual" | "configuration" | "drift";
  actor: Actor;
  cause: string;
}

/** `sync` makes live equal to desired; `refresh` only compares and records; `delete` prunes everything the application owns. */
export type OperationKind = "sync" | "refresh" | "delete";

/** A request for one operation. It carries a key and a reason, never state: whoever acts re-reads. */
export interface OperationRequest {
  operation: string;
  kind: OperationKind;
  trigger: Trigger;
  /** A revision other than the application's own (branch, tag, commit, semver range). */
  revision?: string;
  /** Overrides the policy's prune for this operation. */
  prune?: boolean;
  /** RFC 3339, when it was asked for. */
  requestedAt: string;
}

/** Sync state of an application or object: does live equal desired? */
export type SyncStatus = "Synced" | "OutOfSync" | "Unknown";

/** Health, worst last; an application's health is its worst object's. */
export const HEALTH_ORDER = ["Healthy", "Suspended", "Progressing", "Unknown", "Missing", "Degraded"] as const;
export type HealthStatus = (typeof HEALTH_ORDER)[number];

/** Where a running operation is. */
export type OperationPhase = "Preparing" | "Applying" | "WaitingForHealth";

/** How an operation ended. */
export type OperationResult = "Succeeded" | "Failed" | "Superseded" | "Terminated" | "TimedOut" | "Compared";

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
