import type { Logger } from "pino";
import { Counter, Histogram, type Registry } from "prom-client";
import { createSubscribed } from "../../domain/release/subscribed.ts";
import { durationMs } from "../../schemas/duration.ts";
import { ERRORS, isErrorCode, toSluiceError } from "../../schemas/errors.ts";
import type { ReleaseSourceSpec } from "../../schemas/kinds/release-source.ts";
import type { Service } from "../service.ts";
import { backoff } from "./push.ts";
import type { Look, LookReason } from "./look.ts";
import { createOneAtATime } from "./one-at-a-time.ts";
import { holdPollShards } from "./poll-shards.ts";
import type { AcquireLease, IntakeDelivery, IntakePort, LedgerPort, ViewsPort } from "./ports.ts";

export interface DiscoveryDeps {
  intake: Pick<IntakePort, "consume">;
  ledger: Pick<LedgerPort, "last">;
  views: ViewsPort;
  look(source: string, reason: LookReason): Promise<Look>;
  acquireLease: AcquireLease;
  log: Logger;
  metrics: Registry;
  /** Milliseconds since 1970. */
  now?: () => number;
  /** 0 to 1, for the jitter. */
  random?: () => number;
  tickMs?: number;
}

const DURABLE = "dispatcher-releases";
const SUBJECTS = ["sluice.intake.push.>", "sluice.intake.registry.>"];
const MAX_IN_FLIGHT = 1_024;
const MAX_DELIVERIES = 1_000;
const ACK_WAIT_MS = 30_000;
const TICK_MS = 1_000;
/** Nobody is asked more often than this, whatever is configured. */
const SHORTEST_INTERVAL_MS = 10_000;
/** A source that is new to this process is looked at within this time: webhooks may have been lost while nobody was there. */
const FIRST_LOOK_MS = 30_000;
/** Sources that are looked at at once because their time has come. */
const AT_ONCE = 16;
/** A place that cannot be read is tried for this long for one webhook; then the poll takes over. */
const GIVE_UP_AFTER_MS = 30 * 60 * 1_000;
const PAGE = 1_000;

interface Known {
  spec: ReleaseSourceSpec;
  /** What looking depends on. */
  text: string;
  /** Milliseconds since 1970. */
  nextAt: number;
}

const POLLER = { kind: "system", name: "poller" } as const;

