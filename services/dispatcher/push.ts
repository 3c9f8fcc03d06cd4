import type { Logger } from "pino";
import { repositoryDecider } from "../../domain/repository/decider.ts";
import { dispatchOf, newestRequests, operationsOf, type DispatchedOperation } from "../../domain/repository/state.ts";
import { addressOf } from "../../domain/routing/address.ts";
import { repositoryName, type Repositories } from "../../domain/routing/repositories.ts";
import type { Routes } from "../../domain/routing/routes.ts";
import { toSluiceError, type SluiceError } from "../../schemas/errors.ts";
import type { GitPush } from "../../schemas/messages.ts";
import { mapBounded, within } from "./bounded.ts";
import { knownSource, type KnownSourceDeps } from "./known-source.ts";
import type { DispatchMeters } from "./meters.ts";
import { operationId } from "./operation-id.ts";
import type { AggregatesPort, IntakeDelivery, TreePort } from "./ports.ts";
import { recordDispatch, recordRejection, type Dispatch } from "./record.ts";
import type { Requests } from "./requests.ts";
import { readSources, type Found, type SourcesDeps } from "./sources.ts";

export interface PushDeps<Tree extends TreePort> extends SourcesDeps<Tree>, KnownSourceDeps {
  aggregates: AggregatesPort;
  routes: Routes;
  repositories: Pick<Repositories, "closest">;
  requests: Requests;
  meters: DispatchMeters;
  log: Logger;
}

type Push = IntakeDelivery<GitPush>;

/** Limit of resolving and digesting for one push; after that the repository counts as unreachable for now. */
const READ_LIMIT_MS = 150_000;
/** A repository that cannot be reached is tried for this long; then the push is rejected and the poll takes over. */
const GIVE_UP_AFTER_MS = 30 * 60 * 1_000;

/** Works off all pushes of one repository that have come together. Each is acknowledged or handed back; nothing is thrown. */
export async function dispatchPushes<Tree extends TreePort>(
  deps: PushDeps<Tree>,
  address: string,
  pushes: readonly Push[],
): Promise<void> {
  for (const [ref, group] of byRef(pushes)) {
    const end = deps.meters.duration.startTimer({ type: "push" });
    try {
      await dispatchGroup(deps, { address, ref, pushes: group });
      await Promise.all(group.map((push) => push.ack()));
      end({ result: "ok" });
    } catch (thrown) {
      const error = toSluiceError(thrown);
      deps.log.warn(
        { err: error, address, ref, deliveries: group.length },
        "push could not be dispatched, it is tried again",
      );
      for (const push of group) push.nak(backoff(push.deliveries));
      end({ result: error.code });
    }
  }
}

/** Pushes by ref; where one of them says that anything may have moved, all are one. */
function byRef(pushes: readonly Push[]): Map<string, Push[]> {
  if (pushes.some(({ message }) => message.ref === "*")) return new Map([["*", [...pushes]]]);
  const groups = new Map<string, Push[]>();
  for (const push of pushes) {
    const { ref } = push.message;
    groups.set(ref, [...(groups.get(ref) ?? []), push]);
  }
  return groups;
}

/** 1 s, doubled with each delivery up to a minute, with a fifth of it at random. */
export const backoff = (deliveries: number): number =>
  Math.round(Math.min(60_000, 1_000 * 2 ** Math.min(deliveries - 1, 10)) * (0.8 + Math.random() * 0.2));

interface Group {
  address: string;
  ref: string;
  pushes: readonly Push[];
}

/**
 * Decide, record, request: what is to be done stands in the ledger before it is asked for, so that whoever sees the messages again
 * asks for the very same operations.
 */
