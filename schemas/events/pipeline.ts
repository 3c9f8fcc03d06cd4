import { z } from "zod";
import { ActorSchema, Health } from "../facts.ts";
import { AnalysisTemplateSpec } from "../kinds/analysis-template.ts";
import { GatePolicySpec } from "../kinds/gate-policy.ts";
import { PipelineSpec } from "../kinds/pipeline.ts";
import {
  GATE_STATES,
  GATE_TYPES,
  JUDGEMENTS,
  PROMOTION_MODES,
  PROMOTION_TRIGGERS,
  VERIFICATION_PHASES,
} from "../promotion.ts";

const Labels = { labels: z.record(z.string(), z.string()), annotations: z.record(z.string(), z.string()) };
/** Which promotion, where, of what. */
const Of = { promotion: z.string(), stage: z.string(), release: z.string() };
const At = z.string().describe("RFC 3339.");

export const PromotionTriggerSchema = z.object({
  type: z.enum(PROMOTION_TRIGGERS),
  actor: ActorSchema,
  cause: z.string(),
});
export const GateVerdictSchema = z.object({
  gate: z.string(),
  type: z.enum(GATE_TYPES),
  state: z.enum(GATE_STATES),
  reason: z.string(),
  message: z.string(),
  evidence: z.record(z.string(), z.unknown()),
  until: z.string().optional(),
  deciders: z.array(z.string()).optional(),
});
export const BindingSchema = z.object({ release: z.string(), diff: z.string() });
export const TargetSchema = z.object({
  application: z.string(),
  wave: z.int(),
  operation: z.string(),
  revision: z.string(),
  sourceDigest: z.string(),
  /** Ledger sequence of the application when the wave began: only what came after it counts. */
  after: z.int().optional(),
});
export const DifferenceCountsSchema = z.object({
  applications: z.int(),
  created: z.int(),
  changed: z.int(),
  deleted: z.int(),
  unchanged: z.int(),
});
export const MeasurementSchema = z.object({
  metric: z.string(),
  /** Which of the metric, from 1. */
  number: z.int(),
  phase: z.enum(VERIFICATION_PHASES),
  /** JSON, shortened. */
  value: z.string().optional(),
  message: z.string().optional(),
  /** The query that was asked, without credentials. */
  query: z.string().optional(),
  /** Blob digest of a Job's log. */
  log: z.string().optional(),
  at: At,
});
export const MetricSummarySchema = z.object({
  metric: z.string(),
  phase: z.enum(VERIFICATION_PHASES),
  successful: z.int(),
  failed: z.int(),
  inconclusive: z.int(),
  errors: z.int(),
  dryRun: z.boolean().optional(),
  message: z.string().optional(),
});

