import { z } from "zod";
import { accountEvents } from "./events/account.ts";
import { notificationEvents, StoredNotificationSpec } from "./events/notification.ts";
import {
  BindingSchema,
  DifferenceCountsSchema,
  GateVerdictSchema,
  MeasurementSchema,
  MetricSummarySchema,
  PromotionTriggerSchema,
  TargetSchema,
} from "./events/pipeline.ts";
import { CarriedCommitSchema, ReleaseContentSchema } from "./events/release.ts";
import { ActorSchema, Described } from "./facts.ts";
import { AccountSpec } from "./kinds/account.ts";
import { AnalysisTemplateSpec } from "./kinds/analysis-template.ts";
import { GatePolicySpec } from "./kinds/gate-policy.ts";
import { PipelineSpec } from "./kinds/pipeline.ts";
import { ReleaseSourceSpec } from "./kinds/release-source.ts";
import { JUDGEMENTS, PROMOTION_MODES, PROMOTION_PHASES, PROMOTION_RESULTS } from "./promotion.ts";

/** Views of releases, pipelines, promotions, and who is told of them. */

/** A release. View `releases`, key `<source>/<release>`. */
export const ReleaseView = z.object({
  source: z.string(),
  release: z.string(),
  alias: z.string(),
  content: ReleaseContentSchema,
  commits: z.array(CarriedCommitSchema),
  more: z.int().optional(),
  authors: z.array(z.string()).optional(),
  origin: z.enum(["webhook", "poll", "manual", "configuration"]),
  by: ActorSchema,
  createdAt: z.string(),
  sequence: z.int(),
});
export type ReleaseView = z.output<typeof ReleaseView>;

/** View `releaseSources`, key its name. */
export const ReleaseSourceView = z.object({
  ...Described,
  spec: ReleaseSourceSpec,
  /** Newest release. */
  newest: z.object({ release: z.string(), alias: z.string(), at: z.string() }).optional(),
  releases: z.int(),
  /** Subscriptions that can't be read, and why. */
  failing: z.record(z.string(), z.object({ code: z.string(), message: z.string(), since: z.string() })),
});
export type ReleaseSourceView = z.output<typeof ReleaseSourceView>;

export const GatePolicyView = z.object({ ...Described, spec: GatePolicySpec });
export type GatePolicyView = z.output<typeof GatePolicyView>;

export const AnalysisTemplateView = z.object({ ...Described, spec: AnalysisTemplateSpec });
export type AnalysisTemplateView = z.output<typeof AnalysisTemplateView>;

/** View `accounts`, key its name. */
export const AccountView = z.object({
  ...Described,
  spec: AccountSpec,
  tokens: z.array(accountEvents.AccountTokenIssued),
});
export type AccountView = z.output<typeof AccountView>;

/** View `notifications`, key its name. */
export const NotificationView = z.object({
  ...Described,
  spec: StoredNotificationSpec,
  delivered: z.int(),
  failed: z.int(),
  /** Those that did not arrive yet and are tried again, the newest 20; none when absent. */
  delayed: z.array(notificationEvents.NotificationDelayed).optional(),
  /** The newest 20 deliveries, newest first. */
  recent: z.array(
    notificationEvents.NotificationDelivered.extend({ code: z.string().optional(), message: z.string().optional() }),
  ),
});
export type NotificationView = z.output<typeof NotificationView>;

const ReleaseIn = z.object({ release: z.string(), promotion: z.string(), at: z.string() });

/** A stage as everybody sees it. */
export const StageView = z.object({
  name: z.string(),
  /** What it was last promoted to as a whole. */
  current: ReleaseIn.extend({ verifiedAt: z.string().optional() }).optional(),
  /** The newest first, at most 20: what was verified here, and can be gone back to. */
  verified: z.array(ReleaseIn),
  /** Release that each application was promoted to. */
  applications: z.record(z.string(), ReleaseIn),
  running: z.string().optional(),
  /** Promotions that wait for their turn, oldest first. */
  queue: z.array(z.string()),
  /** The newest promotion that ended. */
  last: z
    .object({ promotion: z.string(), release: z.string(), result: z.enum(PROMOTION_RESULTS), at: z.string() })
    .optional(),
  held: z.object({ release: z.string(), by: ActorSchema, reason: z.string().optional(), at: z.string() }).optional(),
  paused: z.object({ by: ActorSchema, reason: z.string(), at: z.string() }).optional(),
  excluded: z.array(
    z.object({
      release: z.string(),
      by: ActorSchema,
      reason: z.string(),
      promotion: z.string().optional(),
      at: z.string(),
    }),
  ),
});
export type StageView = z.output<typeof StageView>;

export const EmergencyView = z.object({
  record: z.string(),
  stage: z.string(),
  promotion: z.string(),
  release: z.string(),
  gates: z.array(z.string()),
  reason: z.string(),
  by: ActorSchema,
  at: z.string(),
  closed: z.object({ by: ActorSchema, note: z.string(), at: z.string() }).optional(),
});
export type EmergencyView = z.output<typeof EmergencyView>;

