import { z } from "zod";
import { API_VERSION, Metadata } from "./metadata.ts";

const GroupKind = z.strictObject({ group: z.string(), kind: z.string() }).describe("Globs; `*` matches all.");

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

export type ProjectSpec = z.output<typeof ProjectSpec>;
export type Project = z.output<typeof Project>;
