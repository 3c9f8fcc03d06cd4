import type { Delivery } from "../../activities/notify.ts";
import type { HealthCheck } from "../../domain/health/own-check.ts";
import type { Decider } from "../../domain/decider.ts";
import type { Why } from "../../domain/why/cause.ts";
import type { StageProgress } from "../../domain/why/promotion.ts";
import type { BreakGlassDiff, Orphans } from "../../schemas/api/drift-routes.ts";
import type { ResourceActions } from "../../schemas/api/rollback-routes.ts";
import type { ConnectionState } from "../../schemas/api/objects.ts";
import type { Finding, Rebuild, Verification } from "../../schemas/api/bodies.ts";
import type { ComparedObject, HookStep, InventoryEntry, RawObject } from "../../schemas/artifact.ts";
import type { DomainEvent, RecordedEvent } from "../../schemas/events/index.ts";
import type { AggregateRef } from "../../schemas/ids.ts";
import type { PipelineSpec } from "../../schemas/kinds/pipeline.ts";
import type { RepositoryCredentials } from "../../schemas/kinds/repository.ts";
import type { IntakeMessage } from "../../schemas/messages.ts";
import type { Decision } from "../../activities/promotion/steps.ts";
import type { Actor } from "../../schemas/operation.ts";
import type { ReleaseView } from "../../schemas/promotion-views.ts";
import type { ViewName, Views } from "../../schemas/views.ts";
import type { Seals } from "./approval-links.ts";
import type { InTurn } from "./in-turn.ts";

/** What the API needs of the rest, each as small as it can be; the server plugs the adapters in. */

export interface ApiViews {
  get<View extends ViewName>(view: View, key: string): Views[View] | undefined;
  /** Rows in the order of their keys, beginning after `after`; operations and deliveries also newest first. */
  list<View extends ViewName>(
    view: View,
    options?: { prefix?: string; limit?: number; after?: string; newest?: boolean },
  ): { key: string; value: Views[View] }[];
}

export interface ApiProjector {
  /** Resolves when the views include the ledger up to this sequence. */
  reached(sequence: number): Promise<void>;
  sequence(): number;
}

/** Newest place of an aggregate's subject. */
export interface Head {
  sequence: number;
  hash: string;
}

export interface Append {
  ref: AggregateRef;
  expected: Head;
  events: DomainEvent[];
  meta: { at: string; actor: Actor; cause: string; messageId: string };
}

export interface ApiLedger {
  /** All of them or none. Throws LedgerConflict when one of the heads moved. */
  appendAll(appends: Append[]): Promise<Head[]>;
  read(ref: AggregateRef, options?: { after?: number }): AsyncIterable<RecordedEvent>;
  follow(options: {
    after: number;
    signal: AbortSignal;
  }): AsyncIterable<{ events: RecordedEvent[]; sequence: number; caughtUp: boolean }>;
  last(): Promise<number>;
  verify(): Promise<Verification>;
}

export interface ApiAggregates {
  load<State, Command, Event extends DomainEvent>(
    decider: Decider<State, Command, Event>,
    name: string,
  ): Promise<{ state: State; head: Head }>;
}

export type CredentialKind = "cluster" | "repository" | "webhook" | "notification" | "signing-key" | "verification";

/** The sealed store: `cluster` holds ClusterCredentials, `repository` RepositoryCredentials, `webhook` `{ secret }`, by object name. */
export interface ApiCredentials {
  put(kind: CredentialKind, name: string, value: unknown): Promise<unknown>;
  get<Value>(kind: CredentialKind, name: string): Promise<Value | undefined>;
  delete(kind: CredentialKind, name: string): Promise<void>;
}

export interface ApiIntake {
  publish(message: IntakeMessage, messageId: string): Promise<{ sequence: number; duplicate: boolean }>;
}

export interface ApiBlobs {
  getJson<Value>(digest: string): Promise<Value>;
}

