import { mkdir, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { collectDefaultMetrics, Registry } from "prom-client";
import { connectCluster } from "../../adapters/kubernetes/connection.ts";
import { inspectDurability } from "../../adapters/nats/durability.ts";
import { connectTemporal } from "../../adapters/temporal/connection.ts";
import { createNotifications } from "../../adapters/temporal/notifications.ts";
import { createOperations } from "../../adapters/temporal/operations.ts";
import { createPromotions } from "../../adapters/temporal/promotions.ts";
import { inspectConfinement } from "../../adapters/renderers/tool-process.ts";
import { createGateSandbox } from "../../adapters/health-checks/gate-sandbox.ts";
import { createJq } from "../../adapters/jq/jq.ts";
import { maskObject } from "../../adapters/secrets/objects.ts";
import type { RawObject } from "../../schemas/artifact.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { ROLES, type Role, type ServerConfiguration } from "../../schemas/server-configuration.ts";
import { createApi } from "../api/app.ts";
import { registerHealth } from "../api/health.ts";
import { createInTurn } from "../api/in-turn.ts";
import { loadToken } from "../api/token.ts";
import { listActions } from "./actions.ts";
import { startGateway } from "../gateway/gateway.ts";
import type { Service } from "../service.ts";
import { breakGlassPort } from "./break-glass.ts";
import { createClusters } from "./clusters.ts";
import { confinementFindings } from "./confinement.ts";
import { createClusterStates } from "./cluster-states.ts";
import { startCore, type Core } from "./core.ts";
import { registerDoraMetrics } from "./dora-metrics.ts";
import { checkServer } from "./doctor.ts";
import { startInfrastructure, type Infrastructure } from "./infrastructure.ts";
import { createMeasurement } from "./measurement.ts";
import { differenceOf } from "./promotion-difference.ts";
import { pullRequestsOf } from "./pull-requests.ts";
import { createReleaseFinder } from "./releases.ts";
import { createRepositoryDirectory } from "./repositories.ts";
import { withTemporalMetrics } from "./metrics.ts";
import { orphansOf } from "./orphans.ts";
import { startReconciliation } from "./reconciliation.ts";
import { createHealthChecks } from "./health-checks.ts";
import { revertCommits } from "./revert.ts";
import { createSources } from "./sources.ts";
import { compareOf } from "./steps.ts";
import { renderUploadOf } from "./local.ts";
import { createWhy } from "./why.ts";
import { Teardown } from "./teardown.ts";

/** A running server. */
export interface Server {
  /** Address of the API and the webhooks. */
  url: string;
  services: readonly Service[];
  /** Drains and stops everything in order; under 30 s. */
  stop(): Promise<void>;
}

/** What the process around the server gives it. */
export interface ServerDeps {
  configuration: ServerConfiguration;
  version: string;
  /** Loopback port of the metrics of Temporal's core in this process. */
  temporalMetricsPort: number;
  log: Logger;
  /** Called when a service died by itself; the process should end, and be started again. */
  onDeath(error: unknown): void;
}

/** The services that a process runs. */
export const rolesOf = ({ role }: Pick<ServerConfiguration, "role">): ReadonlySet<Role> =>
  new Set(role.includes("all") ? ROLES : ROLES.filter((name) => role.includes(name)));

/** Starts the configured roles, with NATS and Temporal where no address was given. Throws with everything stopped again. */
export async function startServer(deps: ServerDeps): Promise<Server> {
  const teardown = new Teardown(deps.log);
  try {
    return await start(deps, teardown);
  } catch (error) {
    await teardown.run();
    throw error;
  }
}

async function start(deps: ServerDeps, teardown: Teardown): Promise<Server> {
  const { configuration: given, version, temporalMetricsPort, log, onDeath } = deps;
  const configuration = { ...given, dataDir: resolve(given.dataDir) };
  const { dataDir } = configuration;
  const roles = rolesOf(configuration);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });

  const infrastructure = await startInfrastructure(configuration, log);
  teardown.add("NATS and Temporal", infrastructure.stop);
  const core = await startCore({ configuration, infrastructure, version, log, metrics });
  teardown.add("ledger and views", core.close);
  const temporal = await connectTemporal({ ...infrastructure.temporal, log });
  teardown.add("Temporal connection", temporal.close);

  const clusters = createClusters({
    view: (name) => core.store.get("clusters", name),
    all: () => core.store.list("clusters").map(({ value }) => value),
    credentials: (name) => core.credentials.get("cluster", name),
    connect: connectCluster,
    log,
  });
  teardown.add("cluster connections", async () => clusters.close());
  const repositories = createRepositoryDirectory(core);
  const sources = createSources({ configuration, core, clusters, repositories, infrastructure, log, metrics });
  teardown.add("mirrors", sources.close);
  const jq = createJq();
  teardown.add("jq", jq.close);
  const { onChange } = core.projector;
  const mask = (object: RawObject): RawObject => maskObject(object, core.keyring);
  const checks = createHealthChecks({ views: core.store, onChange, mask });
  teardown.add("health checks", checks.close);
  const { taskQueue } = configuration.temporal;
  const parts = {
    ...{ core, clusters, jq, checks, log },
    source: sources.port,
    commits: revertCommits(sources.mirrors, core.keyring),
    taskQueue,
    applyConcurrency: configuration.worker.applyConcurrency,
  };

  const operations = createOperations(temporal.client, { taskQueue });
  const promotions = createPromotions(temporal.client, { taskQueue });

  const notifications = createNotifications(temporal.client, { taskQueue });
  const gates = createGateSandbox();
  teardown.add("expressions of gates", gates.close);
  const measurement = createMeasurement({
    ...{ core, clusters, gates, own: checks.own },
    allowAddresses: configuration.verification.allowAddresses,
    secret: async ({ name, key }) => (await core.credentials.get<Record<string, string>>("verification", name))?.[key],
  });
  teardown.add("measurements", measurement.close);
  const pullRequests = pullRequestsOf({ repositories, configuration });
  teardown.add("Git providers", pullRequests.disconnect);
  const finder = createReleaseFinder({ core, repositories, mirrors: sources.mirrors });
  teardown.add("registries", finder.close);
  registerDoraMetrics(metrics, core.store);

  const services: Service[] = [storageOf(infrastructure), core.projector];
  const states = createClusterStates({ clusters, store: core.store, onChange });
  teardown.add("cluster states", async () => states.stop());
  const app = createApi({
    ...core,
    views: core.store,
    rebuild: core.rebuildViews,
    digest: (text) => core.keyring.digest(text),
    mask,
    healthProblems: checks.look,
    gateProblem: gates.look,
    compare: compareOf(parts),
    actions: listActions((name) => clusters.client(name)),
    renderUpload: renderUploadOf(parts),
    jqProblem: jq.problem,
    notifications,
    inTurn: createInTurn((options) => core.acquireLease("configuration", options)),
    why: createWhy({
      views: core.store,
      blobs: core.blobs,
      cluster: (name) => Promise.resolve(clusters.client(name)),
      own: checks.own,
      progress: operations.progress,
    }),
    orphans: orphansOf(parts),
    breakGlass: breakGlassPort({ parts, mirrors: sources.mirrors }),
    clusterState: states.of,
    checkRepository: sources.mirrors.check,
    lookAtSource: finder.look,
    decide: promotions.decide,
    stageProgress: promotions.progress,
    previewPromotion: (input) => differenceOf({ parts, sources })({ ...input, promotion: "preview" }),
    seals: core.keyring,
    doctor: () =>
      checkServer({
        core,
        infrastructure,
        temporal,
        services,
        states,
        durability: () => durabilityOf(core, infrastructure),
        confinement: async () => confinementFindings(await inspectConfinement()),
      }),
    tokens: [{ name: "admin", token: await loadToken(configuration.tokenFile ?? join(dataDir, "token")) }],
    ...{ version, log, metrics },
  });
  const reconciliation = await startReconciliation({
    ...{ roles, configuration, infrastructure, core, clusters, sources, parts, checks, log, metrics, onDeath },
    ...{ operations, promotions, notifications, pullRequests, measurement, finder },
  });
  services.push(...reconciliation);
  for (const service of reconciliation) teardown.add(service.name, service.stop);

  if (roles.has("gateway")) {
    const { intake } = core;
    services.push(await startGateway({ intake, receivers: repositories.receiver, log, metrics, registerOn: app }));
  }
  registerHealth(app, services, withTemporalMetrics(metrics, temporalMetricsPort));
  const url = await listen(app, configuration);
  teardown.add("HTTP", () => app.close());
  // First of all: nothing new is taken while the rest drains.
  for (const service of services.filter(({ name }) => name === "gateway")) teardown.add(service.name, service.stop);
  await leaveAddress(configuration, url);
  log.info({ url, roles: [...roles], dataDir }, "sluice serves");
  return { url, services, stop: () => teardown.run() };
}

