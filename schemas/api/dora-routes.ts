import { z } from "zod";
import { MISSING, named, read } from "./route-parts.ts";

const DoraQuery = z.strictObject({
  days: z.coerce.number().int().min(1).max(366).default(30).describe("How many days back."),
});

export const DoraFigures = z
  .object({
    pipeline: z.string(),
    days: z.int(),
    deployments: z.int().describe("Changes that went to production: moved and ended; rollbacks are none."),
    deploymentFrequency: z.number().describe("Successful ones a day."),
    leadTimeSeconds: z.number().optional().describe("Median from a commit to its success in production."),
    changeFailureRate: z.number().optional().describe("Share that failed or was rolled back, 0 to 1."),
    timeToRestoreSeconds: z.number().optional().describe("Median from a failure to the next success in its stage."),
    unrestored: z.int().describe("Failures that nothing has restored yet."),
  })
  .meta({ id: "DoraFigures" });
export type DoraFigures = z.output<typeof DoraFigures>;

/** Routes of DORA's four key metrics. */
export const doraRoutes = {
  listDora: {
    ...read,
    path: "/dora",
    summary: "DORA's four key metrics of every pipeline",
    tag: "promotion",
    query: DoraQuery,
    answer: z.object({ items: z.array(DoraFigures) }),
    errors: ["InvalidInput"],
  },
  getDora: {
    ...read,
    ...named,
    path: "/pipelines/:name/dora",
    summary: "DORA's four key metrics of a pipeline",
    tag: "promotion",
    query: DoraQuery,
    answer: DoraFigures,
    errors: MISSING,
  },
} as const;
