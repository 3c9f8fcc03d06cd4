import { join } from "node:path";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import type { KubeClient } from "../../adapters/kubernetes/client.ts";
import { consumeConfigurationEvents } from "../../adapters/nats/config-events.ts";
import { consumeEvents } from "../../adapters/nats/event-consumer.ts";
import type { PullRequests } from "../../activities/promotion/pull-request.ts";
import { consumeLedgerNews } from "../../adapters/nats/ledger-news.ts";
import { maskObject, openObject } from "../../adapters/secrets/objects.ts";
import type { Notifications } from "../../adapters/temporal/notifications.ts";
import type { Operations } from "../../adapters/temporal/operations.ts";
import type { Promotions } from "../../adapters/temporal/promotions.ts";
import { health } from "../../domain/health/health.ts";
import { fieldsDigest } from "../../domain/sync/field-set.ts";
import type { Role, ServerConfiguration } from "../../schemas/server-configuration.ts";
import { startDiscovery } from "../dispatcher/discovery.ts";
import { startDispatcher } from "../dispatcher/dispatcher.ts";
import { createFollow } from "../dispatcher/follow-objects.ts";
import { startPins } from "../dispatcher/pins.ts";
import { startPromotions } from "../dispatcher/promotions.ts";
import { startReleases } from "../dispatcher/releases.ts";
import { startNotifier } from "../notifier/notifier.ts";
import type { Service } from "../service.ts";
import { startWatcher } from "../watcher/watcher.ts";
import { startWorker } from "../worker/worker.ts";
import { breakGlassSteps } from "./break-glass.ts";
import type { ClusterRegistry } from "./clusters.ts";
import type { Core } from "./core.ts";
import type { HealthChecks } from "./health-checks.ts";
import { notificationSteps } from "./notifications.ts";
import type { Infrastructure } from "./infrastructure.ts";
import type { Measurement } from "./measurement.ts";
import { promotionSteps } from "./promotion.ts";
import type { ReleaseFinder } from "./releases.ts";
import type { Sources } from "./sources.ts";
import { digestsOf, stepDeps, type StepParts } from "./steps.ts";

/** What the reconciling services are wired from. */
export interface ReconciliationParts {
  roles: ReadonlySet<Role>;
  configuration: ServerConfiguration;
  infrastructure: Infrastructure;
  core: Core;
  clusters: ClusterRegistry<KubeClient>;
  sources: Sources;
  finder: ReleaseFinder;
  parts: StepParts;
  checks: HealthChecks;
  operations: Operations;
  promotions: Promotions;
  measurement: Measurement;
  notifications: Notifications;
  pullRequests: PullRequests;
  log: Logger;
  metrics: Registry;
  onDeath(error: unknown): void;
}

/** Starts worker, watcher and dispatcher, as far as this process has the roles: whoever is told last starts first. */
export async function startReconciliation(of: ReconciliationParts): Promise<Service[]> {
  const { roles, core, log, metrics } = of;
  const services: Service[] = [];
  const views = {
    get: core.store.get,
    list: core.store.list,
    onChange: core.projector.onChange,
    reached: core.projector.reached,
  };
  if (roles.has("worker")) services.push(await worker(of));
  if (roles.has("watcher")) {
    const digests = digestsOf(core);
    services.push(
      startWatcher({
        ...{ views, log, metrics, health },
        own: of.checks.own,
        onChecksChange: of.checks.onChange,
        blobs: core.blobs,
        clusters: (name) => of.clusters.client(name),
        intake: core.intake,
        lease: core.acquireLease,
        fieldsDigest: (live, fieldSet) => fieldsDigest(live, fieldSet, digests),
        open: (object) => openObject(object, core.keyring),
        mask: (object) => maskObject(object, core.keyring),
      }),
    );
  }
  if (roles.has("dispatcher")) {
    services.push(
      await startDispatcher({
        ...{ views, log, metrics },
        intake: core.intake,
        ledger: core.ledger,
        aggregates: core.aggregates,
        mirrors: of.sources.mirrors,
        sourceDigest: of.sources.digest,
        operations: of.operations,
        promotions: of.promotions,
        configuration: { consume: (options) => consumeConfigurationEvents(core.nats, options) },
        acquireLease: core.acquireLease,
      }),
      await startDiscovery({
        ...{ views, log, metrics, look: of.finder.look },
        ...{ intake: core.intake, ledger: core.ledger, acquireLease: core.acquireLease },
      }),
      startReleases({
        ...{ views, log, operations: of.operations },
        follow: createFollow({ views, log, clusters: (name) => of.clusters.client(name) }),
      }),
      await startPromotions({
        ...{ views, log, ledger: core.ledger, promotions: of.promotions },
        news: { consume: (options) => consumeLedgerNews(core.nats, options) },
      }),
      startPins({
        ...{ views, log, aggregates: core.aggregates },
        news: { consume: (options) => consumeLedgerNews(core.nats, options) },
      }),
      startNotifier({
        ...{ views, log, notifications: of.notifications },
        consume: (options) => consumeEvents(core.nats, options),
      }),
    );
  }
  return services;
}

function worker({
  configuration,
  infrastructure,
  parts,
  sources,
  operations,
  pullRequests,
  measurement,
  log,
  metrics,
  onDeath,
}: ReconciliationParts): Promise<Service> {
  return startWorker({
    temporal: infrastructure.temporal,
    taskQueue: configuration.temporal.taskQueue,
    activities: stepDeps(parts),
    breakGlass: breakGlassSteps({ parts, operations, mirrors: sources.mirrors }),
    promotion: promotionSteps({ parts, sources, operations, pullRequests, measurement, log, metrics }),
    notifications: notificationSteps({
      ...{ core: parts.core, pullRequests },
      externalURL: configuration.externalURL?.replace(/\/+$/, ""),
    }),
    cacheDir: join(configuration.dataDir, "cache"),
    operations: configuration.worker.operations,
    onDeath,
    log,
    metrics,
  });
}
