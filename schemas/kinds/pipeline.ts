import { z } from "zod";
import { Gate } from "./gate.ts";
import { API_VERSION, Duration, Metadata, Name } from "./metadata.ts";
import { PromotionMethod } from "./promotion-method.ts";
import { Verification } from "./verification.ts";

/** Applications by name or by label; of several given, all have to fit. */
const Selection = {
  names: z.array(z.string().min(1).max(253)).max(1_000).optional().describe("Globs of application names."),
  selector: z.string().min(1).max(1_000).optional().describe("Label selector, as kubectl takes it."),
};

export const ApplicationSelection = z
  .strictObject(Selection)
  .refine(({ names, selector }) => names !== undefined || selector !== undefined, "give names or selector");

export const StageWave = z
  .strictObject({
    name: Name.optional(),
    ...Selection,
    maxParallel: z.int().min(1).max(1_000).default(10).describe("Applications in the making at once."),
    maxUnhealthy: z
      .int()
      .min(0)
      .max(1_000)
      .default(0)
      .describe("So many may fail, or not become healthy, before the promotion fails."),
    pause: Duration.optional().describe("How long the wave has to stay healthy before the next one begins."),
  })
  .describe("Applications of the stage that no wave before it has; without names and selector all that are left.");

export const AUTOMATIC = ["never", "newestVerified", "newest"] as const;

export const StageRollback = z.strictObject({
  onFailedHealth: z.boolean().default(false).describe("Go back when applications fail to sync or lose their health."),
  onFailedVerification: z.boolean().default(false),
  within: Duration.default("15m").describe("How long after the promotion lost health counts."),
  requireApproval: z.boolean().default(false).describe("Approval gates hold for a rollback too; soak never does."),
});

export const Stage = z.strictObject({
  name: Name,
  after: z
    .array(Name)
    .max(50)
    .optional()
    .describe("Stages in which a release has to be verified first; the stage before it when absent, [] for none."),
  afterAny: z.boolean().default(false).describe("One of `after` is enough."),
  applications: ApplicationSelection,
  waves: z.array(StageWave).min(1).max(50).optional().describe("One wave with all when absent."),
  promotion: PromotionMethod.prefault({}),
  automatic: z
    .enum(AUTOMATIC)
    .default("never")
    .describe(
      "never: only by hand. newestVerified: the newest release that the stages before verified. newest: the newest of the source, once gates pass; for stages without a stage before.",
    ),
  gates: z.array(Gate).max(50).default([]).describe("What a release has to pass on its way in."),
  verification: Verification.optional().describe(
    "What is checked after the sync; without it Synced and Healthy is verified.",
  ),
  rollback: StageRollback.optional(),
  onNewer: z
    .enum(["supersede", "queue"])
    .default("supersede")
    .describe("What a newer release does to a promotion that has not begun to move: takes its place, or waits behind."),
  timeout: Duration.default("1h").describe("Limit from the first move to the last application's health."),
  emergencyGroups: z
    .array(z.string().min(1).max(253))
    .max(50)
    .default([])
    .describe("Groups of Accounts that may skip gates in an emergency; none when empty."),
  production: z.boolean().optional().describe("Counts for the DORA figures; the last stages when none says so."),
});

export const PipelineSpec = z.strictObject({
  project: Name.default("default"),
  description: z.string().max(1_000).optional(),
  releaseSource: Name.describe("The ReleaseSource whose releases move here."),
  stages: z.array(Stage).min(1).max(100),
});

export const Pipeline = z
  .strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal("Pipeline"),
    metadata: Metadata,
    spec: PipelineSpec,
  })
  .describe("The path of a release: an ordered graph of stages, each a set of applications, with gates between them.");

export type ApplicationSelection = z.output<typeof ApplicationSelection>;
export type StageWave = z.output<typeof StageWave>;
export type Stage = z.output<typeof Stage>;
export type PipelineSpec = z.output<typeof PipelineSpec>;
export type Pipeline = z.output<typeof Pipeline>;