async function dispatchGroup<Tree extends TreePort>(deps: PushDeps<Tree>, group: Group): Promise<void> {
  const name = repositoryName(group.address, deps.repositories);
  const { state } = await deps.aggregates.load(repositoryDecider, name);
  const isHandled = ({ sequence }: Push): boolean => dispatchOf(state, sequence) !== undefined;
  const seen = group.pushes.filter(isHandled);
  const fresh = group.pushes.filter((push) => !isHandled(push));
  const again = new Map<string, DispatchedOperation>();
  for (const { sequence } of seen) for (const each of operationsOf(state, sequence)) again.set(each.operation, each);
  if (again.size > 0) await deps.requests.pushed([...again.values()], newest(seen).message, "again");
  if (fresh.length === 0) return;
  const outcome = await decide(deps, { ...group, pushes: fresh }, newestRequests(state));
  if ("rejection" in outcome) {
    await recordRejection(deps.aggregates, name, fresh, outcome.rejection);
    deps.log.warn({ err: outcome.rejection, repository: name, ref: group.ref }, "push rejected");
    return;
  }
  const operations = await recordDispatch(deps.aggregates, name, fresh, outcome.dispatch);
  await deps.requests.pushed(operations, newest(fresh).message, "first");
  deps.meters.considered.inc(outcome.dispatch.considered);
  deps.meters.changed.inc(outcome.dispatch.operations.length);
  const { revision, considered } = outcome.dispatch;
  deps.log.info(
    { repository: name, ref: group.ref, revision, deliveries: fresh.length, considered, operations: operations.length },
    "push dispatched",
  );
}

/** The one that came last into the intake. */
const newest = (pushes: readonly Push[]): Push => pushes.reduce((a, b) => (a.sequence > b.sequence ? a : b));

async function decide<Tree extends TreePort>(
  deps: PushDeps<Tree>,
  { address, ref, pushes }: Group,
  requested: ReturnType<typeof newestRequests>,
): Promise<{ dispatch: Dispatch } | { rejection: SluiceError }> {
  const { message, sequence } = newest(pushes);
  const candidates = deps.routes.concerned(message.repoURL, ref);
  const base = { repoURL: message.repoURL, ref, considered: candidates.length, operations: [], resolved: {} };
  if (candidates.length === 0) return { dispatch: base };
  let read: Awaited<ReturnType<typeof readSources>>;
  try {
    read = await within(READ_LIMIT_MS, `Reading ${address}`, readSources(deps, ref, candidates));
  } catch (thrown) {
    const error = toSluiceError(thrown);
    if (Date.now() - Date.parse(message.receivedAt) < GIVE_UP_AFTER_MS) throw error;
    return { rejection: error };
  }
  if (read.refused) return { rejection: read.refused };
  const changed = await mapBounded(32, read.found, async (found) => {
    const known = await knownSource(deps, found.application, requested.get(found.application));
    return known === found.sourceDigest ? [] : [operationFor(found, sequence)];
  });
  const revision = revisionOf(read.found, ref, read.resolved);
  return {
    dispatch: {
      ...base,
      operations: changed.flat(),
      resolved: read.resolved,
      ...(revision !== undefined && { revision }),
    },
  };
}

const operationFor = ({ application, revision, sourceDigest }: Found, sequence: number): DispatchedOperation => ({
  application,
  operation: operationId("push", application, revision ?? "", sourceDigest, sequence),
  sourceDigest,
});

/** The commit of the pushed ref itself: that of a targetRevision that names it, else the only one there is. */
function revisionOf(
  found: readonly Found[],
  ref: string,
  resolved: Readonly<Record<string, string | null>>,
): string | undefined {
  const short = ref.replace(/^refs\/(?:heads|tags)\//, "");
  const named = resolved[ref] ?? resolved[short];
  if (typeof named === "string") return named;
  const revisions = new Set(found.map(({ revision }) => revision).filter((each) => each !== undefined));
  return revisions.size === 1 ? [...revisions][0] : undefined;
}

/** The queue that a push waits in: one for each repository, however its address is spelled. */
export const queueOf = ({ repoURL }: GitPush): string => `repository ${addressOf(repoURL) ?? repoURL}`;
