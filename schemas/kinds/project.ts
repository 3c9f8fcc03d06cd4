import { z } from "zod";
import { API_VERSION, Duration, Metadata, Name } from "./metadata.ts";

const GroupKind = z.strictObject({ group: z.string(), kind: z.string() }).describe("Globs; `*` matches all.");

export const SyncWindow = z
  .strictObject({
    kind: z.enum(["allow", "deny"]).describe("A deny window beats an allow window; any allow window closes the rest."),
    schedule: z.string().min(1).describe("Cron expression of five fields: when the window opens."),
    duration: Duration.describe("How long it stays open."),
    timeZone: z.string().default("UTC").describe("IANA name such as Europe/Berlin."),
    applications: z.array(z.string()).default([]).describe("Globs of application names."),
    namespaces: z.array(z.string()).default([]).describe("Globs of destination namespaces."),
    clusters: z.array(z.string()).default([]).describe("Globs of cluster names or API server addresses."),
    andOperator: z
      .boolean()
      .default(false)
      .describe("All of applications, namespaces and clusters have to match, not one."),
    manualSync: z.boolean().default(false).describe("Manual syncs go on while it holds automated ones back."),
    overrideRoles: z
      .array(Name)
      .default([])
      .describe("Roles of this project that may sync all the same; each time is an event."),
    description: z.string().optional(),
  })
  .describe("When syncs may run; what is held back runs once the window opens.");

export const ProjectSpec = z.strictObject({
  description: z.string().optional(),
  sourceRepos: z
    .array(z.string())
    .default([])
    .describe("Globs of allowed repository addresses; `!` in front denies, however the address is spelled."),
  destinations: z
    .array(
      z.strictObject({
        name: z.string().optional().describe("Glob of cluster names."),
        server: z.string().optional().describe("Glob of API server addresses."),
        namespace: z
          .string()
          .default("*")
          .describe("Glob of namespaces, objects of the kind Namespace included by their name; `!` in front denies."),
      }),
    )
    .default([]),
  clusterResourceWhitelist: z
    .array(GroupKind)
    .default([])
    .describe("Cluster-scoped kinds allowed; none unless listed."),
  clusterResourceBlacklist: z.array(GroupKind).default([]),
  namespaceResourceWhitelist: z.array(GroupKind).optional().describe("Namespaced kinds allowed; all when absent."),
  namespaceResourceBlacklist: z.array(GroupKind).default([]),
  syncWindows: z.array(SyncWindow).optional(),
  roles: z
    .array(
      z.strictObject({
        name: Name,
        members: z.array(z.string()).default([]).describe("Names of users, as their tokens have them."),
        description: z.string().optional(),
      }),
    )
    .optional(),
  orphanedResources: z
    .strictObject({
      warn: z.boolean().default(true),
      ignore: z
        .array(
          z.strictObject({
            group: z.string().default("*"),
            kind: z.string().default("*"),
            name: z.string().default("*"),
          }),
        )
        .default([]),
    })
    .optional()
    .describe("Watch for objects in the applications' namespaces that no application owns."),
});

export const Project = z
  .strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal("Project"),
    metadata: Metadata,
    spec: ProjectSpec.prefault({}),
  })
  .describe(
    "A tenant: which repositories, destinations and kinds its applications may use. Nothing is allowed that is not listed.",
  );

export type SyncWindow = z.output<typeof SyncWindow>;
export type ProjectSpec = z.output<typeof ProjectSpec>;
export type Project = z.output<typeof Project>;
