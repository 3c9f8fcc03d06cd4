import { z } from "zod";
import { API_VERSION, Duration, Metadata, Name } from "./metadata.ts";

const Pattern = z.string().min(1).max(1_000);

export const GitSubscription = z.strictObject({
  repoURL: z.string().min(1),
  strategy: z
    .enum(["NewestFromBranch", "SemVer", "Lexical", "NewestTag"])
    .default("NewestFromBranch")
    .describe("What is newest: the head of a branch, or a tag by version, by name, or by date."),
  branch: z.string().min(1).max(255).default("HEAD"),
  semverConstraint: z.string().max(255).optional(),
  allowTags: Pattern.optional().describe("Regular expression of tags (RE2 syntax)."),
  ignoreTags: z.array(z.string().max(255)).max(1_000).optional(),
  includePaths: z.array(Pattern).max(1_000).optional().describe("Globs; a commit counts that changes one of them."),
  excludePaths: z.array(Pattern).max(1_000).optional().describe("Globs; changes of only these don't count."),
});

export const ImageSubscription = z
  .strictObject({
    repoURL: z.string().min(1).max(1_000).describe("Image without tag, as in `ghcr.io/acme/web`."),
    strategy: z
      .enum(["SemVer", "Lexical", "NewestBuild", "Digest"])
      .default("SemVer")
      .describe("Digest follows one tag that moves, such as `latest`."),
    semverConstraint: z.string().max(255).optional(),
    tag: z.string().max(128).optional().describe("Digest: the tag that is followed."),
    allowTags: Pattern.optional().describe("Regular expression of tags."),
    ignoreTags: z.array(z.string().max(128)).max(1_000).optional(),
    platform: z
      .string()
      .regex(/^[a-z0-9]+\/[a-z0-9]+(?:\/[a-z0-9]+)?$/, "must be as in linux/amd64")
      .optional()
      .describe("Only images that have it."),
    insecure: z.boolean().default(false).describe("Plain http, for registries on a network of one's own."),
  })
  .refine(({ strategy, tag }) => (strategy === "Digest") === (tag !== undefined), {
    path: ["tag"],
    message: "strategy Digest needs a tag, and no other strategy takes one",
  });

export const ChartSubscription = z.strictObject({
  repoURL: z.string().min(1).max(1_000).describe("`https://` of a chart repository, or `oci://` of the chart itself."),
  name: z.string().max(253).optional().describe("Chart in a repository; not for oci://."),
  semverConstraint: z.string().max(255).optional(),
  insecure: z.boolean().default(false),
});

export const Subscription = z
  .strictObject({
    name: Name.describe("What the rest refers to it by."),
    git: GitSubscription.optional(),
    image: ImageSubscription.optional(),
    chart: ChartSubscription.optional(),
  })
  .refine(({ git, image, chart }) => [git, image, chart].filter((one) => one !== undefined).length === 1, {
    message: "exactly one of git, image and chart must be set",
  });

export const ReleaseSourceSpec = z.strictObject({
  project: Name.default("default"),
  subscriptions: z
    .array(Subscription)
    .min(1)
    .max(50)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "subscriptions need different names"),
  interval: Duration.default("5m").describe("How often to look for what no webhook told of; jitter is added."),
  creation: z
    .enum(["Automatic", "Manual"])
    .default("Automatic")
    .describe("Automatic: what is newest of all subscriptions is a release. Manual: `sluice release create`."),
  ticketPattern: z
    .string()
    .max(500)
    .default("[A-Z][A-Z0-9]+-[0-9]+")
    .describe("Regular expression of ticket ids in commit messages; empty looks for none."),
});

export const ReleaseSource = z
  .strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal("ReleaseSource"),
    metadata: Metadata,
    spec: ReleaseSourceSpec,
  })
  .describe("What makes a release: commits of a path, image tags, chart versions; one release may bundle several.");

export type GitSubscription = z.output<typeof GitSubscription>;
export type ImageSubscription = z.output<typeof ImageSubscription>;
export type ChartSubscription = z.output<typeof ChartSubscription>;
export type Subscription = z.output<typeof Subscription>;
export type ReleaseSourceSpec = z.output<typeof ReleaseSourceSpec>;
export type ReleaseSource = z.output<typeof ReleaseSource>;
