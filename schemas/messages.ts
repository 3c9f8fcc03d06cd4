import { z } from "zod";
import { ACTION_NAMES } from "./action.ts";
import { ActorSchema, Drifted, Health, Options, StringMap } from "./facts.ts";

/** What NATS carries besides the ledger. Level, not edge: a key and a reason, never state. */

/** Somebody says that a repository's refs moved. Subject `sluice.intake.push.<repository>`. */
export const GitPush = z.object({
  type: z.literal("git.push"),
  /** Name of the Repository whose receiver took it. */
  repository: z.string(),
  /** Address the payload names; must match the Repository. */
  repoURL: z.string(),
  /** Full ref such as `refs/heads/main`, or `*` when the sender does not say. */
  ref: z.string(),
  /** The provider's delivery id, or a digest of the body where it sends none. */
  delivery: z.string(),
  source: z.enum(["webhook", "poll"]),
  actor: ActorSchema,
  /** RFC 3339. */
  receivedAt: z.string(),
});
export type GitPush = z.output<typeof GitPush>;

/** Something happened to the pull request of a promotion. Subject `sluice.intake.pullrequest.<repository>`. */
export const PullRequestChanged = z.object({
  type: z.literal("pullrequest.changed"),
  /** Name of the Repository whose receiver took it. */
  repository: z.string(),
  repoURL: z.string(),
  number: z.int(),
  /** Its source branch, which names pipeline, stage and promotion. */
  branch: z.string(),
  delivery: z.string(),
  actor: ActorSchema,
  /** RFC 3339. */
  receivedAt: z.string(),
});
export type PullRequestChanged = z.output<typeof PullRequestChanged>;

/** An operator or the API asks for something. Subject `sluice.intake.command.<application>`. */
export const ApplicationCommand = z.object({
  type: z.literal("application.command"),
  application: z.string(),
  command: z.enum(["sync", "rollback", "release", "act", "refresh", "terminate", "confirm", "delete"]),
  /** Id of the operation to be; for terminate and confirm, of the one that is meant, or `*`. */
  operation: z.string(),
  revision: z.string().optional(),
  prune: z.boolean().optional(),
  /** rollback: id of the operation whose artifact is applied again. */
  target: z.string().optional(),
  options: Options.optional(),
  /** act: what is done to which object. */
  action: z
    .object({
      name: z.enum(ACTION_NAMES),
      object: z.object({ group: z.string(), kind: z.string(), namespace: z.string(), name: z.string() }),
      parameters: StringMap,
    })
    .optional(),
  actor: ActorSchema,
  requestedAt: z.string(),
});
export type ApplicationCommand = z.output<typeof ApplicationCommand>;

/** Managed objects of an application changed in a cluster. Subject `sluice.intake.cluster.<cluster>.<application>`. */
export const ClusterChanged = z.object({
  type: z.literal("cluster.changed"),
  cluster: z.string(),
  application: z.string(),
  /** Worst health over the application's watched objects. */
  health: Health,
  /** Objects whose health is not Healthy, at most 20, as `group/Kind/namespace/name`. */
  unhealthy: z.array(z.object({ object: z.string(), health: z.string(), message: z.string().optional() })),
  /** Objects whose owned fields differ from what was applied, or that are gone; at most 50. */
  drifted: z.array(Drifted),
  /** Inventory digest that it was compared against. */
  inventory: z.string(),
  observedAt: z.string(),
});
export type ClusterChanged = z.output<typeof ClusterChanged>;

/** Something was pushed to a registry. Subject `sluice.intake.registry.<repository>`. */
export const RegistryPush = z.object({
  type: z.literal("registry.push"),
  /** Name of the Repository whose receiver took it. */
  repository: z.string(),
  /** Place of the image or chart, as in `ghcr.io/acme/web`. */
  image: z.string(),
  delivery: z.string(),
  source: z.literal("webhook"),
  actor: ActorSchema,
  /** RFC 3339. */
  receivedAt: z.string(),
});
export type RegistryPush = z.output<typeof RegistryPush>;

export const IntakeMessage = z.discriminatedUnion("type", [
  GitPush,
  ApplicationCommand,
  ClusterChanged,
  PullRequestChanged,
  RegistryPush,
]);
export type IntakeMessage = z.output<typeof IntakeMessage>;