/** Desired against live, read now; secret values are masked. */
export type Compare = (
  application: string,
  options: { revision?: string; local?: string },
) => Promise<{
  revision: string;
  objects: ComparedObject[];
  /** Those that a sync runs, in their order. */
  hooks?: Pick<HookStep, "key" | "phase" | "wave">[];
  warnings?: string[];
}>;

/** What was changed by hand, as a change of the repository. */
export interface BreakGlassPort {
  /** Throws InvalidInput where the application's source is of a kind that a difference can't be committed to. */
  checkCommit(application: string): Promise<void>;
  diff(application: string): Promise<Omit<BreakGlassDiff, "application">>;
}

/** Renders files that somebody sent as the application's source would be; the digest stands for the stored result. */
export type RenderUpload = (
  application: string,
  upload: { files: { path: string; content: Uint8Array }[]; path: string; manifests: boolean },
) => Promise<{ local: string; objects: number }>;

/** The actions of objects, as they are live now. */
export type ListActions = (
  cluster: string,
  entries: readonly Pick<InventoryEntry, "key" | "apiVersion">[],
) => Promise<ResourceActions[]>;

/** Looks at a release source's subscriptions now, and records what was found. Throws NotFound for one that is not there. */
export type LookAtSource = (
  source: string,
  reason: { origin: "manual" | "poll"; by: Actor; cause: string; chosen?: Readonly<Record<string, string>> },
) => Promise<{
  release?: { release: string; alias: string; created: boolean };
  failures: Record<string, { code: string; message: string; next?: string }>;
  sequence: number;
}>;

export interface ApiPorts {
  lookAtSource: LookAtSource;
  notifications: { deliver(delivery: Delivery): Promise<void> };
  inTurn: InTurn;
  actions: ListActions;
  views: ApiViews;
  projector: ApiProjector;
  ledger: ApiLedger;
  aggregates: ApiAggregates;
  credentials: ApiCredentials;
  intake: ApiIntake;
  blobs: ApiBlobs;
  /** Keyed digest of a secret text: shows that it changed and nothing else. */
  digest(text: string): string;
  /** Replaces the secret values of an object, sealed or plain, by keyed digests. */
  mask(object: RawObject): RawObject;
  compare: Compare;
  /** What is wrong with an own health check, each problem with its path in the check. */
  healthProblems(check: HealthCheck): Promise<{ path: (string | number)[]; message: string }[]>;
  renderUpload: RenderUpload;
  /** What is wrong with the CEL expression of a gate; undefined when nothing is. */
  gateProblem(expression: string): Promise<string | undefined>;
  /** What is wrong with a jq path expression; undefined when nothing is. */
  jqProblem(expression: string): Promise<string | undefined>;
  /** Why an application is not as it should be, from the ledger and the cluster as it is now. */
  why(application: string): Promise<Why>;
  breakGlass: BreakGlassPort;
  /** Objects in the application's namespaces that no application owns, read now. */
  orphans(application: string): Promise<Orphans>;
  clusterState(name: string): ConnectionState | undefined;
  /** A person's yes or no, once in the ledger when this returns. Throws what it is refused with. */
  decide(pipeline: string, stage: string, decision: Decision): Promise<{ sequence: number; news: boolean }>;
  /** What a release would change in a stage; the blob holds the rendered difference. */
  previewPromotion(input: {
    pipeline: string;
    spec: PipelineSpec;
    stage: string;
    release: ReleaseView;
  }): Promise<{ blob: string }>;
  /** What the workflow of a stage says of itself; undefined when none runs. */
  stageProgress(pipeline: string, stage: string): Promise<StageProgress | undefined>;
  seals: Seals;
  /** How many refs a repository advertises. Throws SourceRefused, SourceForbidden or SourceUnavailable. */
  checkRepository(url: string, credentials?: RepositoryCredentials): Promise<number>;
  doctor(): Promise<Finding[]>;
  rebuild(): Promise<Rebuild>;
}
