import type { ObjectKey } from "./ids.ts";
import type { IgnoreDifferences } from "./kinds/ignore-differences.ts";
import type { ActionCounts, HealthStatus } from "./operation.ts";
import type { HookDeletePolicy, HookPhase } from "./phases.ts";

/** A Kubernetes object as raw JSON: desired, live and diffs travel in this form only, never through generated models. */
export interface RawObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    generation?: number;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    managedFields?: unknown[];
    [field: string]: unknown;
  };
  [field: string]: unknown;
}

/** What an artifact of files that were given by hand (`--local`) has in place of a commit. */
export const LOCAL_REVISION = "local";

/**
 * What one commit rendered to, stored under the sha256 of its canonical JSON. Secret values in it are sealed
 * (`sealed:v1:<base64>`); the objects are in apply order and already carry our label and tracking annotation.
 */
export interface Artifact {
  version: 1;
  application: string;
  repoURL: string;
  /** The commit, 40 or 64 hex digits, or `local`. */
  revision: string;
  /** Digest of everything the rendering read: paths with their tree or blob ids, tool versions, and the source's options. */
  sourceDigest: string;
  objects: RawObject[];
}

/** One object an application owns. */
export interface InventoryEntry {
  key: ObjectKey;
  /** Version it was applied in, as in `apps/v1`. */
  apiVersion: string;
  /** Plural resource name, as in `deployments`. */
  resource: string;
  namespaced: boolean;
  /** Uid of the live object, null while an apply was begun but its answer never recorded. */
  uid: string | null;
  /** Digest of the desired object as rendered. */
  desired: string;
  /** Digest of the values of the fields we own, as the API server returned them after the apply; null when unknown. */
  fields: string | null;
  /** The set of our fields, `fieldsV1` of our manager's entry, remembered from the apply. */
  fieldSet: unknown;
  /** What `ignoreDifferences` left out of `fieldSet`; absent when nothing is ignored of the object. */
  ignored?: IgnoredEntry;
  /** It is no longer rendered and was not pruned: whoever changes or deletes it by hand takes nothing from what is desired. */
  undesired?: true;
}

/** What an inventory remembers of the ignored fields of an object, so that nobody has to evaluate rules to see drift. */
export interface IgnoredEntry {
  /** Digest of the rules that hold for the object. */
  rules: string;
  /** The whole set of our fields, ignored ones included. */
  owned: unknown;
  /** Paths of ignored fields inside values that the API server tracks as a whole. */
  within?: readonly (readonly (string | number)[])[];
  /** Field managers whose fields are ignored. */
  managers?: readonly string[];
}

/** All objects an application owns, stored as a blob under its sha256. */
export interface Inventory {
  version: 1;
  application: string;
  cluster: string;
  entries: InventoryEntry[];
}

/** What is to be done with one object. */
export type Action = "create" | "update" | "recreate" | "unchanged" | "prune" | "refuse";

/** One step of a plan, with its reason. */
export interface PlanStep {
  key: ObjectKey;
  apiVersion: string;
  action: Action;
  /** One CamelCase word of the closed sets in domain/sync (`StepReason`, `PruneRefusal`). */
  reason: string;
  /** The reason in a sentence: what is in the way and what to do. Never a secret value. */
  message?: string;
  /** Health of the live object as the plan saw it, when there is one. */
  health?: HealthStatus;
  healthMessage?: string;
  /** Uid of the live object that the step is about, when there is one. */
  uid?: string;
  /** Digest of the desired object, absent for prune. */
  desired?: string;
  /** Wave of the sync that it belongs to, 0 when absent. */
  wave?: number;
  /** Its health is not waited for and does not count (`ignore-healthcheck`). */
  ignoreHealth?: true;
  /** Deleted only after an operator's yes (Prune=confirm, Delete=confirm). */
  confirm?: true;
  /** Deleted after every wave, also the later ones (PruneLast=true on the object). */
  pruneLast?: true;
  /** How it is carried out, where its sync options say otherwise than usual. */
  options?: StepOptions;
}

