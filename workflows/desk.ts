import type { Noted, Outcome } from "../domain/application/command.ts";
import { concernsRunning, emptyQueue, type Queue, superseder, terminateWaiting } from "../domain/application/queue.ts";
import type { ActionRequest } from "../schemas/action.ts";
import type { Actor, HealthStatus, OperationPhase } from "../schemas/operation.ts";
import type { Part } from "../schemas/phases.ts";

/** An operator's word to end an operation; `*` is whatever runs and whatever waits. */
export interface Terminate {
  operation: string;
  actor: Actor;
}

/** An operator's yes to what the running operation only deletes then; `*` is whatever runs. */
export type Confirm = Terminate;

/** Why an operation ends before its work is done. */
export type Stop = { why: "terminated"; by: Actor } | { why: "timedOut"; limitMs: number };

/** What signals have brought and the operation reads: the one place that handlers write to. */
export interface Desk {
  queue: Queue;
  /** Set once the running operation has to end early. */
  stop?: Stop;
  /** The cluster changed since live state was last read. */
  stirred: boolean;
  /** What the operation is held back by may be over. */
  released: boolean;
  /** Who said yes to the guarded prunes of the running operation. */
  confirmedBy?: Actor;
  /** The operation waits for a person, which its limit does not count. */
  paused: boolean;
  /** Epoch milliseconds at which the running operation is over its limit. */
  limitAt?: number;
  phase?: OperationPhase;
  /** Actions on objects that were asked for and are not done, oldest first. */
  actions: ActionRequest[];
  /** One of them is being carried out: no apply begins beside it. */
  acting?: boolean;
  /** The operation has ended, and its end is recorded. */
  over: boolean;
  /** Part of the plan that is carried out, where there are several. */
  part?: Part;
}

export const openDesk = (): Desk => ({
  ...{ queue: emptyQueue, stirred: false, released: false, paused: false },
  ...{ actions: [], over: false },
});

/** Ends the running operation early, unless something has already, and what waits under the same id. */
export function terminate(desk: Desk, { operation, actor }: Terminate): void {
  desk.queue = terminateWaiting(desk.queue, operation, actor);
  if (concernsRunning(desk.queue, operation)) desk.stop ??= { why: "terminated", by: actor };
}

/** Takes a yes for the running operation; one for another operation says nothing. */
export function confirm(desk: Desk, { operation, actor }: Confirm): void {
  if (concernsRunning(desk.queue, operation)) desk.confirmedBy ??= actor;
}

/** What an operation leaves behind when it ends early. */
export interface Left {
  inventory?: string;
  report?: string;
  waitingFor?: Noted[];
  health?: HealthStatus;
  /** Everything was applied. */
  applied?: true;
}

/** How an operation that was told to stop ends; undefined while nobody told it to. */
export function stopped(
  { stop }: Desk,
  { inventory, report, waitingFor = [], health, applied }: Left = {},
): Outcome | undefined {
  if (!stop) return undefined;
  const owned = { ...(inventory !== undefined && { inventory }), ...(applied && { applied }) };
  if (stop.why === "terminated") return { result: "Terminated", by: stop.by, ...owned };
  const reported = { ...(report !== undefined && { report }), ...(health !== undefined && { health }) };
  return { result: "TimedOut", limitSeconds: stop.limitMs / 1_000, waitingFor, ...owned, ...reported };
}

/** How an operation ends that only waits: told to stop, or making way for a newer one. */
export function givenUp(desk: Desk, left: Left = {}): Outcome | undefined {
  const told = stopped(desk, left);
  if (told) return told;
  const by = superseder(desk.queue);
  if (by === undefined) return undefined;
  const { inventory, applied } = left;
  return { result: "Superseded", by, ...(inventory !== undefined && { inventory }), ...(applied && { applied }) };
}
