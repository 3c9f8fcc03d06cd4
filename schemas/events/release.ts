import { z } from "zod";
import { ActorSchema } from "../facts.ts";
import { ReleaseSourceSpec } from "../kinds/release-source.ts";

const Labels = { labels: z.record(z.string(), z.string()), annotations: z.record(z.string(), z.string()) };

export const ReleaseContentSchema = z.object({
  commits: z.array(
    z.object({
      subscription: z.string(),
      repoURL: z.string(),
      commit: z.string(),
      branch: z.string().optional(),
      tag: z.string().optional(),
    }),
  ),
  images: z.array(
    z.object({ subscription: z.string(), repository: z.string(), tag: z.string().optional(), digest: z.string() }),
  ),
  charts: z.array(
    z.object({
      subscription: z.string(),
      repoURL: z.string(),
      name: z.string().optional(),
      version: z.string(),
      digest: z.string().optional(),
    }),
  ),
});

/** A commit that a release brings and the one before it had not. */
export const CarriedCommitSchema = z.object({
  subscription: z.string(),
  commit: z.string(),
  /** First line, shortened. */
  subject: z.string(),
  author: z.object({ name: z.string(), email: z.string() }),
  /** RFC 3339: when it was committed. */
  at: z.string(),
  tickets: z.array(z.string()),
});

/** Events of the aggregate `releasesource`: its configuration and the releases it made. */
export const releaseSourceEvents = {
  ReleaseSourceCreated: z.object({ spec: ReleaseSourceSpec, ...Labels }),
  ReleaseSourceUpdated: z.object({ spec: ReleaseSourceSpec, ...Labels }),
  ReleaseSourceDeleted: z.object({}),
  /** Immutable. `release` is the first 40 digits of the sha256 over the canonical JSON of `content`. */
  ReleaseCreated: z.object({
    release: z.string(),
    /** Readable and unique in its source, as in `brave-otter`. */
    alias: z.string(),
    content: ReleaseContentSchema,
    /** Newest first, at most 100; `more` says how many there are beyond. */
    commits: z.array(CarriedCommitSchema),
    more: z.int().optional(),
    /** Names and e-mail addresses of all who wrote, committed or co-authored a commit since the release before, of any path, at most 1,000; only where `commits` does not name them all. */
    authors: z.array(z.string()).optional(),
    /** What told of it. */
    origin: z.enum(["webhook", "poll", "manual", "configuration"]),
    by: ActorSchema,
    at: z.string(),
  }),
  /** A subscription could not be read, or can again; said when it turns. */
  DiscoveryFailed: z.object({ subscription: z.string(), code: z.string(), message: z.string() }),
  DiscoveryRecovered: z.object({ subscription: z.string() }),
} as const;