/** Whether the embedded NATS takes writes, as a service that can be asked. */
const storageOf = ({ nats: { failing } }: Infrastructure): Service => ({
  name: "storage",
  notReady: () => failing?.(),
  stop: async () => undefined,
});

const durabilityOf = ({ nats }: Core, { nats: { monitoringUrl } }: Infrastructure) =>
  inspectDurability(nats, monitoringUrl === undefined ? {} : { monitoringUrl });

async function listen(app: FastifyInstance, { listen: at }: ServerConfiguration): Promise<string> {
  try {
    await app.listen({ host: at.host, port: at.port });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EADDRINUSE") throw cause;
    throw new SluiceError("PortInUse", `Port ${at.port} on ${at.host}, which the API needs, is taken`, {
      next: "End the program that listens there, or give another port with --port.",
      cause,
    });
  }
  const { port } = app.server.address() as AddressInfo;
  const host = at.host === "0.0.0.0" || at.host === "::" ? "127.0.0.1" : at.host;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Leaves address and token file where the CLI looks for them. */
async function leaveAddress({ dataDir, tokenFile }: ServerConfiguration, server: string): Promise<void> {
  const context = { server, tokenFile: tokenFile === undefined ? "token" : resolve(tokenFile) };
  await writeFile(join(dataDir, "client.json"), `${JSON.stringify(context, null, 2)}\n`, { mode: 0o600 });
}
