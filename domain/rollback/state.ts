import type { Actor, HealthStatus } from "../../schemas/operation.ts";

/** One version of an application that was deployed: what it was rendered to, and how it did. */
export interface HistoryEntry {
  /** The operation that deployed it first. */
  operation: string;
  revision: string;
  sourceDigest: string;
  /** Blob digest. */
  artifact: string;
  /** Later operations that deployed the same again, the last few, oldest first. */
  also: string[];
  /** Its cluster; what was rendered for one may not fit another. */
  cluster?: string;
  /** The last that was known of its health while it was what is in the cluster. */
  health: HealthStatus;
  /** It came here by a rollback. */
  rolledBack: boolean;
  /** RFC 3339, when the last operation that deployed it succeeded, as far as that is known. */
  at?: string;
}

/** What the last operation that writes everything put, or tried to put, into the cluster. */
export interface AppliedVersion {
  operation: string;
  artifact: string;
  revision?: string;
  sourceDigest?: string;
}

/** Why a revision was left. */
export type ExclusionReason = "RolledBack" | "SyncFailed" | "HealthLost";

/** A revision that nothing automatic deploys again. */
export interface Excluded {
  revision: string;
  sourceDigest: string;
  /** The rollback that left it. */
  operation: string;
  by: Actor;
  reason: ExclusionReason;
}

/** The automatic rollback that was decided on and has not begun. */
export interface RequestedRollback {
  operation: string;
  /** Operation whose artifact is applied again. */
  target: string;
  reason: Exclude<ExclusionReason, "RolledBack">;
  /** The operation that failed, or whose health was lost. */
  cause: string;
  /** RFC 3339. */
  requestedAt: string;
}

/** What an application owned on a cluster that it goes to no more. */
export interface LeftObjects {
  cluster: string;
  /** Blob digest of the inventory. */
  inventory: string;
}
