import type { Actor, OperationKind, OperationRequest } from "../../schemas/operation.ts";
import { same } from "./same.ts";
import { isSelective } from "../selection/selective.ts";

/** A request that ends without having run, and how. */
export interface Dropped {
  request: OperationRequest;
  outcome: { result: "Superseded"; by: string } | { result: "Terminated"; by: Actor };
}

/** The requests of one application: at most one runs and at most one waits. */
export interface Queue {
  running?: OperationRequest;
  next?: OperationRequest;
  /** A held operation that makes way for the next one, and goes on after it. */
  after?: OperationRequest;
  /** Id of the waiting operation that made way for the running one. */
  yielded?: string;
  /** What need not wait for the operation that made way, and came after what it made way for. */
  aside?: OperationRequest;
  /** Ended without having run and not recorded yet, oldest first. */
  dropped: Dropped[];
}

export const emptyQueue: Queue = { dropped: [] };

/** A refresh never takes the place of a sync, a sync none of a rollback, nor anything but a delete the place of a delete. */
const STRENGTH = { refresh: 0, sync: 1, rollback: 2, delete: 3 } as const satisfies Record<OperationKind, number>;

/** A dry run, or what may come to a comparison, takes the place of nothing that writes, and a sync of selected objects not that of a whole one. */
function strength({ kind, options }: OperationRequest): number {
  if (options?.dryRun || options?.onlyNew) return STRENGTH.refresh;
  return isSelective(options) ? STRENGTH[kind] - 0.5 : STRENGTH[kind];
}

/** Whether a request takes the place of another that has not begun: the stronger one, else the one asked for later. */
export function takesPlaceOf(candidate: OperationRequest, standing: OperationRequest): boolean {
  const difference = strength(candidate) - strength(standing);
  if (difference !== 0) return difference > 0;
  return Date.parse(candidate.requestedAt) >= Date.parse(standing.requestedAt);
}

/** The queue after a request arrived. One whose operation is here already changes nothing. */
export function arrive(queue: Queue, request: OperationRequest): Queue {
  if (isHere(queue, request.operation)) return queue;
  const { next } = queue;
  if (!next) return { ...queue, next: request };
  if (next.operation === queue.yielded && strength(request) < strength(next)) return standAside(queue, request);
  const [winner, loser] = takesPlaceOf(request, next) ? [request, next] : [next, request];
  return overtaken({ ...queue, next: winner, dropped: [...queue.dropped, supersededBy(loser, winner)] });
}

function standAside(queue: Queue, request: OperationRequest): Queue {
  const { aside } = queue;
  if (!aside) return { ...queue, aside: request };
  const [winner, loser] = takesPlaceOf(request, aside) ? [request, aside] : [aside, request];
  return { ...queue, aside: winner, dropped: [...queue.dropped, supersededBy(loser, winner)] };
}

const supersededBy = (loser: OperationRequest, winner: OperationRequest): Dropped => ({
  request: loser,
  outcome: { result: "Superseded", by: winner.operation },
});

/** What made way for something weaker need not go on after something that takes its place. */
function overtaken({ after, ...queue }: Queue): Queue {
  if (!after || !queue.next) return queue;
  if (!takesPlaceOf(queue.next, after)) return { ...queue, after };
  return { ...queue, dropped: [...queue.dropped, supersededBy(after, queue.next)] };
}

/** Whether what waits need not wait for the running operation while that is held: it is weaker, so that it changes less or nothing. */
export const makesWay = ({ running, next, yielded }: Queue): boolean =>
  running !== undefined && next !== undefined && next.operation !== yielded && strength(next) < strength(running);

/** The queue in which the running operation goes on after the one that waits. */
export function makeWay({ running, ...queue }: Queue): Queue {
  return running ? { ...queue, after: running } : queue;
}

/** What the next execution begins with: a request, one that made way for it, and whether it is the one that made way itself. */
export interface Turn {
  request: OperationRequest;
  then?: OperationRequest;
  resumed?: true;
}

/** Whose turn it is after the running operation; undefined when nobody waits. */
export function nextTurn({ next, after, aside, yielded }: Queue): Turn | undefined {
  const held = next ?? after;
  if (aside) return { request: aside, ...(held && { then: held }) };
  if (!next) return after && { request: after, resumed: true };
  if (after) return { request: next, then: after };
  return { request: next, ...(next.operation === yielded && { resumed: true as const }) };
}

/** The queue of an execution that begins with a turn. Who made way has begun to wait before, so that nothing takes its place unseen. */
export function inTurn({ request, then, resumed }: Turn): Queue {
  if (then) return { running: request, next: then, yielded: then.operation, dropped: [] };
  return resumed ? { running: request, dropped: [] } : arrive(emptyQueue, request);
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

const isHere = ({ running, next, after, aside, dropped }: Queue, operation: string): boolean =>
  running?.operation === operation ||
  next?.operation === operation ||
  after?.operation === operation ||
  aside?.operation === operation ||
  dropped.some(({ request }) => request.operation === operation);

/** The queue once its next request runs. */
export function begin({ next, dropped }: Queue): Queue {
  return next ? { running: next, dropped } : { dropped };
}

/**
 * The id of the waiting request that the running one gives up its wait for, if any. A wait is given up only for a request
 * that is as strong and was asked for later, so that a late duplicate of an old one interrupts nothing; nor does one that asks for the
 * same, which would only start its limit anew.
 */
export function superseder({ running, next, yielded }: Queue): string | undefined {
  if (!running || !next || next.operation === yielded || asksForTheSame(next, running)) return undefined;
  return takesPlaceOf(next, running) ? next.operation : undefined;
}

/**
 * Whether two requests can't but bring the same: one commit or one earlier operation, with the same options. What a branch or a tag
 * names may be another by now.
 */
function asksForTheSame(some: OperationRequest, other: OperationRequest): boolean {
  const fixed = some.target !== undefined || COMMIT.test(some.revision ?? "");
  const asked = ({ kind, revision, target, prune, options }: OperationRequest) => ({
    ...{ kind, revision, target, prune, options },
  });
  return fixed && same(asked(some), asked(other));
}

const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** The queue after an operator ended what waits in it under this id; `*` is any. */
export function terminateWaiting(queue: Queue, operation: string, by: Actor): Queue {
  const { next, after, aside, ...rest } = queue;
  const meant = (request: OperationRequest | undefined): request is OperationRequest =>
    request !== undefined && (operation === "*" || operation === request.operation);
  const over = [next, after, aside]
    .filter(meant)
    .map((request) => ({ request, outcome: { result: "Terminated", by } as const }));
  if (over.length === 0) return queue;
  return {
    ...rest,
    ...(next && !meant(next) && { next }),
    ...(after && !meant(after) && { after }),
    ...(aside && !meant(aside) && { aside }),
    dropped: [...queue.dropped, ...over],
  };
}

/** Whether an operator's word is about the running operation. */
export const concernsRunning = ({ running }: Queue, operation: string): boolean =>
  running !== undefined && (operation === "*" || operation === running.operation);
