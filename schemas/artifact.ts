import type { ObjectKey } from "./ids.ts";
import type { ActionCounts, HealthStatus } from "./operation.ts";

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

/**
 * What one commit rendered to, stored under the sha256 of its canonical JSON. Secret values in it are sealed
 * (`sealed:v1:<base64>`); the objects are in apply order and already carry our label and tracking annotation.
 */
export interface Artifact {
  version: 1;
  application: string;
  repoURL: string;
  /** The commit, 40 or 64 hex digits. */
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
  /** Namespace to create when it is missing (CreateNamespace=true). */
  createNamespace?: string;
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
