import type { z } from "zod";
import type { AggregateRef, AggregateType } from "../ids.ts";
import type { Actor } from "../operation.ts";
import { accountEvents } from "./account.ts";
import { applicationEvents } from "./application.ts";
import {
  clusterEvents,
  projectEvents,
  repositoryEvents,
  resourceCustomizationEvents,
  systemEvents,
} from "./configuration.ts";
import { notificationEvents } from "./notification.ts";
import { analysisTemplateEvents, gatePolicyEvents, pipelineEvents } from "./pipeline.ts";
import { releaseSourceEvents } from "./release.ts";

/** Every event type with the schema of its newest version, by aggregate. */
export const EVENTS = {
  application: applicationEvents,
  project: projectEvents,
  cluster: clusterEvents,
  repository: repositoryEvents,
  resourcecustomization: resourceCustomizationEvents,
  pipeline: pipelineEvents,
  releasesource: releaseSourceEvents,
  gatepolicy: gatePolicyEvents,
  analysistemplate: analysisTemplateEvents,
  notification: notificationEvents,
  account: accountEvents,
  system: systemEvents,
} as const satisfies Record<AggregateType, Record<string, z.ZodType>>;

type EventsOf<Table extends Record<string, z.ZodType>> = {
  [Type in keyof Table & string]: { type: Type; data: z.output<Table[Type]> };
}[keyof Table & string];

export type ApplicationEvent = EventsOf<typeof applicationEvents>;
export type ProjectEvent = EventsOf<typeof projectEvents>;
export type ClusterEvent = EventsOf<typeof clusterEvents>;
export type RepositoryEvent = EventsOf<typeof repositoryEvents>;
export type ResourceCustomizationEvent = EventsOf<typeof resourceCustomizationEvents>;
export type PipelineEvent = EventsOf<typeof pipelineEvents>;
export type ReleaseSourceEvent = EventsOf<typeof releaseSourceEvents>;
export type GatePolicyEvent = EventsOf<typeof gatePolicyEvents>;
export type AnalysisTemplateEvent = EventsOf<typeof analysisTemplateEvents>;
export type NotificationEvent = EventsOf<typeof notificationEvents>;
export type AccountEvent = EventsOf<typeof accountEvents>;
export type SystemEvent = EventsOf<typeof systemEvents>;
/** Any event: a past-tense fact with its data. */
export type DomainEvent =
  | ApplicationEvent
  | ProjectEvent
  | ClusterEvent
  | RepositoryEvent
  | ResourceCustomizationEvent
  | PipelineEvent
  | ReleaseSourceEvent
  | GatePolicyEvent
  | AnalysisTemplateEvent
  | NotificationEvent
  | AccountEvent
  | SystemEvent;

/** One ledger message as it lies on disk (JSON): 1..n events of one append, chained to the message before on its subject. */
export interface LedgerRecord {
  /** Events in order; `v` is the version of the event's schema. */
  events: { type: string; v: number; data: unknown }[];
  /** RFC 3339, when it was appended. */
  at: string;
  actor: Actor;
  /** Id of what caused it: an operation, a delivery, a command. */
  cause: string;
  /** sha256 (hex) of the raw message before it on the same subject, or 64 zeros for the first. */
  prev: string;
}

/** One event as a reader gets it: upcast to its newest version, with its place in the ledger. */
export interface RecordedEvent {
  aggregate: AggregateRef;
  event: DomainEvent;
  /** Sequence of its message in the stream, and its index in that message. */
  sequence: number;
  index: number;
  at: string;
  actor: Actor;
  cause: string;
}
