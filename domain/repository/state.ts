import type { RepositoryConfiguration } from "../configuration/repository.ts";
import { addressOf } from "../routing/address.ts";

/** How many dispatches a repository remembers, and how many operations they may hold together before old ones go. */
export const REMEMBERED_DISPATCHES = 1_000;
export const REMEMBERED_OPERATIONS = 20_000;
/** However many operations they hold, this many dispatches stay. */
const KEPT_ALWAYS = 16;
/** How many targetRevisions, over all addresses of an organisation, are remembered with their commits. */
const REMEMBERED_REVISIONS = 5_000;

/** An operation that a dispatch asked for. */
export interface DispatchedOperation {
  application: string;
  operation: string;
  sourceDigest?: string | undefined;
}

/** One handled resolve of one ref. */
export interface Dispatched {
  /** Intake sequences of its deliveries; none while it is one of several parts and not the last. */
  sequences: readonly number[];
  operations: readonly DispatchedOperation[];
  repoURL: string;
  ref: string;
  revision?: string;
  /** RFC 3339, the newest of its deliveries. */
  receivedAt?: string;
}

/** A repository, or an organisation's repositories, as its events say. */
export interface RepositoryState extends RepositoryConfiguration {
  /** The last dispatches and rejections, oldest first. */
  handled: readonly Dispatched[];
  /** Commit by `<address> <targetRevision>` as it was last dispatched; null where there was none. */
  resolved: Readonly<Record<string, string | null>>;
}

/** A repository nothing has happened in yet. */
export const initialRepository: RepositoryState = { handled: [], resolved: {} };

/** Key of `resolved`: the same for all spellings of an address. */
export const resolvedKey = (repoURL: string, targetRevision: string): string =>
  `${addressOf(repoURL) ?? repoURL} ${targetRevision}`;

/** The dispatch that handled an intake sequence, or undefined when none is remembered to. */
export function dispatchOf(state: RepositoryState, sequence: number): Dispatched | undefined {
  return state.handled.findLast(({ sequences }) => sequences.includes(sequence));
}

/** All operations that the dispatch of an intake sequence asked for, its parts included. */
export function operationsOf(state: RepositoryState, sequence: number): readonly DispatchedOperation[] {
  const index = state.handled.findLastIndex(({ sequences }) => sequences.includes(sequence));
  const last = state.handled[index];
  if (last === undefined) return [];
  const operations = [...last.operations];
  for (let at = index - 1; at >= 0; at--) {
    const part = state.handled[at]!;
    if (part.sequences.length > 0 || wholeOf(part) !== wholeOf(last)) break;
    operations.push(...part.operations);
  }
  return operations;
}

const wholeOf = ({ repoURL, ref, revision }: Dispatched): string => `${repoURL} ${ref} ${revision ?? ""}`;

/** An operation that was asked for, and what for. */
export type Requested = DispatchedOperation & Pick<Dispatched, "receivedAt">;

/** The newest operation asked for by application. Parts of a dispatch that was never finished do not count. */
export function newestRequests(state: RepositoryState): Map<string, Requested> {
  const found = new Map<string, Requested>();
  // A part is as old as the whole that it belongs to, which is the one of its kind that came after it.
  const finished = new Map<string, string | undefined>();
  for (const dispatch of state.handled.toReversed()) {
    const whole = wholeOf(dispatch);
    if (dispatch.sequences.length > 0) finished.set(whole, dispatch.receivedAt);
    else if (!finished.has(whole)) continue;
    const receivedAt = finished.get(whole);
    for (const operation of dispatch.operations) {
      if (found.has(operation.application)) continue;
      found.set(operation.application, { ...operation, ...(receivedAt !== undefined && { receivedAt }) });
    }
  }
  return found;
}

/** The memory with one more dispatch, the oldest forgotten past the bounds. */
export function remember(handled: readonly Dispatched[], dispatch: Dispatched): readonly Dispatched[] {
  const all = [...handled, dispatch];
  let operations = 0;
  let kept = 0;
  for (let index = all.length - 1; index >= 0 && kept < REMEMBERED_DISPATCHES; index--) {
    operations += all[index]!.operations.length;
    if (operations > REMEMBERED_OPERATIONS && kept >= KEPT_ALWAYS) break;
    kept++;
  }
  return kept === all.length ? all : all.slice(-kept);
}

/** The commits with those just resolved laid over, the longest untouched forgotten past the bound. */
export function resolve(
  before: Readonly<Record<string, string | null>>,
  repoURL: string,
  resolved: Readonly<Record<string, string | null>>,
): Readonly<Record<string, string | null>> {
  const news = Object.entries(resolved).map(([target, commit]) => [resolvedKey(repoURL, target), commit] as const);
  if (news.every(([key, commit]) => before[key] === commit)) return before;
  const after = new Map(Object.entries(before));
  for (const [key, commit] of news) {
    after.delete(key);
    after.set(key, commit);
  }
  for (const key of after.keys()) {
    if (after.size <= REMEMBERED_REVISIONS) break;
    after.delete(key);
  }
  return Object.fromEntries(after);
}
