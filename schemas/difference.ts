import { z } from "zod";
import { DifferenceCountsSchema } from "./events/pipeline.ts";

/** What a promotion will change, object by object, as a blob holds it. Values of Secrets are keyed digests. */

/** One field of an object: absent before, or absent after, is no key at all. */
export const FieldDifference = z.object({
  /** As people write it: `spec.template.spec.containers[name=web].image`. */
  path: z.string(),
  /** JSON, shortened to 1,000 characters. */
  was: z.string().optional(),
  is: z.string().optional(),
});
export type FieldDifference = z.output<typeof FieldDifference>;

export const OBJECT_CHANGES = ["created", "changed", "deleted"] as const;
export type ObjectChange = (typeof OBJECT_CHANGES)[number];

export const ObjectDifference = z.object({
  /** `group/Kind/namespace/name`. */
  object: z.string(),
  change: z.enum(OBJECT_CHANGES),
  /** At most 50; what is created has no `was`, what is deleted no `is`. */
  fields: z.array(FieldDifference),
  /** How many fields there are beyond. */
  moreFields: z.int().optional(),
});
export type ObjectDifference = z.output<typeof ObjectDifference>;

export const ApplicationDifference = z.object({
  application: z.string(),
  cluster: z.string(),
  wave: z.int(),
  /** Commit that is deployed now; null when nothing is. */
  from: z.string().nullable(),
  to: z.string(),
  /** Of what it is rendered from: the promotion deploys nothing else. Absent in differences from before it was kept. */
  sourceDigest: z.string().optional(),
  counts: DifferenceCountsSchema.omit({ applications: true }),
  /** Those that change, sorted. */
  objects: z.array(ObjectDifference),
  /** How many that change are left out here; the counts are exact all the same. */
  more: z.int().optional(),
});
export type ApplicationDifference = z.output<typeof ApplicationDifference>;

/** Commits of one subscription between the release that runs and the one to come. */
export const CommitsBetween = z.object({
  subscription: z.string(),
  repoURL: z.string(),
  from: z.string(),
  to: z.string(),
  /** forward: these come in. back: these go out. diverged: these come in, and others go out. */
  direction: z.enum(["forward", "back", "diverged", "unknown"]),
  /** Newest first, at most 100. */
  commits: z.array(
    z.object({
      commit: z.string(),
      subject: z.string(),
      author: z.object({ name: z.string(), email: z.string() }),
      at: z.string(),
    }),
  ),
  more: z.int().optional(),
});
export type CommitsBetween = z.output<typeof CommitsBetween>;

export const RenderedDifference = z.object({
  version: z.literal(1),
  pipeline: z.string(),
  stage: z.string(),
  release: z.string(),
  /** Release that the stage runs; absent before the first. */
  from: z.string().optional(),
  counts: DifferenceCountsSchema,
  applications: z.array(ApplicationDifference),
  commits: z.array(CommitsBetween),
  /** What of images and charts is another than in the release that runs. */
  contents: z.array(z.object({ subscription: z.string(), was: z.string().optional(), is: z.string().optional() })),
});
export type RenderedDifference = z.output<typeof RenderedDifference>;

/** Objects that a difference lists, over all its applications. */
export const MOST_LISTED_OBJECTS = 2_000;
