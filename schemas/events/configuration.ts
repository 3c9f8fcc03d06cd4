import { z } from "zod";
import { ActorSchema } from "../facts.ts";
import { ClusterSpec } from "../kinds/cluster.ts";
import { ProjectSpec } from "../kinds/project.ts";
import { RepositorySpec } from "../kinds/repository.ts";
import { ResourceCustomizationSpec } from "../kinds/resource-customization.ts";

const Labels = {
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()),
};

/** Specs as the ledger holds them: credentials and secrets are absent by type; a keyed digest shows that they changed. */
export const StoredClusterSpec = ClusterSpec.omit({ credentials: true }).extend({
  credentialsDigest: z.string().optional(),
});
export const StoredRepositorySpec = RepositorySpec.omit({
  credentials: true,
  webhook: true,
}).extend({
  credentialsDigest: z.string().optional(),
  webhook: RepositorySpec.shape.webhook
    .unwrap()
    .omit({ secret: true })
    .extend({ secretDigest: z.string().optional() })
    .optional(),
});
export type StoredClusterSpec = z.output<typeof StoredClusterSpec>;
export type StoredRepositorySpec = z.output<typeof StoredRepositorySpec>;

export const projectEvents = {
  ProjectCreated: z.object({ spec: ProjectSpec, ...Labels }),
  ProjectUpdated: z.object({ spec: ProjectSpec, ...Labels }),
  ProjectDeleted: z.object({}),
} as const;

export const resourceCustomizationEvents = {
  ResourceCustomizationCreated: z.object({ spec: ResourceCustomizationSpec, ...Labels }),
  ResourceCustomizationUpdated: z.object({ spec: ResourceCustomizationSpec, ...Labels }),
  ResourceCustomizationDeleted: z.object({}),
} as const;

export const clusterEvents = {
  ClusterCreated: z.object({ spec: StoredClusterSpec, ...Labels }),
  ClusterUpdated: z.object({ spec: StoredClusterSpec, ...Labels }),
  ClusterDeleted: z.object({}),
} as const;

/** What became of one delivery of the intake. */
const Delivery = z.object({
  delivery: z.string(),
  intakeSequence: z.int(),
  ref: z.string(),
  receivedAt: z.string(),
});

export const repositoryEvents = {
  RepositoryCreated: z.object({ spec: StoredRepositorySpec, ...Labels }),
  RepositoryUpdated: z.object({ spec: StoredRepositorySpec, ...Labels }),
  RepositoryDeleted: z.object({}),
  /** One resolve of one ref, for one or many deliveries that a storm brought, and which applications it concerned. */
  PushDispatched: z.object({
    repoURL: z.string(),
    ref: z.string(),
    /** Commit the ref stood at; absent when the ref is gone. */
    revision: z.string().optional(),
    source: z.enum(["webhook", "poll"]),
    deliveries: z.array(Delivery),
    /** Applications that track the ref, and how many of them the commit really changes. */
    considered: z.int(),
    /** `sourceDigest` is what the application's source came to at the commit; absent in events of the first version. */
    operations: z.array(
      z.object({ application: z.string(), operation: z.string(), sourceDigest: z.string().optional() }),
    ),
    /** Commit of every targetRevision that was resolved for it, null where there is none (any more). */
    resolved: z.record(z.string(), z.string().nullable()).optional(),
  }),
  /** It could not be resolved for good: no such repository for us, refused, not allowed. */
  PushRejected: z.object({
    repoURL: z.string(),
    ref: z.string(),
    source: z.enum(["webhook", "poll"]),
    deliveries: z.array(Delivery),
    code: z.string(),
    message: z.string(),
  }),
} as const;

export const systemEvents = {
  SystemInitialised: z.object({ version: z.string(), installation: z.string() }),
  /** Nothing is promoted anywhere until it goes on: what is under way stops before its next wave. */
  LineStopped: z.object({ reason: z.string(), by: ActorSchema, at: z.string() }),
  LineResumed: z.object({ by: ActorSchema, at: z.string() }),
  /** Commits may be signed with it from here on; its private half is sealed beside the ledger. */
  SigningKeyAdded: z.object({
    name: z.string(),
    publicKey: z.string(),
    fingerprint: z.string(),
    by: ActorSchema,
    at: z.string(),
  }),
  SigningKeyRemoved: z.object({ name: z.string(), by: ActorSchema, at: z.string() }),
  /** Verifications may use its keys from here on; the values are sealed beside the ledger. */
  SecretGiven: z.object({
    name: z.string(),
    /** All that it has now, sorted. */
    keys: z.array(z.string()),
    /** Keyed digest of all values: shows that one changed and nothing else. */
    digest: z.string(),
    by: ActorSchema,
    at: z.string(),
  }),
  SecretRemoved: z.object({ name: z.string(), by: ActorSchema, at: z.string() }),
} as const;
