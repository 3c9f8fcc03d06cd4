import type { Decider } from "../../domain/decider.ts";
import type { DomainEvent, RecordedEvent } from "../../schemas/events/index.ts";
import type { AggregateRef } from "../../schemas/ids.ts";
import type { Source } from "../../schemas/kinds/source.ts";
import type { IntakeMessage } from "../../schemas/messages.ts";
import type { ActionRequest } from "../../schemas/action.ts";
import type { Actor, HealthStatus, OperationRequest } from "../../schemas/operation.ts";
import type { ViewName, Views } from "../../schemas/views.ts";

/** Starts, signals and ends the operations of applications. Safe to repeat: an operation is known by its id. */
export interface OperationsPort {
  request(application: string, request: OperationRequest): Promise<void>;
  /** Tells the running operation that the cluster turned; nothing when none runs. */
  clusterChanged(application: string, signal: { health: HealthStatus; inventory: string }): Promise<unknown>;
  /** Has an action carried out on one of its objects, beside whatever runs. */
  act(application: string, request: ActionRequest): Promise<void>;
  terminate(application: string, operation: string, actor: Actor): Promise<unknown>;
  /** An operator's yes to what the running operation only deletes then; `*` is whatever runs. */
  confirm(application: string, operation: string, actor: Actor): Promise<unknown>;
  /** Starts the workflow of the application's break-glass, or tells the running one to look again. */
  breakGlassChanged(application: string): Promise<void>;
}

/** One message of the intake; it comes again until it is acknowledged. */
export interface IntakeDelivery<Message extends IntakeMessage = IntakeMessage> {
  message: Message;
  sequence: number;
  /** How often it was delivered, this time included. */
  deliveries: number;
  ack(): Promise<void>;
  /** Hands it back, to come again after so many milliseconds. */
  nak(delayMs: number): void;
  /** Says that it is still being worked on. */
  working(): void;
}

export interface IntakePort {
  publish(message: IntakeMessage, messageId: string): Promise<{ sequence: number; duplicate: boolean }>;
  consume(options: {
    durable: string;
    /** All by default. */
    subjects?: string[];
    signal: AbortSignal;
    batch: number;
    maxInFlight: number;
    maxDeliveries: number;
    ackWaitMs: number;
    handle(batch: IntakeDelivery[]): Promise<void>;
    onTrouble(error: unknown): void;
  }): Promise<void>;
}

export interface AggregatesPort {
  load<State, Command, Event extends DomainEvent>(
    decider: Decider<State, Command, Event>,
    name: string,
  ): Promise<{ state: State }>;
  execute<State, Command, Event extends DomainEvent>(
    decider: Decider<State, Command, Event>,
    name: string,
    command: Command,
    meta: { at: string; actor: Actor; cause: string; messageId: string },
  ): Promise<{ state: State; events: Event[] }>;
}

/** The views, read; `onChange` tells of every key that was folded. */
export interface ViewsPort {
  get<View extends ViewName>(view: View, key: string): Views[View] | undefined;
  list<View extends ViewName>(
    view: View,
    options?: { after?: string; limit?: number },
  ): readonly { key: string; value: Views[View] }[];
  onChange(listener: (view: ViewName, key: string) => void): () => void;
  /** Resolves once everything up to a ledger sequence is folded. */
  reached(sequence: number): Promise<void>;
}

/** A commit's tree, as far as the dispatcher holds it: to be handed on and closed. */
export interface TreePort {
  revision: string;
  close(): void | Promise<void>;
}

export interface MirrorsPort<Tree extends TreePort> {
  /** The commit a targetRevision stands at now. Throws RevisionNotFound, SourceUnavailable, SourceForbidden, SourceRefused. */
  resolve(
    repoURL: string,
    targetRevision: string,
    options?: { readAfter?: number },
  ): Promise<{ revision: string; ref: string }>;
  /** One fetch of one full ref: its commit. Throws as `resolve` does. */
  fetchRef(repoURL: string, ref: string): Promise<string>;
  ensure(repoURL: string, revision: string): Promise<Tree>;
}

/** Digest of everything that rendering a source at a commit reads. */
export type SourceDigest<Tree extends TreePort> = (input: {
  source: Source;
  tree: Tree;
  /** By whose rules submodules are read. */
  project: string;
}) => Promise<{ digest: string }>;

/** Configuration changes of applications, in order; each comes again until `handle` resolves. */
export interface ConfigurationPort {
  consume(options: {
    durable: string;
    /** Types of the events; those that change the configuration by default. */
    types?: readonly string[];
    signal: AbortSignal;
    handle(change: ConfigurationChange): Promise<void>;
    onTrouble(error: unknown): void;
  }): Promise<void>;
}

export interface ConfigurationChange {
  application: string;
  /** Ledger sequence of the change. */
  sequence: number;
}

/** The ledger, as far as it is read here. */
export interface LedgerPort {
  last(): Promise<number>;
  read(ref: AggregateRef, options?: { after?: number }): AsyncIterable<RecordedEvent>;
}

/** Waits until the lease is this process's; `onLost` is called when it is not any more. */
export type AcquireLease = (
  name: string,
  options: { signal: AbortSignal; onLost(): void },
) => Promise<{ release(): Promise<void> }>;
