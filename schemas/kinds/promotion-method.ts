import { z } from "zod";
import { PROMOTION_MODES } from "../promotion.ts";
import { Name } from "./metadata.ts";

const Path = z.string().min(1).max(4_096).describe("Path in the repository; never leaves it.");

/** A value that a release gives: of an image, a commit or a chart, by the name of its subscription. */
export const ReleaseValue = z
  .strictObject({
    image: Name.optional(),
    git: Name.optional(),
    chart: Name.optional(),
    part: z
      .enum(["tag", "digest", "reference", "repository", "commit", "version"])
      .optional()
      .describe(
        "image: tag, digest, repository, or reference, which is `repository@digest` and the default. git: commit, tag. chart: version.",
      ),
    format: z.string().max(1_000).optional().describe("Text around it: `v{value}`."),
  })
  .refine(({ image, git, chart }) => [image, git, chart].filter((one) => one !== undefined).length === 1, {
    message: "exactly one of image, git and chart must be set",
  });

/** pin: what of a release an application takes over. */
export const PinUpdate = z
  .strictObject({
    git: Name.optional().describe("targetRevision becomes the release's commit of this subscription."),
    image: Name.optional().describe("The image is overridden in the application's Kustomize or Helm source."),
    kustomizeImage: z
      .string()
      .max(1_000)
      .optional()
      .describe("Name of the image in the manifests; its repository when absent."),
    helmParameter: z.string().max(1_000).optional().describe("Helm parameter that takes a value of the release."),
    value: ReleaseValue.optional().describe("With helmParameter: which value."),
  })
  .refine(({ git, image, helmParameter }) => git !== undefined || image !== undefined || helmParameter !== undefined, {
    message: "give git, image or helmParameter",
  })
  .refine(({ helmParameter, value }) => (helmParameter === undefined) === (value === undefined), {
    message: "helmParameter and value go together",
  });

/** commit and pullRequest: one edit of the repository. */
export const GitEdit = z
  .strictObject({
    yaml: z
      .strictObject({
        path: Path,
        key: z.string().min(1).max(1_000).describe("Dotted path in the file: `spec.template.spec.containers.0.image`."),
        document: z.int().min(0).default(0).describe("Which document of the file."),
        value: ReleaseValue,
      })
      .optional()
      .describe("Sets one value in a YAML or JSON file; comments and order stay."),
    kustomize: z
      .strictObject({
        path: Path.describe("Directory of a kustomization."),
        images: z
          .array(
            z.strictObject({ name: z.string().max(1_000).optional(), image: Name, digest: z.boolean().default(true) }),
          )
          .min(1)
          .max(100)
          .describe("Entries of `images`; name is the one in the manifests, the image's repository when absent."),
      })
      .optional(),
    helm: z
      .strictObject({
        path: Path.describe("A values file, or with chart the directory of a Chart.yaml."),
        values: z
          .array(z.strictObject({ key: z.string().min(1).max(1_000), value: ReleaseValue }))
          .max(100)
          .optional(),
        dependencies: z
          .array(z.strictObject({ name: z.string().max(253), chart: Name }))
          .max(50)
          .optional()
          .describe("Versions of dependencies in Chart.yaml."),
      })
      .optional(),
    copy: z
      .strictObject({ git: Name.describe("Subscription whose commit is read."), from: Path, to: Path })
      .optional()
      .describe("The directory or file as it is at the release's commit; what is gone there is deleted here too."),
  })
  .refine(({ yaml, kustomize, helm, copy }) => [yaml, kustomize, helm, copy].filter((one) => one).length === 1, {
    message: "exactly one of yaml, kustomize, helm and copy must be set",
  });

export const CommitMethod = z.strictObject({
  repoURL: z.string().min(1).describe("Repository that is written to; a Repository gives the credentials."),
  branch: z.string().min(1).max(255).default("main"),
  edits: z.array(GitEdit).min(1).max(100),
  message: z
    .string()
    .max(10_000)
    .optional()
    .describe("Text with {pipeline}, {stage}, {release}, {alias}, {promotion} in it."),
  author: z.strictObject({ name: z.string().min(1).max(200), email: z.string().min(1).max(200) }).optional(),
  signingKey: Name.optional().describe(
    "Name of a signing key given with `sluice signing-key add`: SSH, as git's gpg.format=ssh.",
  ),
});

export const PullRequestMethod = z.strictObject({
  title: z.string().max(500).optional().describe("Text as in message."),
  body: z.string().max(50_000).optional(),
  labels: z.array(z.string().max(100)).max(20).default([]),
  reviewers: z.array(z.string().max(100)).max(20).default([]),
  merge: z.boolean().default(false).describe("Merge it as soon as its checks allow, without a person."),
  deleteBranch: z.boolean().default(true),
});

/** How a release comes into a stage. */
export const PromotionMethod = z
  .strictObject({
    mode: z
      .enum(PROMOTION_MODES)
      .default("pin")
      .describe(
        "pin: an event, Git untouched. commit: a commit to a branch. pullRequest: a pull request with that commit.",
      ),
    pin: z
      .array(PinUpdate)
      .max(100)
      .optional()
      .describe(
        "When absent: targetRevision for the subscription of the application's own repository, and every image.",
      ),
    commit: CommitMethod.optional(),
    pullRequest: PullRequestMethod.optional(),
  })
  .refine(({ mode, commit }) => mode === "pin" || commit !== undefined, {
    path: ["commit"],
    message: "mode commit and mode pullRequest need commit: what is edited where",
  })
  .refine(({ mode, pin }) => mode === "pin" || pin === undefined, { path: ["pin"], message: "pin is for mode pin" })
  .refine(({ mode, pullRequest }) => mode === "pullRequest" || pullRequest === undefined, {
    path: ["pullRequest"],
    message: "pullRequest is for mode pullRequest",
  });

export type ReleaseValue = z.output<typeof ReleaseValue>;
export type PinUpdate = z.output<typeof PinUpdate>;
export type GitEdit = z.output<typeof GitEdit>;
export type CommitMethod = z.output<typeof CommitMethod>;
export type PullRequestMethod = z.output<typeof PullRequestMethod>;
export type PromotionMethod = z.output<typeof PromotionMethod>;
