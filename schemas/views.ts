import { z } from "zod";
import { StoredClusterSpec, StoredRepositorySpec } from "./events/configuration.ts";
import { driftEvents } from "./events/drift.ts";
import { ApplicationSpec } from "./kinds/application.ts";
import { ProjectSpec } from "./kinds/project.ts";
import { ResourceCustomizationSpec } from "./kinds/resource-customization.ts";
import type {
  AccountView,
  AnalysisTemplateView,
  DeploymentView,
  GatePolicyView,
  NotificationView,
  PipelineView,
  PromotionView,
  ReleaseSourceView,
  ReleaseView,
} from "./promotion-views.ts";
import {
  ActorSchema,
  Counts,
  Described,
  Drifted,
  Health,
  KindOfOperation,
  NotedSchema,
  Options,
  OthersSchema,
  PinSchema,
  StringMap,
  TriggerSchema,
} from "./facts.ts";

/** What the projector folds out of the ledger and the API serves. Disposable: rebuilt from sequence 0, byte-identical. */

/** One operation of an application, running or ended. View `operations`, key `<application>/<operation>`. */
export const OperationView = z.object({
  id: z.string(),
  application: z.string(),
  kind: KindOfOperation,
  trigger: TriggerSchema,
  result: z.enum(["Running", "Succeeded", "Failed", "Superseded", "Terminated", "TimedOut", "Compared", "DryRun"]),
  /** What was asked for beside the policy. */
  options: Options.optional(),
  /** Only selected objects were concerned: how those stand that were left alone. */
  others: OthersSchema.optional(),
  /** Why a closed sync window did not hold it back. */
  overridden: z.object({ windows: z.array(z.string()), reason: z.string() }).optional(),
  revision: z.string().optional(),
  artifact: z.string().optional(),
  plan: z.string().optional(),
  report: z.string().optional(),
  inventory: z.string().optional(),
  counts: Counts.optional(),
  health: Health.optional(),
  code: z.string().optional(),
  message: z.string().optional(),
  /** Failures, refusals, or what it waited for; at most 20. */
  noted: z.array(NotedSchema),
  /** Attempts begun, where there was more than one. */
  attempts: z.int().optional(),
  startedAt: z.string().optional(),
  endedAt: z.string().optional(),
  durationMs: z.int().optional(),
  /** Ledger sequences of its first and last event. */
  firstSequence: z.int(),
  lastSequence: z.int(),
});
export type OperationView = z.output<typeof OperationView>;

/** A break-glass and what was changed by hand in it: how often, and of the last 50 objects the newest change. */
export const BreakGlassView = driftEvents.BreakGlassStarted.extend({
  ended: driftEvents.BreakGlassEnded.pick({ why: true, by: true, at: true }).optional(),
  /** Why the difference could not be committed; it stays until somebody says what shall become of it. */
  refused: z.string().optional(),
  changes: z.int(),
  changed: z.array(driftEvents.ManualChangeRecorded.omit({ id: true })),
});
export type BreakGlassView = z.output<typeof BreakGlassView>;