/** What the sync options of an object change in how it is written or deleted; what is absent is as usual. */
export interface StepOptions {
  /** Fields of other managers are taken (Force=true, `ssa: Override`). */
  force?: true;
  /** What is refused as immutable is deleted and created anew (Force=true). */
  recreate?: true;
  /** Written as a whole in place of merged (Replace=true). */
  replace?: true;
  /** Merged three ways by us in place of a server-side apply (ServerSideApply=false). */
  clientSide?: true;
  /** Fields that the schema doesn't know are dropped in place of refused (Validate=false). */
  lenient?: true;
  /** Created and from then on left alone (`ssa: IfNotPresent`). */
  once?: true;
  /** Field managers that wrote the object before and whose fields become ours. */
  adopts?: string[];
  /** Adopt, as it was set: what another tool manages is taken over, or nothing at all. */
  adopt?: "true" | "false";
  /** The application that is not there any more and that it is taken over from. */
  from?: string;
  /** Fields that ignoreDifferences names keep their live value (RespectIgnoreDifferences=true). */
  respect?: true;
  /** prune: it goes along with its application, so Delete decides in place of Prune. */
  whole?: true;
  /** How dependents go with it (PrunePropagationPolicy). */
  propagation?: "Foreground" | "Background" | "Orphan";
}

/** One run of a hook in one phase of an operation. */
export interface HookStep {
  /** Identity of the object to be: a generated name is the same for the same operation, attempt and phase. */
  key: ObjectKey;
  apiVersion: string;
  phase: HookPhase;
  wave: number;
  deletePolicies: HookDeletePolicy[];
  /** Key text of the object in the artifact. */
  object: string;
  /** Value of the annotation that marks the object as made by this run. */
  run: string;
  ignoreHealth?: true;
}

/** The computed list of actions of one operation, in apply order; prunes come last in reverse order. Stored as a blob. */
export interface Plan {
  version: 1;
  application: string;
  operation: string;
  cluster: string;
  artifact: string;
  steps: PlanStep[];
  counts: ActionCounts;
  /** Digest of the inventory that the apply starts from: the one before, united with what is about to be applied (uid null). */
  inventory?: string;
  /** Project whose rules every object is checked against. */
  project?: string;
  /** Take over fields of other managers (Force=true). */
  force?: boolean;
  /** Differences that don't count: the application's own rules, then those that hold for all; absent when there are none. */
  ignoreDifferences?: IgnoreDifferences[];
  /** Namespace to create when it is missing (CreateNamespace=true). */
  createNamespace?: string;
  /** Labels and annotations that this application keeps on that namespace (managedNamespaceMetadata). */
  namespaceMetadata?: { labels: Record<string, string>; annotations: Record<string, string> };
  /** Prunes come after every wave, also the later ones (PruneLast=true). */
  pruneLast?: boolean;
  /** Hooks to be run, in order of phase, wave and kind; absent when none is. */
  hooks?: HookStep[];
  /** Digest of the artifact that holds the hooks, where it is not `artifact`. */
  hookArtifact?: string;
  /** delete: objects that hooks of earlier syncs left. */
  leftHooks?: { key: ObjectKey; apiVersion: string; uid: string }[];
}

/** What became of one object. */
export interface ObjectOutcome {
  key: ObjectKey;
  apiVersion?: string;
  action: Action;
  result: "applied" | "unchanged" | "pruned" | "refused" | "failed" | "pending";
  health: HealthStatus;
  /** One CamelCase word: the plan's reason, or why it failed. */
  reason?: string;
  /** Why: the refusal's reason, the API server's message, the health's message. Never a secret value. */
  message?: string;
  /** Owners of conflicting fields, when a server-side apply conflicted. */
  conflicts?: { manager: string; field: string }[];
  /** Wave it belongs to, 0 when absent. */
  wave?: number;
  /** Its health is neither waited for nor counted. */
  ignoreHealth?: true;
  /** Phase that it ran in as a hook; absent for what the application owns. */
  hook?: HookPhase;
  /** hook: uid of the object that it made. */
  uid?: string;
  /** hook: after which ends its object is deleted. */
  deleteOn?: HookDeletePolicy[];
  /** hook: its object was deleted again. */
  deleted?: true;
  /** hook: why its object was not deleted although a deletion policy would have it. */
  kept?: string;
}

/** Outcome of every object of an operation. Stored as a blob. */
export interface Report {
  version: 1;
  application: string;
  operation: string;
  outcomes: ObjectOutcome[];
  counts: ActionCounts;
  health: HealthStatus;
}

/** Desired against live of one object; Secret values are masked, server-owned metadata and status left out. */
export interface ComparedObject {
  key: ObjectKey;
  action: Action;
  reason: string;
  message?: string;
  /** Null when there is none. */
  live: RawObject | null;
  /** What the API server's dry run of the apply returned, or the desired object where it can't be run; null for a prune. */
  desired: RawObject | null;
  conflicts?: { manager: string; field: string }[];
}

/** Every object of an application whose desired and live state differ. Stored as a blob. */
export interface Comparison {
  version: 1;
  application: string;
  operation: string;
  objects: ComparedObject[];
}
