import { z } from "zod";
import { API_VERSION, Metadata } from "./metadata.ts";
import { ArgumentValue, Metric } from "./verification.ts";

export const AnalysisTemplateSpec = z.strictObject({
  args: z.array(ArgumentValue).max(100).optional(),
  metrics: z.array(Metric).max(50).optional(),
  dryRun: z
    .array(z.strictObject({ metricName: z.string() }))
    .max(50)
    .optional(),
  measurementRetention: z
    .array(z.strictObject({ metricName: z.string(), limit: z.int().min(1) }))
    .max(50)
    .optional()
    .describe("Read and not needed: every measurement stays in the ledger."),
  templates: z
    .array(z.strictObject({ templateName: z.string(), clusterScope: z.boolean().optional() }))
    .max(20)
    .optional()
    .describe("Other templates whose metrics belong to this one."),
});

export const AnalysisTemplate = z
  .strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal("AnalysisTemplate"),
    metadata: Metadata,
    spec: AnalysisTemplateSpec,
  })
  .describe(
    "Metrics of a verification. Argo Rollouts' AnalysisTemplate and ClusterAnalysisTemplate are read as they are.",
  );

export type AnalysisTemplateSpec = z.output<typeof AnalysisTemplateSpec>;
export type AnalysisTemplate = z.output<typeof AnalysisTemplate>;
