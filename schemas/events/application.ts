import { z } from "zod";
import { ApplicationSpec } from "../kinds/application.ts";
import {
  ActorSchema,
  Counts,
  Health,
  KindOfOperation,
  NotedSchema,
  Options,
  OthersSchema,
  PinSchema,
  TriggerSchema,
} from "../facts.ts";
import { actionEvents } from "./action.ts";
import { driftEvents } from "./drift.ts";
import { rollbackEvents } from "./rollback.ts";

const Digest = z.string();
/** Everything was applied, whatever became of it then. */
const Applied = z.literal(true).optional();
/** What ran: the operation, its commit, the digests of what was read, rendered and owned after. */
const Ran = {
  operation: z.string(),
  kind: KindOfOperation,
  trigger: TriggerSchema,
  /** Commit; absent when it could not be resolved. */
  revision: z.string().optional(),
  sourceDigest: Digest.optional(),
  artifact: Digest.optional(),
  /** Only selected objects were concerned: how those stand that were left alone. */
  others: OthersSchema.optional(),
};

/** Events of the aggregate `application`, version 1. Past tense, facts only, no secret value ever. */
export const applicationEvents = {
  ApplicationCreated: z.object({
    spec: ApplicationSpec,
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()),
  }),
  ApplicationUpdated: z.object({
    spec: ApplicationSpec,
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()),
  }),
  /** The configuration is gone. What it owned stays in the cluster unless a delete operation pruned it before. */
  ApplicationDeleted: z.object({ cascade: z.boolean() }),

  /** The plan is made and the first write comes next: from here on `artifact`'s objects may exist in the cluster. */
  OperationStarted: z.object({
    ...Ran,
    /** RFC 3339, when it was asked for. */
    requestedAt: z.string().optional(),
    /** Which attempt, the first when absent: a retry starts the same operation again. */
    attempt: z.int().optional(),
    /** What was asked for beside the policy. */
    options: Options.optional(),
    cluster: z.string(),
    plan: Digest,
    counts: Counts,
    /** Kinds that will be touched, as `apiVersion/resource`, so that the watch is up before the apply. */
    resources: z.array(z.string()),
    /** Inventory before, united with what is about to be applied (uid null). */
    inventory: Digest,
  }),
  SyncSucceeded: z.object({
    ...Ran,
    counts: Counts,
    inventory: Digest,
    report: Digest,
    health: Health,
    refused: z.array(NotedSchema),
    /** Milliseconds from the request to the end. */
    durationMs: z.int(),
  }),
  SyncFailed: z.object({
    ...Ran,
    /** The revision that was asked for in place of the application's own. */
    asked: z.string().optional(),
    /** Something else was asked for than all of the application's own revision: selected objects, local files, or a dry run. */
    apart: z.boolean().optional(),
    code: z.string(),
    message: z.string(),
    failures: z.array(NotedSchema),
    counts: Counts.optional(),
    inventory: Digest.optional(),
    report: Digest.optional(),
    health: Health.optional(),
    applied: Applied,
    durationMs: z.int(),
  }),
  /** A newer request took its place, before it began or while it waited. */
  SyncSuperseded: z.object({
    ...Ran,
    by: z.string(),
    inventory: Digest.optional(),
    applied: Applied,
    durationMs: z.int(),
  }),
  SyncTerminated: z.object({
    ...Ran,
    by: ActorSchema,
    inventory: Digest.optional(),
    applied: Applied,
    durationMs: z.int(),
  }),
  SyncTimedOut: z.object({
    ...Ran,
    limitSeconds: z.number(),
    waitingFor: z.array(NotedSchema),
    inventory: Digest.optional(),
    report: Digest.optional(),
    health: Health.optional(),
    applied: Applied,
    durationMs: z.int(),
  }),
  /** A refresh compared desired and live and changed nothing. */
  ComparisonRecorded: z.object({
    ...Ran,
    sync: z.enum(["Synced", "OutOfSync"]),
    health: Health,
    counts: Counts,
    plan: Digest,
    differing: z.array(NotedSchema),
    /** Why a sync that was asked for only compared. */
    withheld: z.string().optional(),
    durationMs: z.int(),
  }),
  ComparisonFailed: z.object({
    ...Ran,
    code: z.string(),
    message: z.string(),
    durationMs: z.int(),
  }),

  /** What a sync would do, tried on the API server without writing anything; the application stands as before. */
  DryRunRecorded: z.object({
    ...Ran,
    options: Options.optional(),
    counts: Counts,
    plan: Digest,
    report: Digest,
    /** What the API server or the plan refuses. */
    failures: z.array(NotedSchema),
    durationMs: z.int(),
  }),

  /** An operator went on although a sync window is closed, as a role of the project allows. */
  SyncWindowOverridden: z.object({
    operation: z.string(),
    /** The windows in the way, as they are written. */
    windows: z.array(z.string()),
    reason: z.string(),
    by: ActorSchema,
  }),

  /** An attempt failed and is made again: when, and why it failed. The operation goes on. */
  SyncRetryScheduled: z.object({
    operation: z.string(),
    kind: KindOfOperation,
    trigger: TriggerSchema,
    /** The attempt to come, 2 for the first retry. */
    attempt: z.int(),
    /** RFC 3339: when it begins. */
    at: z.string(),
    code: z.string(),
    message: z.string(),
    inventory: Digest.optional(),
  }),
  /** The running operation waits for an operator's yes before it deletes these. */
  PruneConfirmationRequested: z.object({ operation: z.string(), objects: z.array(NotedSchema), count: z.int() }),
  PruneConfirmed: z.object({ operation: z.string(), by: ActorSchema }),

  /** An operation may not begin yet: why, and when it may at the latest, where that is known. It goes on by itself. */
  OperationHeld: z.object({
    operation: z.string(),
    kind: KindOfOperation,
    trigger: TriggerSchema,
    reason: z.string(),
    message: z.string(),
    until: z.string().optional(),
    /** What it would bring, compared with the cluster when it was held; absent where that could not be told. */
    compared: z.object({ revision: z.string(), sync: z.enum(["Synced", "OutOfSync"]) }).optional(),
  }),

  /** A promotion says what it runs from here on; Git is untouched. */
  RevisionPinned: z.object({ pin: PinSchema, by: ActorSchema }),
  /** Its spec says again what it runs. */
  RevisionUnpinned: z.object({ by: ActorSchema, reason: z.string() }),

  /** Health of the application turned while no operation was running. */
  HealthChanged: z.object({ from: Health, to: Health, objects: z.array(NotedSchema) }),
  ...driftEvents,
  ...rollbackEvents,
  ...actionEvents,
} as const;
