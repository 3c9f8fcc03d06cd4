import { z } from "zod";
import { Duration, Name } from "./metadata.ts";

/** Counts stand in Argo Rollouts' templates as numbers or, with arguments, as text. */
const Count = z.union([z.int(), z.string().max(200)]);
const Condition = z.string().min(1).max(10_000);

/** A value from a Secret of the place a verification runs in is not read; secrets are given to Sluice, sealed, by name. */
export const ArgumentValue = z.strictObject({
  name: z.string().min(1).max(253),
  value: z.string().max(10_000).optional().describe("Default, or the value."),
  valueFrom: z
    .strictObject({
      secretKeyRef: z.strictObject({ name: z.string(), key: z.string() }).optional(),
      fieldRef: z.strictObject({ fieldPath: z.string() }).optional(),
    })
    .optional(),
});

const Header = z.strictObject({ key: z.string().min(1).max(256), value: z.string().max(10_000) });

export const PrometheusProvider = z.strictObject({
  address: z.string().min(1).describe("Address of the Prometheus API, without `/api/v1`."),
  query: z.string().min(1).max(50_000).describe("PromQL."),
  rangeQuery: z
    .strictObject({
      start: z.string().optional().describe('Expression such as `now() - duration("15m")`.'),
      end: z.string().optional(),
      step: Duration,
    })
    .optional()
    .describe("Ask /query_range in place of /query."),
  timeout: z.int().min(1).max(600).optional().describe("Seconds; 30 by default."),
  insecure: z.boolean().optional(),
  headers: z.array(Header).max(50).optional(),
  authentication: z.record(z.string(), z.unknown()).optional(),
});

export const WebProvider = z.strictObject({
  method: z.enum(["GET", "POST", "PUT"]).default("GET"),
  url: z.string().min(1),
  headers: z.array(Header).max(50).optional(),
  body: z.string().max(100_000).optional(),
  jsonBody: z.record(z.string(), z.unknown()).optional(),
  timeoutSeconds: z.int().min(1).max(600).optional().describe("10 by default."),
  jsonPath: z.string().max(1_000).optional().describe("As in kubectl: `{$.data.ok}`; the whole answer when absent."),
  insecure: z.boolean().optional(),
  authentication: z.record(z.string(), z.unknown()).optional(),
});

export const JobProvider = z.strictObject({
  metadata: z
    .strictObject({
      labels: z.record(z.string(), z.string()).optional(),
      annotations: z.record(z.string(), z.string()).optional(),
    })
    .optional(),
  spec: z.record(z.string(), z.unknown()).describe("Spec of a Kubernetes Job; its log is kept."),
});

export const HealthProvider = z
  .strictObject({
    kinds: z.array(z.string()).max(50).optional().describe("Only objects of these kinds, such as Rollout or Canary."),
  })
  .describe("Health of the stage's applications, phases of Rollouts and Canaries included.");

export const MetricProvider = z
  .strictObject({
    prometheus: PrometheusProvider.optional(),
    web: WebProvider.optional(),
    job: JobProvider.optional(),
    health: HealthProvider.optional(),
  })
  .refine((provider) => Object.values(provider).filter((one) => one !== undefined).length === 1, {
    message: "exactly one of prometheus, web, job and health must be set",
  });

/** One measured thing; fields and their defaults as in Argo Rollouts' AnalysisTemplate. */
export const Metric = z.strictObject({
  name: z.string().min(1).max(253),
  interval: z.string().max(200).optional().describe("Pause between measurements."),
  initialDelay: z.string().max(200).optional(),
  count: Count.optional().describe("Measurements; 1 without interval."),
  successCondition: Condition.optional(),
  failureCondition: Condition.optional(),
  failureLimit: Count.optional().describe("Measured bad; the metric fails beyond it. 0 by default."),
  inconclusiveLimit: Count.optional().describe("Neither good nor bad; 0 by default."),
  consecutiveErrorLimit: Count.optional().describe("Could not be measured, one after the other; 4 by default."),
  consecutiveSuccessLimit: Count.optional().describe("Successful once so many in a row are good."),
  provider: MetricProvider,
});

/** What is checked in a stage after a release was synced, or at a gate. */
export const Verification = z
  .strictObject({
    analysisTemplates: z
      .array(z.strictObject({ name: Name }))
      .max(20)
      .optional()
      .describe("AnalysisTemplates by name; their metrics are measured together."),
    args: z.array(ArgumentValue).max(100).optional().describe("Arguments of templates and metrics."),
    metrics: z.array(Metric).max(50).optional(),
    dryRun: z
      .array(z.strictObject({ metricName: z.string() }))
      .max(50)
      .optional()
      .describe("Metrics that are measured and don't count; `*` names all by pattern."),
    timeout: Duration.default("1h").describe("Limit of the whole; over it, the verification is inconclusive."),
  })
  .refine(({ analysisTemplates, metrics }) => (analysisTemplates ?? []).length + (metrics ?? []).length > 0, {
    message: "give analysisTemplates or metrics",
  });

export type ArgumentValue = z.output<typeof ArgumentValue>;
export type Metric = z.output<typeof Metric>;
export type MetricProvider = z.output<typeof MetricProvider>;
export type Verification = z.output<typeof Verification>;