/** View `pipelines`, key its name. */
export const PipelineView = z.object({
  ...Described,
  spec: PipelineSpec,
  /** In the order of the spec. */
  stages: z.array(StageView),
  /** Open ones, and the newest 20 closed. */
  emergencies: z.array(EmergencyView),
});
export type PipelineView = z.output<typeof PipelineView>;

export const ApprovalView = z.object({
  gate: z.string(),
  binding: BindingSchema,
  by: ActorSchema,
  groups: z.array(z.string()),
  comment: z.string().optional(),
  via: z.string(),
  /** link: who made it. */
  linkBy: z.string().optional(),
  at: z.string(),
  expiresAt: z.string().optional(),
  /** The change was the person's own, or that of who made the link. */
  own: z.literal(true).optional(),
  /** Why it does not count any more. */
  voided: z.string().optional(),
});
export type ApprovalView = z.output<typeof ApprovalView>;

export const VerificationView = z.object({
  run: z.string(),
  gate: z.string().optional(),
  phase: z.enum(["Running", "Successful", "Failed", "Error", "Inconclusive"]),
  message: z.string().optional(),
  startedAt: z.string(),
  endedAt: z.string().optional(),
  metrics: z.array(MetricSummarySchema),
  /** The newest 100. */
  measurements: z.array(MeasurementSchema),
  judged: z.object({ verdict: z.enum(JUDGEMENTS), by: ActorSchema, reason: z.string() }).optional(),
});
export type VerificationView = z.output<typeof VerificationView>;

/** One promotion. View `promotions`, key `<pipeline>/<promotion>`. */
export const PromotionView = z.object({
  promotion: z.string(),
  pipeline: z.string(),
  stage: z.string(),
  release: z.string(),
  from: z.string().optional(),
  trigger: PromotionTriggerSchema,
  undoes: z.string().optional(),
  phase: z.enum(PROMOTION_PHASES),
  result: z.enum(PROMOTION_RESULTS).optional(),
  requestedAt: z.string(),
  startedAt: z.string().optional(),
  movedAt: z.string().optional(),
  endedAt: z.string().optional(),
  paused: z.object({ by: ActorSchema, reason: z.string().optional(), at: z.string() }).optional(),
  difference: z
    .object({ digest: z.string(), blob: z.string(), counts: DifferenceCountsSchema, at: z.string() })
    .optional(),
  /** Newest verdict of each gate, in the order of the stage's gates. */
  gates: z.array(GateVerdictSchema.extend({ at: z.string() })),
  approvals: z.array(ApprovalView),
  rejected: z.object({ gate: z.string(), by: ActorSchema, reason: z.string(), at: z.string() }).optional(),
  mode: z.enum(PROMOTION_MODES).optional(),
  commit: z
    .object({ repoURL: z.string(), branch: z.string(), commit: z.string(), signed: z.boolean().optional() })
    .optional(),
  pullRequest: z
    .object({
      provider: z.string(),
      number: z.int(),
      url: z.string(),
      state: z.enum(["Open", "Merged", "Closed"]),
      branch: z.string(),
    })
    .optional(),
  targets: z.array(
    TargetSchema.extend({ state: z.enum(["Syncing", "Promoted", "Failed"]), message: z.string().optional() }),
  ),
  waves: z.array(
    z.object({
      wave: z.int(),
      startedAt: z.string(),
      completedAt: z.string().optional(),
      unhealthy: z.array(z.string()),
    }),
  ),
  verifications: z.array(VerificationView),
  emergency: z
    .object({ record: z.string(), gates: z.array(z.string()), reason: z.string(), by: ActorSchema })
    .optional(),
  supersededBy: z.string().optional(),
  abortedBy: ActorSchema.optional(),
  code: z.string().optional(),
  message: z.string().optional(),
  /** What the stage was left in when it failed or was aborted. */
  left: z.array(z.object({ application: z.string(), release: z.string().nullable(), state: z.string() })).optional(),
  durationMs: z.int().optional(),
  firstSequence: z.int(),
  lastSequence: z.int(),
});
export type PromotionView = z.output<typeof PromotionView>;

/** A promotion into a production stage, for the DORA figures. View `deployments`, key `<pipeline>/<promotion>`. */
export const DeploymentView = z.object({
  pipeline: z.string(),
  stage: z.string(),
  promotion: z.string(),
  release: z.string(),
  /** It goes back to an earlier release: it restores, and is no change of its own. */
  rollback: z.boolean(),
  /** RFC 3339: when each commit that the release carries was made. */
  commits: z.array(z.string()),
  requestedAt: z.string(),
  movedAt: z.string().optional(),
  endedAt: z.string().optional(),
  result: z.enum(PROMOTION_RESULTS).optional(),
  /** When it turned out to be bad: it failed, or its rollback was asked for. */
  failedAt: z.string().optional(),
  /** Ledger sequence of its request. */
  sequence: z.int(),
});
export type DeploymentView = z.output<typeof DeploymentView>;
