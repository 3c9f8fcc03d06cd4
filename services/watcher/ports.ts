import type { Logger } from "pino";
import type { ReflectorHandler, RestartReason } from "../../adapters/kubernetes/reflected-objects.ts";
import type { WatchClient } from "../../adapters/kubernetes/reflector.ts";
import type { Resource } from "../../adapters/kubernetes/resource.ts";
import type { Observed } from "../../domain/watch/compare.ts";
import type { RawObject } from "../../schemas/artifact.ts";
import type { ClusterChanged } from "../../schemas/messages.ts";
import type { HealthStatus } from "../../schemas/operation.ts";
import type { ViewName, Views } from "../../schemas/views.ts";

/** The views, read; `onChange` tells of every key that was folded. */
export interface WatcherViews {
  get<View extends ViewName>(view: View, key: string): Views[View] | undefined;
  list<View extends ViewName>(
    view: View,
    options?: { after?: string; limit?: number },
  ): readonly { key: string; value: Views[View] }[];
  onChange(listener: (view: ViewName, key: string) => void): () => void;
}

/** Inventories by digest. */
export interface WatcherBlobs {
  getJson<T>(digest: string): Promise<T>;
}

/** What the watcher needs of a cluster's client. */
export interface WatchedCluster extends WatchClient {
  lookup(apiVersion: string, resource: string): Promise<Resource | undefined>;
  get(r: Resource, namespace: string, name: string, signal?: AbortSignal): Promise<RawObject | undefined>;
}

/** Where reports go. */
export interface WatcherIntake {
  publish(message: ClusterChanged, messageId: string): Promise<unknown>;
}

/** Waits until the name is free and takes it; rejects when the signal comes first. */
export type TakeLease = (
  name: string,
  options: { signal: AbortSignal; onLost(): void },
) => Promise<{ release(): Promise<void> }>;

/** What an object means. */
export interface Judgement {
  health(object: RawObject): { status: HealthStatus; message?: string };
  /** Health by a check out of configuration, where one is about the object's kind. */
  own?(object: RawObject): Promise<{ status: HealthStatus; message?: string }> | undefined;
  /** Digest of the values at the paths of a `fieldsV1` set. */
  fieldsDigest(live: RawObject, fieldSet: unknown): string;
}

/** What is counted. */
export interface WatchMeters {
  restarted(cluster: string, reason: RestartReason): void;
  event(cluster: string, type: string): void;
  published(cluster: string): void;
  objects(count: () => ReadonlyMap<string, number>): void;
}

export type { Logger, Observed, RawObject, ReflectorHandler, Resource, RestartReason };
