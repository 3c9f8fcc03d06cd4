import type { Command } from "../domain/application/command.ts";
import type { ApplicationState } from "../domain/application/state.ts";
import type { ApplicationEvent } from "../schemas/events/index.ts";
import { operationMessageId } from "../schemas/ids.ts";
import type { Actor, OperationRequest } from "../schemas/operation.ts";

/** Who and what an append is from; `messageId` makes a second try of it the same one. */
export interface RecordMeta {
  /** RFC 3339. */
  at: string;
  actor: Actor;
  cause: string;
  messageId: string;
}

/** The aggregates of applications, as the ledger has them. */
export interface Applications {
  /** As it is now; never from a read model. */
  load(name: string): Promise<ApplicationState>;
  /** Loads, decides, appends; returns what was appended. */
  execute(name: string, command: Command, meta: RecordMeta): Promise<ApplicationEvent[]>;
}

/** Meta of an operation's first or last append. */
export const recordMeta = (
  { operation, trigger }: OperationRequest,
  which: "started" | "terminal",
  at: string,
  attempt?: number,
): RecordMeta => ({
  at,
  actor: trigger.actor,
  cause: operation,
  messageId: operationMessageId[which](operation, attempt),
});

/** Milliseconds from a request to an instant, both RFC 3339; clocks of two machines may differ, so never below 0. */
export const sinceRequest = ({ requestedAt }: OperationRequest, at: string): number =>
  Math.max(0, Math.round(Date.parse(at) - Date.parse(requestedAt))) || 0;
