import type { Noted, Outcome } from "../domain/application/command.ts";
import type { Hold } from "../domain/hold/hold.ts";
import type { ActionCounts, HealthStatus, OperationKind, OperationRequest } from "../schemas/operation.ts";

/**
 * What crosses between the workflow of an application and its activities: ids, digests, counts, at most 20 objects by name.
 * It stays in workflow histories for good, so never a manifest and never a secret.
 */
export interface Steps {
  /** Resolves, renders and plans; records the start before anything is written. Idempotent by operation. */
  prepare(input: PrepareInput): Promise<Prepared>;
  /** Makes the plan true in the cluster. When cancelled it stops after what is in flight and still returns what it did. */
  apply(input: ApplyInput): Promise<Applied>;
  /** Reads the live health of what the operation applied. */
  assess(input: AssessInput): Promise<Assessed>;
  /** Records how operations ended, each once. */
  settle(input: SettleInput): Promise<void>;
}

/** What a running step is given beside its input. */
export interface StepContext {
  /** Aborts when the operation has to stop; what was done by then is still to be returned. */
  signal: AbortSignal;
  /** Says that the step is alive, and how far it is. */
  heartbeat(progress?: unknown): void;
  /** What the attempt before this one last said of its progress. */
  progress: unknown;
}

/** The steps as activities carry them out. */
export type StepHandlers = {
  [Step in keyof Steps]: (input: Parameters<Steps[Step]>[0], context: StepContext) => ReturnType<Steps[Step]>;
};

export interface PrepareInput {
  application: string;
  request: OperationRequest;
}

export type Prepared =
  /** Its terminal event is in the ledger: it was before, it was a comparison, or there was nothing to write or to wait for. */
  | { status: "ended" }
  /** It may not begin yet; recorded. It is prepared again when a signal says so, or at the hold's time. */
  | { status: "held"; hold: Hold; waits: Waits }
  | {
      status: "planned";
      cluster: string;
      /** Where activities that touch the cluster are run. */
      taskQueue: string;
      /** Blob digests. */
      plan: string;
      inventory: string;
      counts: ActionCounts;
      waits: Waits;
    };

/** How long the workflow waits for what, in milliseconds. Part of the history, so that a changed default breaks no replay. */
export interface Waits {
  /** Limit of the whole operation. */
  timeoutMs: number;
  /** How long an application may stay Degraded before the operation fails. */
  degradedGraceMs: number;
  /** Pause before health is read again without a word from the watch: the first, doubling up to the longest. */
  recheckMs: number;
  longestRecheckMs: number;
}

export interface ApplyInput {
  application: string;
  operation: string;
  kind: OperationKind;
  cluster: string;
  plan: string;
}

export interface Applied {
  /** Blob digests of the report and of what is owned now. */
  report: string;
  inventory: string;
  counts: ActionCounts;
  health: HealthStatus;
  /** At most 20 each. */
  failures: Noted[];
  refused: Noted[];
  unhealthy: Noted[];
  /** It was cancelled before the last object. */
  interrupted: boolean;
}

export interface AssessInput {
  application: string;
  operation: string;
  cluster: string;
  report: string;
  inventory: string;
}

export interface Assessed {
  /** Blob digest of the report with the health read now. */
  report: string;
  health: HealthStatus;
  unhealthy: Noted[];
}

export interface SettleInput {
  application: string;
  ends: Ending[];
}

/** One operation and how it ended. */
export interface Ending {
  request: OperationRequest;
  outcome: Outcome;
}
