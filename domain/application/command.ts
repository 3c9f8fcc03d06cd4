import type { ApplicationSpec } from "../../schemas/kinds/application.ts";
import type { ClusterChanged } from "../../schemas/messages.ts";
import type {
  ActionCounts,
  Actor,
  HealthStatus,
  OperationKind,
  OperationOptions,
  Others,
  Trigger,
} from "../../schemas/operation.ts";

import type { BreakGlassCommand } from "../break-glass/decide.ts";
import type { RequestRemediation } from "../drift/remediation.ts";
import type { VersionCommand } from "../rollback/decide.ts";
import type { PinCommand } from "./pin.ts";
import type { HeldOperation } from "./state.ts";

/** An object by `group/Kind/namespace/name` with what is to be said of it. */
export interface Noted {
  object: string;
  reason: string;
  message?: string;
}

/** What an application is configured to be. */
export interface Configuration {
  spec: ApplicationSpec;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/** Which operation, why, and what it read so far. */
export interface OperationFacts {
  operation: string;
  kind: OperationKind;
  trigger: Trigger;
  revision?: string;
  sourceDigest?: string;
  artifact?: string;
  /** Only selected objects are concerned: how those stand that are left alone. */
  others?: Others;
}

/** What is known when the plan is made and before the first write. */
export interface StartOperation extends OperationFacts {
  type: "StartOperation";
  /** RFC 3339, when it was asked for. */
  requestedAt: string;
  /** RFC 3339, now. */
  at: string;
  /** Which attempt, the first when absent. */
  attempt?: number;
  /** What was asked for beside the policy. */
  options?: OperationOptions;
  /** Who asked said what is to be deployed, instead of leaving it to Git. */
  named?: boolean;
  cluster: string;
  /** Blob digest of the plan. */
  plan: string;
  counts: ActionCounts;
  /** Kinds that will be touched, as `apiVersion/resource`. */
  resources: string[];
  /** Blob digest of the inventory before, united with what is about to be applied. */
  inventory: string;
}

/** An operation may not begin yet; said again only when the reason, the message or the time is another. */
export interface HoldOperation extends HeldOperation {
  type: "HoldOperation";
  /** What it would bring, compared with the cluster. */
  compared?: { revision: string; sync: "Synced" | "OutOfSync" };
  kind: OperationKind;
  trigger: Trigger;
}

/** An operator goes on in a closed sync window; said once for an operation. */
export interface OverrideWindow {
  type: "OverrideWindow";
  operation: string;
  /** The windows in the way, as they are written. */
  windows: string[];
  reason: string;
  by: Actor;
}

/** A failed attempt is tried again; said once an attempt. */
export interface ScheduleRetry {
  type: "ScheduleRetry";
  operation: string;
  kind: OperationKind;
  trigger: Trigger;
  /** The attempt to come, 2 for the first retry. */
  attempt: number;
  /** RFC 3339: when it begins. */
  at: string;
  code: string;
  message: string;
  /** Blob digest of what the failed attempt left. */
  inventory?: string;
}

/** The running operation waits for an operator's yes to guarded prunes. */
export interface RequestConfirmation {
  type: "RequestConfirmation";
  operation: string;
  objects: Noted[];
  count: number;
}

/** An operator said yes to the guarded prunes of the running operation. */
export interface ConfirmPrune {
  type: "ConfirmPrune";
  operation: string;
  by: Actor;
}

/** How an operation ended, with what is known then. Digests are of blobs; `applied` is said where everything was, whatever became of it. */
export type Outcome =
  | {
      result: "Succeeded";
      counts: ActionCounts;
      inventory: string;
      report: string;
      health: HealthStatus;
      refused: Noted[];
    }
  | {
      result: "Failed";
      code: string;
      message: string;
      failures: Noted[];
      counts?: ActionCounts;
      inventory?: string;
      report?: string;
      health?: HealthStatus;
      applied?: true;
    }
  | { result: "Superseded"; by: string; inventory?: string; applied?: true }
  | { result: "Terminated"; by: Actor; inventory?: string; applied?: true }
  | {
      result: "TimedOut";
      limitSeconds: number;
      waitingFor: Noted[];
      inventory?: string;
      report?: string;
      health?: HealthStatus;
      applied?: true;
    }
  | {
      result: "Compared";
      sync: "Synced" | "OutOfSync";
      health: HealthStatus;
      counts: ActionCounts;
      plan: string;
      differing: Noted[];
      /** Why a sync that was asked for only compared. */
      withheld?: string;
    }
  | {
      result: "DryRun";
      options?: OperationOptions;
      counts: ActionCounts;
      plan: string;
      report: string;
      failures: Noted[];
    };

/** The end of an operation; what its start recorded is filled in. */
export interface EndOperation extends OperationFacts {
  type: "EndOperation";
  /** The revision that was asked for in place of the application's own. */
  asked?: string;
  /** Something else was asked for than all of the application's own revision: selected objects, local files, or a dry run. */
  apart?: boolean;
  /** Milliseconds from the request to the end. */
  durationMs: number;
  /** delete: the objects were left where they are. */
  orphaned?: boolean;
  outcome: Outcome;
}

/** What can be asked of an application. */
export type Command =
  /** Refused with Conflict when it exists. */
  | ({ type: "CreateApplication" } & Configuration)
  /** Refused with NotFound when it does not exist, and with Conflict while it is being deleted. */
  | ({ type: "UpdateApplication"; name?: string } & Configuration)
  /** Creates or updates, whichever it takes. */
  | ({ type: "ConfigureApplication"; name?: string } & Configuration)
  /** Forgets the configuration; what it owns stays in the cluster. `cascade` only says that a delete operation pruned it. */
  | { type: "DeleteApplication"; cascade: boolean }
  | StartOperation
  | EndOperation
  | HoldOperation
  | OverrideWindow
  | ScheduleRetry
  | RequestConfirmation
  | ConfirmPrune
  | { type: "ObserveCluster"; message: ClusterChanged }
  | RequestRemediation
  | VersionCommand
  | BreakGlassCommand
  | PinCommand
  /** Several, each decided on the state that those before it leave, recorded as one. */
  | { type: "InOrder"; commands: Command[] };
