import type { ApplicationEvent } from "../../schemas/events/index.ts";
import type { ApplicationSpec } from "../../schemas/kinds/application.ts";
import type { ClusterChanged } from "../../schemas/messages.ts";
import type { HealthStatus, OperationKind, Others, Trigger } from "../../schemas/operation.ts";
import type { Pin } from "../../schemas/promotion.ts";
import type { NotedHealth } from "../watch/unhealthy.ts";
import type { BreakGlass } from "../break-glass/state.ts";
import type { Remediations } from "../drift/remediation.ts";
import type { AppliedVersion, Excluded, HistoryEntry, LeftObjects, RequestedRollback } from "../rollback/state.ts";

/** How many ended operations an application remembers by id, so that one asked for twice ends once. */
export const REMEMBERED_OPERATIONS = 1_000;

/** One object that differs from what was applied, as the watch reports it. */
export type Drifted = ClusterChanged["drifted"][number];

/** The operation whose first write may have happened and whose end is not recorded yet. */
export interface RunningOperation {
  operation: string;
  kind: OperationKind;
  trigger: Trigger;
  revision?: string;
  sourceDigest?: string;
  artifact?: string;
  plan: string;
  /** RFC 3339. */
  requestedAt?: string;
  /** Only selected objects are concerned: how those stand that are left alone. */
  others?: Others;
  /** Which attempt runs, the first when absent, and which one is scheduled. */
  attempt?: number;
  retried?: number;
  /** Whether an operator was asked for a yes to guarded prunes, and said it. */
  confirmation?: "requested" | "confirmed";
}

/** The operation that may not begin yet, and why. */
export interface HeldOperation {
  operation: string;
  reason: string;
  message: string;
  /** RFC 3339. */
  until?: string | undefined;
}

/** What the last successful sync put into the cluster. */
export interface Deployed {
  operation: string;
  revision: string;
  sourceDigest: string;
  artifact: string;
}

/** An application as its events say it is: what decisions are made on. */
export interface ApplicationState {
  /** Absent before it is created and after it is deleted. */
  configuration?: {
    spec: ApplicationSpec;
    labels: Record<string, string>;
    annotations: Record<string, string>;
  };
  /** What it runs by a promotion, over what its spec says. */
  pin?: Pin;
  /** Name of the cluster that the inventory is in. */
  cluster?: string;
  /** Blob digest of the inventory; absent before the first operation. */
  inventory?: string;
  /** Kinds the inventory spans, as `apiVersion/resource`. */
  resources: string[];
  running?: RunningOperation;
  held?: HeldOperation;
  /** Ids of the last ended operations, oldest first, at most `REMEMBERED_OPERATIONS`. */
  ended: string[];
  drift: Drifted[];
  /** When drift was put back, and by whom it was made; absent before the first time. */
  remediations?: Remediations;
  /** Self-heal is suspended, or what was changed meanwhile not put back yet. */
  breakGlass?: BreakGlass;
  /** The revision whose sync failed, while nothing newer was deployed since. */
  failed?: string;
  health: HealthStatus;
  /** Objects that are not healthy, as far as that was said; none when absent. */
  unhealthy?: NotedHealth[];
  deployed?: Deployed;
  /** Versions that were deployed, oldest first, so many as the application keeps; the last is the one deployed now. */
  history?: HistoryEntry[];
  /** Revisions that nothing automatic deploys. */
  excluded?: Excluded[];
  /** What the last operation put, or tried to put, into the cluster as a whole. */
  applied?: AppliedVersion;
  /** What was put into the cluster as a whole last, whether or not it became healthy: what drift is put back to. */
  inPlace?: Required<AppliedVersion> & { cluster?: string };
  /** The automatic rollback that was decided on and has not begun. */
  requested?: RequestedRollback;
  /** The last commit that was to bring a rollback into Git, and what it failed with. */
  reverted?: { operation: string; failed?: string };
  /** What it owned on clusters that it goes to no more, and that is still there. */
  left?: LeftObjects[];
  /** Ids of the last actions on its objects. */
  acted?: string[];
}

/** An application nobody has created yet. */
export const initialApplication: ApplicationState = { resources: [], ended: [], drift: [], health: "Unknown" };

/** Whether the operation's terminal event is recorded. */
export const hasEnded = (state: ApplicationState, operation: string): boolean => state.ended.includes(operation);

/** The events that end an operation; each operation has exactly one. */
export const TERMINAL_EVENTS = [
  "SyncSucceeded",
  "SyncFailed",
  "SyncSuperseded",
  "SyncTerminated",
  "SyncTimedOut",
  "ComparisonRecorded",
  "ComparisonFailed",
  "DryRunRecorded",
] as const satisfies ApplicationEvent["type"][];

/** An event that ends an operation. */
export type TerminalEvent = Extract<ApplicationEvent, { type: (typeof TERMINAL_EVENTS)[number] }>;

/** Whether the event ends an operation. */
export const isTerminal = (event: ApplicationEvent): event is TerminalEvent =>
  (TERMINAL_EVENTS as readonly string[]).includes(event.type);
