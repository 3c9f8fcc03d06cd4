import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { setTimeout as sleep } from "node:timers/promises";
import { effectiveSpec } from "../../domain/application/effective.ts";
import type { GitPush } from "../../schemas/messages.ts";
import type { Service } from "../service.ts";
import { createApplicationQueue } from "./application-queue.ts";
import { dispatchConfiguration } from "./configuration.ts";
import { indexViews } from "./index-views.ts";
import { createKeyedQueues } from "./keyed-queues.ts";
import { createMeters } from "./meters.ts";
import { holdPollShards } from "./poll-shards.ts";
import { createPoller } from "./poller.ts";
import type * as ports from "./ports.ts";
import { dispatchPushes, queueOf } from "./push.ts";
import { wakeStage, type StagesPort } from "./pull-request.ts";
import { createRequests } from "./requests.ts";

export interface DispatcherDeps<Tree extends ports.TreePort> {
  intake: ports.IntakePort;
  ledger: ports.LedgerPort;
  aggregates: ports.AggregatesPort;
  views: ports.ViewsPort;
  mirrors: ports.MirrorsPort<Tree>;
  sourceDigest: ports.SourceDigest<Tree>;
  operations: ports.OperationsPort;
  configuration: ports.ConfigurationPort;
  acquireLease: ports.AcquireLease;
  /** Wakes stages whose pull requests changed; without it they look by themselves after a while. */
  promotions?: StagesPort;
  log: Logger;
  metrics: Registry;
  /** Whether this process polls repositories. Default true. */
  poll?: boolean;
  /** How long a stop waits for what is under way, in milliseconds. Default 10 s. */
  stopLimitMs?: number;
}

const DURABLE = "dispatcher";
const CONFIGURATION_DURABLE = "dispatcher-configuration";
const BREAK_GLASS_DURABLE = "dispatcher-break-glass";
const BREAK_GLASS_EVENTS = ["BreakGlassStarted", "BreakGlassExtended", "BreakGlassEnded"] as const;
const BATCH = 512;
/** Messages out at a time: many, because those of a repository that hangs must not keep the others' back. */
const MAX_IN_FLIGHT = 8_192;
/** With at most a minute between two, 16 hours without Temporal; after that a message goes to the dead letters. */
const MAX_DELIVERIES = 1_000;
/** After this long without a sign of life a message goes to another: what a dispatcher had when it was killed waits no longer. */
const ACK_WAIT_MS = 12_000;
const HEARTBEAT_MS = ACK_WAIT_MS / 4;
const POLL_TICK_MS = 1_000;

type Item = ports.IntakeDelivery;

/** Turns what the intake holds into operations, until it is stopped. Resolves once the views are read and it consumes. */
export async function startDispatcher<Tree extends ports.TreePort>(deps: DispatcherDeps<Tree>): Promise<Service> {
  const log = deps.log.child({ service: "dispatcher" });
  const now = Date.now;
  const stopping = new AbortController();
  const { signal } = stopping;
  // An application that is missing from the index would be passed over, so nothing is consumed before it is whole.
  await deps.views.reached(await deps.ledger.last());
  const { routes, repositories, intervalOf, stop: stopIndex } = indexViews(deps.views);

  const requests = createRequests(deps);
  const specOf = (application: string) => {
    const view = deps.views.get("applications", application);
    return view && effectiveSpec(view.spec, view.pinned);
  };
  const meters = createMeters(deps.metrics, {
    held: () => [...queues.held()].length,
    waiting: () => queues.depth(),
  });
  const pushDeps = { ...deps, routes, repositories, requests, meters, log, now, specOf };
  const perApplication = createApplicationQueue({ ...deps, requests, meters, log, now });
  const queues = createKeyedQueues<Item>((key, items) =>
    key.startsWith("application ")
      ? perApplication(items as Parameters<typeof perApplication>[0])
      : key.startsWith("branch ")
        ? wakeStage({ ...deps, log }, items as Parameters<typeof wakeStage>[1])
        : dispatchPushes(pushDeps, key.slice("repository ".length), items as ports.IntakeDelivery<GitPush>[]),
  );

  const onTrouble = (err: unknown): void =>
    log.warn({ err }, "the intake is interrupted, it goes on when NATS answers");
  const consuming = Promise.all([
    deps.intake.consume({
      durable: DURABLE,
      signal,
      batch: BATCH,
      maxInFlight: MAX_IN_FLIGHT,
      maxDeliveries: MAX_DELIVERIES,
      ackWaitMs: ACK_WAIT_MS,
      onTrouble,
      handle: async (batch) => {
        for (const item of batch) {
          // Of what happens in registries the discovery hears by itself.
          if (item.message.type === "registry.push") await item.ack();
          else queues.push(keyOf(item), item);
        }
      },
    }),
    deps.configuration.consume({
      durable: CONFIGURATION_DURABLE,
      signal,
      onTrouble: (err) => log.warn({ err }, "a configuration change could not be dispatched, it is tried again"),
      handle: (change) => dispatchConfiguration({ ...deps, requests }, change),
    }),
    deps.configuration.consume({
      durable: BREAK_GLASS_DURABLE,
      types: BREAK_GLASS_EVENTS,
      signal,
      onTrouble: (err) => log.warn({ err }, "a break-glass could not be followed, it is tried again"),
      handle: ({ application }) => deps.operations.breakGlassChanged(application),
    }),
  ]);
  consuming.catch((err: unknown) => log.error({ err }, "the intake is not consumed any more"));
  const heartbeat = setInterval(() => {
    for (const item of queues.held()) item.working();
  }, HEARTBEAT_MS);

  const shards = deps.poll === false ? undefined : holdPollShards({ acquire: deps.acquireLease, log });
  const poller = createPoller({ ...deps, routes, repositories, intervalOf, meters, log, now, random: Math.random });
  const ticker = shards && setInterval(() => void poller.tick((address) => shards.owns(address)), POLL_TICK_MS);
  log.info({ applications: routes.size }, "dispatching");

  const stop = async (): Promise<void> => {
    stopping.abort();
    clearInterval(ticker);
    await Promise.all([consuming.catch(() => undefined), shards?.stop()]);
    // What is under way gets a while to end; everything else is handed back for another process to take up.
    // The timer ends with the race, or it would keep the process alive for the rest of the limit.
    const over = new AbortController();
    const limit = sleep(deps.stopLimitMs ?? STOP_LIMIT_MS, undefined, { signal: over.signal });
    const left = await Promise.race([queues.close(), limit.then(() => [...queues.held()])]);
    over.abort();
    await limit.catch(() => undefined);
    for (const item of left) item.nak(0);
    clearInterval(heartbeat);
    stopIndex();
  };
  let stopped: Promise<void> | undefined;
  return {
    name: "dispatcher",
    notReady: () => (signal.aborted ? "stopped" : undefined),
    stop: () => (stopped ??= stop()),
  };
}

const STOP_LIMIT_MS = 10_000;

function keyOf({ message }: Item): string {
  if (message.type === "git.push") return queueOf(message);
  if (message.type === "registry.push") return `registry ${message.image}`;
  return message.type === "pullrequest.changed" ? `branch ${message.branch}` : `application ${message.application}`;
}