/** Events of the aggregate `pipeline`: its configuration, its stages, and every promotion in them. */
export const pipelineEvents = {
  PipelineCreated: z.object({ spec: PipelineSpec, ...Labels }),
  PipelineUpdated: z.object({ spec: PipelineSpec, ...Labels }),
  PipelineDeleted: z.object({}),

  /** It stands in its stage's queue. A stage works on one promotion at a time. */
  PromotionRequested: z.object({
    ...Of,
    trigger: PromotionTriggerSchema,
    /** Release that the stage ran when it was asked for. */
    from: z.string().optional(),
    requestedAt: At,
    /** rollback: the promotion that is undone. */
    undoes: z.string().optional(),
    /** By hand, and older than what the stage runs: the stage is held at it once it is there. */
    hold: z.boolean().optional(),
  }),
  /** A newer one took its place before it began to move, or by hand. */
  PromotionSuperseded: z.object({ ...Of, by: z.string(), at: At }),
  /** It is its turn: gates are looked at from here on. */
  PromotionStarted: z.object({ ...Of, at: At }),
  /** What it will change in each target; told again when it becomes another. */
  DifferenceRendered: z.object({
    ...Of,
    /** sha256 (hex) of the rendered difference, and the blob that holds it. */
    digest: z.string(),
    blob: z.string(),
    counts: DifferenceCountsSchema,
  }),
  /** A gate says something else than before. */
  GateEvaluated: z.object({ ...Of, verdict: GateVerdictSchema, at: At }),
  ApprovalRequested: z.object({ ...Of, gate: z.string(), binding: BindingSchema, required: z.int(), at: At }),
  ApprovalGiven: z.object({
    ...Of,
    gate: z.string(),
    binding: BindingSchema,
    by: ActorSchema,
    groups: z.array(z.string()),
    comment: z.string().optional(),
    via: z.enum(["api", "cli", "link"]),
    /** Account that made the link; `sluice` for one of a notification. */
    linkBy: z.string().optional(),
    at: At,
    expiresAt: z.string().optional(),
    own: z.literal(true).optional().describe("The change was the person's own, or that of who made the link."),
  }),
  /** The promotion ends with it. */
  ApprovalRejected: z.object({
    ...Of,
    gate: z.string(),
    binding: BindingSchema,
    by: ActorSchema,
    reason: z.string(),
    via: z.enum(["api", "cli", "link"]),
    /** Account that made the link; `sluice` for one of a notification. */
    linkBy: z.string().optional(),
    at: At,
  }),
  /** Approvals that don't count any more, and why; the gate asks again. */
  ApprovalsVoided: z.object({
    ...Of,
    gate: z.string(),
    by: z.array(z.string()),
    reason: z.enum(["ReleaseChanged", "DifferenceChanged", "PolicyChanged", "Expired"]),
  }),
  PromotionPaused: z.object({ ...Of, by: ActorSchema, reason: z.string().optional(), at: At }),
  PromotionResumed: z.object({ ...Of, by: ActorSchema, at: At }),
  /** Gates are passed; from here on the stage is being changed. */
  PromotionMoved: z.object({ ...Of, mode: z.enum(PROMOTION_MODES), at: At }),
  ReleaseCommitted: z.object({
    ...Of,
    repoURL: z.string(),
    branch: z.string(),
    commit: z.string(),
    result: z.enum(["pushed", "already", "unchanged"]),
    signed: z.boolean().optional(),
  }),
  PullRequestOpened: z.object({
    ...Of,
    provider: z.string(),
    repoURL: z.string(),
    number: z.int(),
    url: z.string(),
    branch: z.string(),
    /** Commit at its head. */
    head: z.string(),
  }),
  PullRequestMerged: z.object({ ...Of, number: z.int(), commit: z.string(), by: z.string().optional(), at: At }),
  PullRequestClosed: z.object({ ...Of, number: z.int(), reason: z.enum(["Closed", "Superseded", "Aborted"]), at: At }),
  /** What the applications of a wave have to run, and the syncs that were asked for it. */
  WaveStarted: z.object({ ...Of, wave: z.int(), targets: z.array(TargetSchema), at: At }),
  /** Exactly the wanted revision is Synced and Healthy, by the event of that operation or a later one with the same content. */
  ApplicationPromoted: z.object({
    ...Of,
    application: z.string(),
    operation: z.string(),
    revision: z.string(),
    sourceDigest: z.string(),
    /** Ledger sequence of the event that says so. */
    sequence: z.int(),
    at: At,
  }),
  ApplicationPromotionFailed: z.object({
    ...Of,
    application: z.string(),
    reason: z.string(),
    message: z.string(),
    health: Health.optional(),
  }),
  /** All of it are promoted, or as many as may be missing. */
  WaveCompleted: z.object({ ...Of, wave: z.int(), unhealthy: z.array(z.string()), at: At }),
  /** `gate` names the gate whose verification it is; absent for the stage's own. */
  VerificationStarted: z.object({ ...Of, run: z.string(), gate: z.string().optional(), at: At }),
  MeasurementTaken: z.object({ ...Of, run: z.string(), measurement: MeasurementSchema }),
  VerificationCompleted: z.object({
    ...Of,
    run: z.string(),
    gate: z.string().optional(),
    phase: z.enum(["Successful", "Failed", "Error", "Inconclusive"]),
    message: z.string().optional(),
    metrics: z.array(MetricSummarySchema),
    at: At,
  }),
  /** A person decided what measurements could not, or overruled what they said of a gate. Again: they are taken once more. */
  VerificationJudged: z.object({
    ...Of,
    run: z.string(),
    verdict: z.enum(JUDGEMENTS),
    by: ActorSchema,
    reason: z.string(),
  }),
  PromotionSucceeded: z.object({ ...Of, at: At, durationMs: z.int() }),
  PromotionFailed: z.object({
    ...Of,
    code: z.string(),
    message: z.string(),
    /** What the stage is left in, application by application; at most 50. */
    left: z.array(z.object({ application: z.string(), release: z.string().nullable(), state: z.string() })),
    at: At,
  }),
  PromotionAborted: z.object({
    ...Of,
    by: ActorSchema,
    reason: z.string().optional(),
    left: z.array(z.object({ application: z.string(), release: z.string().nullable(), state: z.string() })),
    at: At,
  }),

  /** The release may go on to the stages behind this one. */
  ReleaseVerified: z.object({ ...Of, at: At }),
  /** What was verified is not any more: health or a later verification was lost. */
  ReleaseUnverified: z.object({ ...Of, reason: z.string() }),
  /** Nothing automatic brings it into this stage any more; by hand it can be, and that readmits it. */
  ReleaseExcluded: z.object({
    stage: z.string(),
    release: z.string(),
    by: ActorSchema,
    reason: z.enum(["RolledBack", "HealthLost", "VerificationFailed", "SyncFailed", "MoveFailed", "ByHand"]),
    promotion: z.string().optional(),
  }),
  ReleaseReadmitted: z.object({ stage: z.string(), release: z.string(), by: ActorSchema }),
  /** A step back by hand: nothing automatic changes the stage until it is released. */
  StageHeld: z.object({ stage: z.string(), release: z.string(), by: ActorSchema, reason: z.string().optional() }),
  StageReleased: z.object({ stage: z.string(), by: ActorSchema }),
  /** Nothing begins to move there until it is resumed. */
  StagePaused: z.object({ stage: z.string(), by: ActorSchema, reason: z.string() }),
  StageResumed: z.object({ stage: z.string(), by: ActorSchema }),

  /** Gates were skipped; the record stays open until somebody closes it. */
  EmergencyDeclared: z.object({
    ...Of,
    record: z.string(),
    gates: z.array(z.string()),
    reason: z.string(),
    by: ActorSchema,
    at: At,
  }),
  EmergencyClosed: z.object({ record: z.string(), by: ActorSchema, note: z.string(), at: At }),
} as const;

export const gatePolicyEvents = {
  GatePolicyCreated: z.object({ spec: GatePolicySpec, ...Labels }),
  GatePolicyUpdated: z.object({ spec: GatePolicySpec, ...Labels }),
  GatePolicyDeleted: z.object({}),
} as const;

export const analysisTemplateEvents = {
  AnalysisTemplateCreated: z.object({ spec: AnalysisTemplateSpec, ...Labels }),
  AnalysisTemplateUpdated: z.object({ spec: AnalysisTemplateSpec, ...Labels }),
  AnalysisTemplateDeleted: z.object({}),
} as const;
