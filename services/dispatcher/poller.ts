import type { Logger } from "pino";
import { repositoryDecider } from "../../domain/repository/decider.ts";
import { resolvedKey } from "../../domain/repository/state.ts";
import { repositoryName, type Repositories } from "../../domain/routing/repositories.ts";
import type { Origin, Routes } from "../../domain/routing/routes.ts";
import { SluiceError, toSluiceError } from "../../schemas/errors.ts";
import type { GitPush } from "../../schemas/messages.ts";
import { isFullRef } from "../../domain/routing/ref.ts";
import type { DispatchMeters } from "./meters.ts";
import type { AggregatesPort, IntakePort, MirrorsPort, TreePort } from "./ports.ts";

export interface PollerDeps {
  routes: Pick<Routes, "addresses" | "followed">;
  repositories: Pick<Repositories, "closest">;
  /** How often to look at an address, in milliseconds, by the name of the Repository that covers it. */
  intervalOf(repository: string | undefined): number;
  aggregates: Pick<AggregatesPort, "load">;
  mirrors: Pick<MirrorsPort<TreePort>, "resolve">;
  intake: Pick<IntakePort, "publish">;
  meters: Pick<DispatchMeters, "polls">;
  log: Logger;
  now(): number;
  /** 0 to 1, for the jitter. */
  random(): number;
}

/** How many repositories are looked at at once. */
const AT_ONCE = 16;
/** An address that is new to this process is looked at within this time: webhooks may have been lost while nobody was there. */
const FIRST_LOOK_MS = 60_000;

/** When an address was looked at last, or first seen, and how much of its interval passes until the next look. */
interface Look {
  from: number;
  share: number;
  atMostMs?: number;
}

/** Looks at repositories at their intervals, for changes that no webhook told of. */
export interface Poller {
  /** Looks at every repository whose time has come, of those that `owns` says are this process's. Never rejects. */
  tick(owns: (address: string) => boolean): Promise<void>;
}

/** A poller that remembers when each address is next; a new one is looked at soon. */
export function createPoller(deps: PollerDeps): Poller {
  const looks = new Map<string, Look>();
  const active = new Set<string>();

  const due = (owns: (address: string) => boolean): string[] => {
    const now = deps.now();
    const found: string[] = [];
    const used = new Set(deps.routes.addresses());
    for (const address of looks.keys()) if (!used.has(address) || !owns(address)) looks.delete(address);
    for (const address of used) {
      if (!owns(address)) continue;
      const last = looks.get(address);
      if (!last) looks.set(address, { from: now, share: deps.random(), atMostMs: FIRST_LOOK_MS });
      else if (nextAt(address, last) <= now && !active.has(address)) found.push(address);
    }
    return found;
  };

  const intervalOf = (address: string): number => deps.intervalOf(deps.repositories.closest(address));

  // By the interval of now, so that a changed one holds at once.
  const nextAt = (address: string, { from, share, atMostMs = Infinity }: Look): number =>
    from + share * Math.min(atMostMs, intervalOf(address));

  const look = async (address: string): Promise<void> => {
    active.add(address);
    // A tenth more or less, so that repositories that came together drift apart.
    looks.set(address, { from: deps.now(), share: 0.9 + deps.random() * 0.2 });
    try {
      deps.meters.polls.inc({ result: (await poll(deps, address)) ? "changed" : "unchanged" });
    } catch (thrown) {
      const error = toSluiceError(thrown);
      deps.meters.polls.inc({ result: error.code });
      deps.log.warn({ err: error, address }, "repository could not be polled");
    } finally {
      active.delete(address);
    }
  };

  return {
    async tick(owns) {
      const free = Math.max(0, AT_ONCE - active.size);
      await Promise.all(due(owns).slice(0, free).map(look));
    },
  };
}

/** One look: every targetRevision in use against what was last dispatched. Whether something was published. */
async function poll(deps: PollerDeps, address: string): Promise<boolean> {
  const name = repositoryName(address, deps.repositories);
  const { state } = await deps.aggregates.load(repositoryDecider, name);
  const moved = new Map<string, Origin>();
  const readAfter = deps.now() - 1;
  for (const origin of deps.routes.followed(address)) {
    const stands = await standsAt(deps, origin, readAfter);
    const known = state.resolved[resolvedKey(origin.repoURL, origin.targetRevision)];
    if (known !== stands.revision) moved.set(stands.ref, origin);
  }
  const refs = moved.has("*") ? [["*", moved.get("*")!] as const] : moved;
  for (const [ref, { repoURL }] of refs) await publish(deps, { name, ref, repoURL });
  return moved.size > 0;
}

/** Where a targetRevision stands now; null when it names nothing. The first of an address asks the remote, the others don't. */
async function standsAt(
  { mirrors }: PollerDeps,
  { repoURL, targetRevision }: Origin,
  readAfter: number,
): Promise<{ revision: string | null; ref: string }> {
  try {
    const { revision, ref } = await mirrors.resolve(repoURL, targetRevision, { readAfter });
    return { revision, ref: isFullRef(ref) || ref === "HEAD" ? ref : "*" };
  } catch (thrown) {
    if (thrown instanceof SluiceError && thrown.code === "RevisionNotFound") return { revision: null, ref: "*" };
    throw thrown;
  }
}

async function publish(deps: PollerDeps, found: { name: string; ref: string; repoURL: string }): Promise<void> {
  const receivedAt = new Date(deps.now()).toISOString();
  const message: GitPush = {
    type: "git.push",
    repository: found.name,
    repoURL: found.repoURL,
    ref: found.ref,
    delivery: `poll-${receivedAt}`,
    source: "poll",
    actor: { kind: "system", name: "poller" },
    receivedAt,
  };
  // The time is part of the id: a ref that goes back and forth is news each time.
  await deps.intake.publish(message, `${found.name}/poll/${found.ref}/${receivedAt}`);
  deps.log.info({ repository: found.name, ref: found.ref }, "the poll found a change");
}