/** An application as everybody sees it. View `applications`, key its name. */
export const ApplicationView = z.object({
  name: z.string(),
  labels: StringMap,
  annotations: StringMap,
  spec: ApplicationSpec,
  createdAt: z.string(),
  updatedAt: z.string(),
  sync: z.object({
    status: z.enum(["Synced", "OutOfSync", "Unknown"]),
    /** Commit and digests of what was last compared or synced. */
    revision: z.string().optional(),
    sourceDigest: z.string().optional(),
    since: z.string(),
  }),
  /** What the last successful sync put into the cluster. */
  deployed: z
    .object({
      operation: z.string(),
      revision: z.string(),
      artifact: z.string(),
      sourceDigest: z.string(),
      at: z.string(),
    })
    .optional(),
  /** What was put into the cluster as a whole after that, and did not become healthy. */
  applied: z
    .object({ operation: z.string(), revision: z.string(), sourceDigest: z.string(), at: z.string() })
    .optional(),
  /** What it runs by a promotion, over what its spec says. */
  pinned: PinSchema.extend({ at: z.string() }).optional(),
  /** Revisions that nothing automatic deploys, because a rollback left them. */
  excluded: z
    .array(
      z.object({
        revision: z.string(),
        sourceDigest: z.string(),
        operation: z.string(),
        by: ActorSchema,
        reason: z.string(),
        at: z.string(),
      }),
    )
    .optional(),
  /** Clusters that it goes to no more and that still have objects of it, with their kinds as `apiVersion/resource`. */
  left: z.array(z.object({ cluster: z.string(), resources: z.array(z.string()), at: z.string() })).optional(),
  /** What became of the last commit that was to bring an earlier revision back in Git. */
  revert: z
    .object({
      operation: z.string(),
      at: z.string(),
      branch: z.string().optional(),
      commit: z.string().optional(),
      message: z.string().optional(),
    })
    .optional(),
  health: z.object({ status: Health, since: z.string(), objects: z.array(NotedSchema) }),
  drift: z.array(Drifted),
  /** The newest remediation of drift, and the newest fight over objects. */
  remediation: z
    .object({
      operation: z.string(),
      at: z.string(),
      flapping: driftEvents.FlappingDetected.optional(),
    })
    .optional(),
  /** Self-heal is suspended; after its end until what was changed by hand is put back or committed. */
  breakGlass: BreakGlassView.optional(),
  /** The operation that runs now, its id. */
  running: z.string().optional(),
  /** The operation that may not begin yet, and why. */
  held: z
    .object({
      operation: z.string(),
      reason: z.string(),
      message: z.string(),
      until: z.string().optional(),
      since: z.string(),
    })
    .optional(),
  /** The running operation failed and is tried again: which attempt comes, when, and why the last one failed. */
  retry: z
    .object({ operation: z.string(), attempt: z.int(), at: z.string(), code: z.string(), message: z.string() })
    .optional(),
  /** The running operation waits for an operator's yes before it deletes these. */
  confirmation: z
    .object({ operation: z.string(), objects: z.array(NotedSchema), count: z.int(), since: z.string() })
    .optional(),
  /** The newest ended operation. */
  last: OperationView.optional(),
  /** Blob digest of the inventory; absent before the first operation. */
  inventory: z.string().optional(),
  cluster: z.string().optional(),
  /** Resources that the watch must cover, as `apiVersion/resource`. */
  resources: z.array(z.string()),
  /** Ledger sequence of its newest event. */
  sequence: z.int(),
});
export type ApplicationView = z.output<typeof ApplicationView>;

export const ProjectView = z.object({ ...Described, spec: ProjectSpec });
export type ProjectView = z.output<typeof ProjectView>;

export const ClusterView = z.object({ ...Described, spec: StoredClusterSpec });
export type ClusterView = z.output<typeof ClusterView>;

export const ResourceCustomizationView = z.object({ ...Described, spec: ResourceCustomizationSpec });
export type ResourceCustomizationView = z.output<typeof ResourceCustomizationView>;

export const RepositoryView = z.object({
  ...Described,
  spec: StoredRepositorySpec,
  /** Newest dispatch per `<repoURL> <ref>`: commit, when, and whether it was rejected; at most 100. */
  refs: z.record(
    z.string(),
    z.object({
      revision: z.string().optional(),
      at: z.string(),
      code: z.string().optional(),
      message: z.string().optional(),
    }),
  ),
});
export type RepositoryView = z.output<typeof RepositoryView>;

/** One accepted webhook or poll and what became of it. View `deliveries`, key `<repository>/<intake sequence>`. */
export const DeliveryView = z.object({
  repository: z.string(),
  delivery: z.string(),
  intakeSequence: z.int(),
  ref: z.string(),
  source: z.enum(["webhook", "poll"]),
  outcome: z.enum(["Dispatched", "Unchanged", "Rejected"]),
  revision: z.string().optional(),
  operations: z.array(z.object({ application: z.string(), operation: z.string() })),
  message: z.string().optional(),
  receivedAt: z.string(),
  handledAt: z.string(),
});
export type DeliveryView = z.output<typeof DeliveryView>;

/** Every view by name. */
export interface Views {
  applications: ApplicationView;
  operations: OperationView;
  projects: ProjectView;
  clusters: ClusterView;
  repositories: RepositoryView;
  resourceCustomizations: ResourceCustomizationView;
  pipelines: PipelineView;
  promotions: PromotionView;
  deployments: DeploymentView;
  releases: ReleaseView;
  releaseSources: ReleaseSourceView;
  gatePolicies: GatePolicyView;
  analysisTemplates: AnalysisTemplateView;
  notifications: NotificationView;
  accounts: AccountView;
  deliveries: DeliveryView;
}
export type ViewName = keyof Views;
export const VIEW_NAMES = [
  "applications",
  "operations",
  "projects",
  "clusters",
  "repositories",
  "resourceCustomizations",
  "pipelines",
  "promotions",
  "deployments",
  "releases",
  "releaseSources",
  "gatePolicies",
  "analysisTemplates",
  "notifications",
  "accounts",
  "deliveries",
] as const satisfies ViewName[];