/** Looks at release sources when a webhook tells of a push, when their configuration changes, and at their intervals. */
export async function startDiscovery(deps: DiscoveryDeps): Promise<Service> {
  const log = deps.log.child({ service: "discovery" });
  const { now = Date.now, random = Math.random, views } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  await views.reached(await deps.ledger.last());
  const meters = createMeters(deps.metrics);
  const oneAtATime = createOneAtATime<Look>();
  const subscribed = createSubscribed();
  const sources = new Map<string, Known>();
  const shards = holdPollShards({ acquire: deps.acquireLease, log, name: "release-poller" });
  const looking = new Set<string>();

  const look = (source: string, reason: LookReason): Promise<Look> =>
    oneAtATime(source, async () => {
      const end = meters.seconds.startTimer();
      try {
        const outcome = await deps.look(source, reason);
        const failed = Object.keys(outcome.failures).length > 0;
        const result = outcome.release?.created ? "created" : failed ? "failed" : "unchanged";
        meters.looks.inc({ origin: reason.origin, result });
        if (outcome.release?.created)
          log.info({ source, ...outcome.release, origin: reason.origin }, "a release was found");
        return outcome;
      } catch (thrown) {
        meters.looks.inc({ origin: reason.origin, result: toSluiceError(thrown).code });
        throw thrown;
      } finally {
        end();
      }
    });

  /** Never rejects: what went wrong is tried again at the next interval. */
  const lookByItself = async (source: string, origin: "poll" | "configuration"): Promise<void> => {
    looking.add(source);
    const known = sources.get(source);
    // A tenth more or less, so that sources that came together drift apart.
    if (known) known.nextAt = now() + intervalOf(known.spec) * (0.9 + random() * 0.2);
    try {
      const cause = `${origin}/${source}/${new Date(now()).toISOString()}`;
      await look(source, { origin, by: POLLER, cause });
    } catch (thrown) {
      const error = toSluiceError(thrown);
      if (error.code !== "NotFound") log.warn({ err: error, source }, "a release source could not be looked at");
    } finally {
      looking.delete(source);
    }
  };

  const take = (source: string, atStart: boolean): void => {
    const spec = views.get("releaseSources", source)?.spec;
    const before = sources.get(source);
    if (!spec) {
      sources.delete(source);
      subscribed.delete(source);
      return;
    }
    const { interval: _, ...rest } = spec;
    const text = JSON.stringify(rest);
    const nextAt = before ? Math.min(before.nextAt, now() + intervalOf(spec)) : now() + random() * FIRST_LOOK_MS;
    sources.set(source, { spec, text, nextAt });
    subscribed.set(source, spec);
    if (!atStart && before?.text !== text && shards.owns(source)) void lookByItself(source, "configuration");
  };

  const tick = (): void => {
    const due = [...sources].filter(
      ([source, { nextAt }]) => nextAt <= now() && shards.owns(source) && !looking.has(source),
    );
    const free = Math.max(0, AT_ONCE - looking.size);
    for (const [source] of due.toSorted(([, a], [, b]) => a.nextAt - b.nextAt).slice(0, free)) {
      void lookByItself(source, "poll");
    }
  };

  const held = new Set<IntakeDelivery>();
  const handle = async (delivery: IntakeDelivery): Promise<void> => {
    held.add(delivery);
    try {
      const reason = reasonOf(delivery);
      const concerned = reason === undefined ? [] : sourcesOf(subscribed, delivery);
      const outcomes = await Promise.all(concerned.map((source) => lookUnlessGone(look, source, reason!)));
      const again = outcomes.some(({ failures }) => Object.values(failures).some(({ code }) => mayPass(code)));
      if (again && now() - Date.parse(receivedAt(delivery)) < GIVE_UP_AFTER_MS)
        delivery.nak(backoff(delivery.deliveries));
      else await delivery.ack();
    } catch (thrown) {
      log.warn({ err: toSluiceError(thrown) }, "a webhook's releases could not be looked for, it is tried again");
      delivery.nak(backoff(delivery.deliveries));
    } finally {
      held.delete(delivery);
    }
  };

  const unsubscribe = views.onChange((view, key) => {
    if (view === "releaseSources") take(key, false);
  });
  for (const source of everySource(views)) take(source, true);
  const consuming = deps.intake.consume({
    durable: DURABLE,
    subjects: SUBJECTS,
    signal,
    batch: 256,
    maxInFlight: MAX_IN_FLIGHT,
    maxDeliveries: MAX_DELIVERIES,
    ackWaitMs: ACK_WAIT_MS,
    onTrouble: (err) => log.warn({ err }, "the intake is interrupted, it goes on when NATS answers"),
    handle: async (batch) => {
      for (const delivery of batch) void handle(delivery);
    },
  });
  consuming.catch((err: unknown) => log.error({ err }, "the intake is not consumed any more"));
  const heartbeat = setInterval(() => {
    for (const delivery of held) delivery.working();
  }, ACK_WAIT_MS / 4);
  const ticker = setInterval(tick, deps.tickMs ?? TICK_MS);

  const stop = async (): Promise<void> => {
    stopping.abort();
    clearInterval(ticker);
    unsubscribe();
    await Promise.all([consuming.catch(() => undefined), shards.stop()]);
    clearInterval(heartbeat);
    for (const delivery of held) delivery.nak(0);
  };
  let stopped: Promise<void> | undefined;
  return {
    name: "discovery",
    notReady: () => (signal.aborted ? "stopped" : undefined),
    stop: () => (stopped ??= stop()),
  };
}

const intervalOf = ({ interval }: ReleaseSourceSpec): number => Math.max(SHORTEST_INTERVAL_MS, durationMs(interval));

const mayPass = (code: string): boolean => isErrorCode(code) && ERRORS[code].retryable;

/** A source that was deleted meanwhile has nothing to be looked for. */
async function lookUnlessGone(
  look: DiscoveryDeps["look"],
  source: string,
  reason: LookReason,
): Promise<Pick<Look, "failures">> {
  try {
    return await look(source, reason);
  } catch (thrown) {
    if (toSluiceError(thrown).code === "NotFound") return { failures: {} };
    throw thrown;
  }
}

function sourcesOf(subscribed: ReturnType<typeof createSubscribed>, { message }: IntakeDelivery): string[] {
  if (message.type === "git.push") return subscribed.toRepository(message.repoURL, message.ref);
  return message.type === "registry.push" ? subscribed.toImage(message.image) : [];
}

function reasonOf({ message }: IntakeDelivery): LookReason | undefined {
  if (message.type !== "git.push" && message.type !== "registry.push") return undefined;
  const { source, actor, delivery } = message;
  return { origin: source, by: actor, cause: delivery };
}

const receivedAt = ({ message }: IntakeDelivery): string => ("receivedAt" in message ? message.receivedAt : "");

function* everySource(views: Pick<ViewsPort, "list">): Generator<string> {
  for (let after: string | undefined; ;) {
    const page = views.list("releaseSources", { limit: PAGE, ...(after !== undefined && { after }) });
    for (const { key } of page) yield key;
    after = page.at(-1)?.key;
    if (page.length < PAGE || after === undefined) return;
  }
}

function createMeters(metrics: Registry): { looks: Counter; seconds: Histogram } {
  return {
    looks: new Counter({
      name: "sluice_release_looks_total",
      help: "Looks at release sources, by what asked for them and what came of them.",
      labelNames: ["origin", "result"],
      registers: [metrics],
    }),
    seconds: new Histogram({
      name: "sluice_release_look_seconds",
      help: "Time of a look at a release source.",
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60],
      registers: [metrics],
    }),
  };
}
