import { z } from "zod";
import { API_VERSION, Duration, Metadata, Name } from "./metadata.ts";
import { Source } from "./source.ts";

export const Destination = z
  .strictObject({
    name: Name.optional().describe("Name of a Cluster."),
    server: z.url().optional().describe("API server address of a Cluster."),
    namespace: Name.optional().describe("Namespace of objects that name none; defaults to `default`."),
  })
  .refine((destination) => (destination.name === undefined) !== (destination.server === undefined), {
    message: "exactly one of name and server must be set",
  });

export const SyncPolicy = z.strictObject({
  automated: z
    .strictObject({
      enabled: z.boolean().default(true),
      prune: z.boolean().default(false).describe("Delete objects that are gone from Git."),
      selfHeal: z.boolean().default(false).describe("Put manual changes back."),
      allowEmpty: z.boolean().default(false).describe("Allow a render without objects to prune everything."),
    })
    .optional()
    .describe("Sync on every change without being asked. Absent: changes are only reported as OutOfSync."),
  syncOptions: z
    .array(z.enum(["CreateNamespace=true", "CreateNamespace=false", "Force=true", "Force=false"]))
    .default([])
    .describe("Force=true takes over fields that another field manager owns."),
  timeout: Duration.default("10m").describe("Limit of a whole operation, waiting for health included."),
});

export const ApplicationSpec = z.strictObject({
  project: Name.default("default"),
  source: Source,
  destination: Destination,
  syncPolicy: SyncPolicy.prefault({}),
  revisionHistoryLimit: z.int().min(0).default(10),
});

export const Application = z
  .strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal("Application"),
    metadata: Metadata,
    spec: ApplicationSpec,
  })
  .describe("One source, rendered and kept in sync in one destination.");

export type Destination = z.output<typeof Destination>;
export type SyncPolicy = z.output<typeof SyncPolicy>;
export type ApplicationSpec = z.output<typeof ApplicationSpec>;
export type Application = z.output<typeof Application>;
