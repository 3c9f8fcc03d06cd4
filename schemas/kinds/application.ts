import { z } from "zod";
import { nearest } from "../api/nearest.ts";
import { parseSyncOption, SYNC_OPTIONS, type SyncOptionName } from "../sync-options.ts";
import { IgnoreDifferences } from "./ignore-differences.ts";
import { API_VERSION, Duration, Metadata, Name } from "./metadata.ts";
import { Source } from "./source.ts";

/** A sync option by its known name; anything else is refused with the nearest one. */
export const SyncOption = z.string().superRefine((text, context) => {
  if (parseSyncOption(text)) return;
  const name = text.split("=")[0]!.trim();
  const known = Object.keys(SYNC_OPTIONS) as SyncOptionName[];
  const option = known.find((candidate) => candidate === name);
  const meant = nearest(name, known);
  const message = option
    ? `sync option ${option} takes ${SYNC_OPTIONS[option].join(", ")}: write ${option}=${SYNC_OPTIONS[option][0]}`
    : `unknown sync option ${name}; ${meant ? `did you mean ${meant}?` : `known are ${known.join(", ")}`}`;
  context.addIssue({ code: "custom", message });
});

export const Retry = z
  .strictObject({
    limit: z.int().min(-1).default(5).describe("Attempts after the first; -1 for no limit."),
    backoff: z
      .strictObject({
        duration: Duration.default("5s").describe("Pause before the first retry."),
        factor: z.number().min(1).max(100).default(2),
        maxDuration: Duration.default("3m").describe("Longest pause."),
      })
      .prefault({}),
    refresh: z.boolean().default(false).describe("Take the newest revision at each retry instead of the first one."),
  })
  .describe("Try a failed sync again, within the operation's timeout.");

export const Rollback = z
  .strictObject({
    onSyncFailed: z.boolean().default(false).describe("Roll back when a sync fails."),
    onHealthLost: Duration.optional().describe("Roll back when health is lost within this time after a sync."),
  })
  .describe("Automatic rollback to the last revision that was synced and healthy.");

export const ResourceRef = z.strictObject({
  apiVersion: z.string(),
  kind: z.string(),
  namespace: z.string().optional().describe("Of the destination when absent."),
  name: z.string(),
});

export const Dependency = z
  .strictObject({
    application: Name.optional().describe("An Application that has to be Synced and Healthy first."),
    resource: ResourceRef.optional().describe("An object of the destination cluster that has to be ready first."),
    readyExpr: z
      .string()
      .optional()
      .describe("CEL expression over `object`, true once it is ready; its health decides when absent."),
  })
  .refine((dependency) => (dependency.application === undefined) !== (dependency.resource === undefined), {
    message: "exactly one of application and resource must be set",
  })
  .refine((dependency) => dependency.readyExpr === undefined || dependency.resource !== undefined, {
    message: "readyExpr needs a resource",
  });

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
    .array(SyncOption)
    .default([])
    .describe("Options such as `CreateNamespace=true`; the last of a name counts."),
  managedNamespaceMetadata: z
    .strictObject({
      labels: z.record(z.string(), z.string()).optional(),
      annotations: z.record(z.string(), z.string()).optional(),
    })
    .optional()
    .describe("Labels and annotations of the namespace that CreateNamespace=true makes."),
  retry: Retry.optional(),
  drift: z
    .enum(["remediate", "report", "ignore"])
    .optional()
    .describe("What a manual change leads to; remediate when automated.selfHeal is set, else report."),
  rollback: Rollback.optional(),
  timeout: Duration.default("10m").describe("Limit of a whole operation, waiting for health included."),
});

export const ApplicationSpec = z.strictObject({
  project: Name.default("default"),
  source: Source,
  destination: Destination,
  syncPolicy: SyncPolicy.prefault({}),
  ignoreDifferences: z.array(IgnoreDifferences).max(500).optional().describe("Fields whose differences don't count."),
  dependsOn: z.array(Dependency).optional().describe("What has to be there before a sync of this one begins."),
  revisionHistoryLimit: z.int().min(0).default(10),
});

const createsNamespace = ({ syncOptions }: { syncOptions: string[] }): boolean =>
  syncOptions.findLast((option) => option.startsWith("CreateNamespace=")) === "CreateNamespace=true";

export const Application = z
  .strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal("Application"),
    metadata: Metadata,
    spec: ApplicationSpec,
  })
  .refine(({ spec: { syncPolicy } }) => !syncPolicy.managedNamespaceMetadata || createsNamespace(syncPolicy), {
    path: ["spec", "syncPolicy", "managedNamespaceMetadata"],
    message: "managedNamespaceMetadata is of no effect without CreateNamespace=true in syncOptions",
  })
  .describe("One source, rendered and kept in sync in one destination.");

export type Retry = z.output<typeof Retry>;
export type Rollback = z.output<typeof Rollback>;
export type Dependency = z.output<typeof Dependency>;
export type Destination = z.output<typeof Destination>;
export type SyncPolicy = z.output<typeof SyncPolicy>;
export type ApplicationSpec = z.output<typeof ApplicationSpec>;
export type Application = z.output<typeof Application>;
