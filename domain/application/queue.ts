import type { Actor, OperationKind, OperationRequest } from "../../schemas/operation.ts";

/** A request that ends without having run, and how. */
export interface Dropped {
  request: OperationRequest;
  outcome: { result: "Superseded"; by: string } | { result: "Terminated"; by: Actor };
}

/** The requests of one application: at most one runs and at most one waits. */
export interface Queue {
  running?: OperationRequest;
  next?: OperationRequest;
  /** Ended without having run and not recorded yet, oldest first. */
  dropped: Dropped[];
}

export const emptyQueue: Queue = { dropped: [] };

/** A refresh never takes the place of a sync, a sync none of a rollback, nor anything but a delete the place of a delete. */
const STRENGTH = { refresh: 0, sync: 1, rollback: 2, delete: 3 } as const satisfies Record<OperationKind, number>;

/** Whether a request takes the place of another that has not begun: the stronger kind, else the one asked for later. */
export function takesPlaceOf(candidate: OperationRequest, standing: OperationRequest): boolean {
  const difference = STRENGTH[candidate.kind] - STRENGTH[standing.kind];
  if (difference !== 0) return difference > 0;
  return Date.parse(candidate.requestedAt) >= Date.parse(standing.requestedAt);
}

/** The queue after a request arrived. One whose operation is here already changes nothing. */
export function arrive(queue: Queue, request: OperationRequest): Queue {
  if (isHere(queue, request.operation)) return queue;
  const { next } = queue;
  if (!next) return { ...queue, next: request };
  const [winner, loser] = takesPlaceOf(request, next) ? [request, next] : [next, request];
  const dropped: Dropped = { request: loser, outcome: { result: "Superseded", by: winner.operation } };
  return { ...queue, next: winner, dropped: [...queue.dropped, dropped] };
}

/**
 * The queue after the ledger wanted an operation because of how another one ended. Whatever was asked for since is newer and may have
 * mended what it was for; only a comparison makes way.
 */
export function follow(queue: Queue, request: OperationRequest): Queue {
  const { next } = queue;
  if (!next || next.kind === "refresh" || isHere(queue, request.operation)) return arrive(queue, request);
  const outcome = { result: "Superseded", by: next.operation } as const;
  return { ...queue, dropped: [...queue.dropped, { request, outcome }] };
}

const isHere = ({ running, next, dropped }: Queue, operation: string): boolean =>
  running?.operation === operation ||
  next?.operation === operation ||
  dropped.some(({ request }) => request.operation === operation);

/** The queue once its next request runs. */
export function begin({ next, dropped }: Queue): Queue {
  return next ? { running: next, dropped } : { dropped };
}

/**
 * The id of the waiting request that the running one gives up its wait for, if any. A wait is given up only for a request
 * that is as strong and was asked for later, so that a late duplicate of an old one interrupts nothing.
 */
export function superseder({ running, next }: Queue): string | undefined {
  return running && next && takesPlaceOf(next, running) ? next.operation : undefined;
}

/** The queue after an operator ended what waits in it under this id; `*` is any. */
export function terminateWaiting(queue: Queue, operation: string, by: Actor): Queue {
  const { next, ...rest } = queue;
  if (!next || (operation !== "*" && operation !== next.operation)) return queue;
  return { ...rest, dropped: [...queue.dropped, { request: next, outcome: { result: "Terminated", by } }] };
}

/** Whether an operator's word is about the running operation. */
export const concernsRunning = ({ running }: Queue, operation: string): boolean =>
  running !== undefined && (operation === "*" || operation === running.operation);
