import type { ActionRequest } from "../schemas/action.ts";
import type { Noted, Outcome } from "../domain/application/command.ts";
import type { Hold } from "../domain/hold/hold.ts";
import type { RetryPolicy } from "../domain/sync/retry.ts";
import type { ActionCounts, Actor, HealthStatus, OperationKind, OperationRequest } from "../schemas/operation.ts";
import type { Part } from "../schemas/phases.ts";

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
  settle(input: SettleInput): Promise<Settled | undefined>;
  /** Pushes a commit that brings back in Git what a rollback brought back in the cluster, once. */
  revert(input: RevertInput): Promise<void>;
  /** Carries out an action on one object and records what came of it, once. */
  act(input: ActInput): Promise<void>;
  /** Records what happens to an operation between its start and its end, each once. */
  note(input: NoteInput): Promise<void>;
}

/** What a running step is given beside its input. */
export interface StepContext {
  /** Aborts when the operation has to stop; what was done by then is still to be returned. */
  signal: AbortSignal;
  /** Says that the step is alive, and how far it is. */
  heartbeat(progress?: unknown): void;
  /** What the attempt before this one last said of its progress. */
  progress: unknown;
  /** Which attempt at the step this is, from 1; absent where nobody counts. */
  attempt?: number;
}

/** The steps as activities carry them out. */
export type StepHandlers = {
  [Step in keyof Steps]: (input: Parameters<Steps[Step]>[0], context: StepContext) => ReturnType<Steps[Step]>;
};

export interface PrepareInput {
  application: string;
  request: OperationRequest;
  /** Which attempt at the same operation, the first when absent: each is planned anew. */
  attempt?: number;
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
      /** The parts that it is carried out in, one after the other; absent where it is a single one. */
      waves?: Part[];
      /** What is only deleted after an operator's yes, at most 20 by name, and how many there are. */
      confirm?: { objects: Noted[]; count: number };
      /** How a failed attempt is tried again; absent where it isn't. */
      retry?: RetryPolicy;
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
  /** Only this part of the plan, onto the report and the inventory that the parts before it left. */
  part?: Part;
  report?: string;
  inventory?: string;
  /** An operator said yes to what is only deleted then. */
  confirmed?: boolean;
  /** Cleanup: the operation ends early, so hooks that still run are deleted too. */
  abandon?: boolean;
}

export interface Applied {
  /** Blob digests of the report and of what is owned now. */
  report: string;
  inventory: string;
  counts: ActionCounts;
  /** Of the part, where it is one; `whole` is the application's then. */
  health: HealthStatus;
  whole?: HealthStatus;
  /** Hooks that are over and whose objects are still to be deleted. */
  leftovers?: boolean;
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
  /** Only this part of the plan. */
  part?: Part;
}

export interface Assessed {
  /** Blob digest of the report with the health read now. */
  report: string;
  /** Of the part, where it is one; `whole` is the application's then. */
  health: HealthStatus;
  whole?: HealthStatus;
  unhealthy: Noted[];
  /** Hooks of the part that failed, once none of it runs any more. */
  failures?: Noted[];
  /** Hooks that are over and whose objects are still to be deleted. */
  leftovers?: boolean;
}

export interface SettleInput {
  application: string;
  ends: Ending[];
}

export interface Settled {
  /** What the ledger wants to happen next, such as the rollback of what failed. */
  next?: OperationRequest;
}

export interface ActInput {
  application: string;
  request: ActionRequest;
  /** It is given up: only this is recorded. */
  failure?: { code: string; message: string };
}

export interface RevertInput {
  application: string;
  request: OperationRequest;
}

/** One operation and how it ended. */
export interface Ending {
  request: OperationRequest;
  outcome: Outcome;
}

/** What happened to an operation that goes on. */
export type OperationNote =
  | { type: "RetryScheduled"; attempt: number; at: string; code: string; message: string; inventory?: string }
  | { type: "ConfirmationRequested"; objects: Noted[]; count: number }
  | { type: "Confirmed"; by: Actor };

export interface NoteInput {
  application: string;
  request: OperationRequest;
  /** Attempt that it happened in, from 1. */
  attempt: number;
  note: OperationNote;
}
