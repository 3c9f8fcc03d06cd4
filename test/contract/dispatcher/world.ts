import type { NatsConnection } from "@nats-io/transport-node";
import { jetstreamManager } from "@nats-io/jetstream";
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { Registry } from "prom-client";
import { createAggregateStore, type AggregateStore } from "../../../adapters/nats/aggregate-store.ts";
import { consumeConfigurationEvents } from "../../../adapters/nats/config-events.ts";
import { connectNats } from "../../../adapters/nats/connection.ts";
import { createIntake, type Intake } from "../../../adapters/nats/intake.ts";
import { acquireLease } from "../../../adapters/nats/leases.ts";
import { createLedger, type Ledger } from "../../../adapters/nats/ledger.ts";
import { ensureStreams } from "../../../adapters/nats/streams.ts";
import { createViewStore, type ViewStore } from "../../../adapters/views/store.ts";
import { applicationDecider } from "../../../domain/application/decider.ts";
import { repositoryDecider } from "../../../domain/repository/decider.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import type { RepositoryEvent } from "../../../schemas/events/index.ts";
import { INTAKE_STREAM } from "../../../schemas/ids.ts";
import { Application } from "../../../schemas/kinds/application.ts";
import { Repository } from "../../../schemas/kinds/repository.ts";
import type { Source } from "../../../schemas/kinds/source.ts";
import type { GitPush } from "../../../schemas/messages.ts";
import type { OperationRequest } from "../../../schemas/operation.ts";
import { startDispatcher, type DispatcherDeps } from "../../../services/dispatcher/dispatcher.ts";
import { startProjector, type Projector } from "../../../services/projector/projector.ts";
import type { Service } from "../../../services/service.ts";
import { testServers } from "../../fixtures/servers.ts";

export const REPO = "https://git.example.com/acme/shop";
export const commit = (name: string): string => createHash("sha1").update(name).digest("hex");

/** A Git host in memory: refs per repository, and per commit what each path holds. */
export class FakeGit {
  refs = new Map<string, string>();
  contents = new Map<string, Record<string, string>>();
  failures = new Map<string, SluiceError>();
  hanging = new Set<string>();
  calls: string[] = [];

  /** Points a ref at a commit whose paths hold something; what is not given stays as it was there. */
  set(repo: string, ref: string, name: string, paths: Record<string, string> = {}): string {
    const before = this.contents.get(this.refs.get(`${repo} ${ref}`) ?? "") ?? {};
    const sha = commit(name);
    this.refs.set(`${repo} ${ref}`, sha);
    this.contents.set(sha, { ...before, ...paths });
    return sha;
  }

  async #answer<Value>(call: string, repo: string, value: () => Value): Promise<Value> {
    this.calls.push(call);
    if (this.hanging.has(repo)) await new Promise(() => undefined);
    const failure = this.failures.get(repo);
    if (failure) throw failure;
    return value();
  }

  #revision(repo: string, target: string): { revision: string; ref: string } {
    const found = [target, `refs/heads/${target}`, `refs/tags/${target}`].find((ref) =>
      this.refs.has(`${repo} ${ref}`),
    );
    if (found === undefined) throw new SluiceError("RevisionNotFound", `no ${target}`);
    return { revision: this.refs.get(`${repo} ${found}`)!, ref: found };
  }

  readonly mirrors = {
    resolve: (repo: string, target: string) =>
      this.#answer(`resolve ${repo} ${target}`, repo, () => this.#revision(repo, target)),
    fetchRef: (repo: string, ref: string) =>
      this.#answer(`fetch ${repo} ${ref}`, repo, () => this.#revision(repo, ref).revision),
    ensure: (repo: string, revision: string) =>
      this.#answer(`ensure ${repo} ${revision}`, repo, () => ({ revision, close: () => undefined })),
  };

  readonly sourceDigest = async ({ source, tree }: { source: Source; tree: { revision: string } }) => {
    this.calls.push(`digest ${source.path}`);
    const content = this.contents.get(tree.revision)?.[source.path];
    if (content === undefined) throw new SluiceError("SourceRefused", `no directory ${source.path}`);
    return { digest: createHash("sha256").update(`${source.path}\n${content}`).digest("hex") };
  };

  count(prefix: string): number {
    return this.calls.filter((call) => call.startsWith(prefix)).length;
  }
}

/** Operations as Temporal would take them: known by id, so that one asked for twice is one. */
export class FakeOperations {
  requests = new Map<string, { application: string; request: OperationRequest; times: number }>();
  signals: { application: string; health: string }[] = [];
  terminated: { application: string; operation: string }[] = [];
  acted: { application: string; id: string }[] = [];
  confirmed: { application: string; operation: string }[] = [];
  breakGlasses: string[] = [];
  down = false;

  readonly port = {
    request: async (application: string, request: OperationRequest) => {
      if (this.down) throw new SluiceError("Unavailable", "Temporal is away");
      const times = (this.requests.get(request.operation)?.times ?? 0) + 1;
      this.requests.set(request.operation, { application, request, times });
    },
    clusterChanged: async (application: string, { health }: { health: string }) => {
      this.signals.push({ application, health });
    },
    breakGlassChanged: async (application: string) => {
      this.breakGlasses.push(application);
    },
    act: async (application: string, { id }: { id: string }) => {
      this.acted.push({ application, id });
    },
    terminate: async (application: string, operation: string) => {
      this.terminated.push({ application, operation });
    },
    confirm: async (application: string, operation: string) => {
      this.confirmed.push({ application, operation });
    },
  };

  of(application: string): OperationRequest[] {
    return [...this.requests.values()].filter((each) => each.application === application).map(({ request }) => request);
  }

  triggered(type: OperationRequest["trigger"]["type"]): string[] {
    const found = [...this.requests.values()].filter(({ request }) => request.trigger.type === type);
    return found.map(({ application }) => application).toSorted();
  }
}

type Deps = DispatcherDeps<{ revision: string; close(): void }>;

/** Real NATS, ledger, intake and views; Git and Temporal are fakes. One per test, gone at its end. */
export class World implements AsyncDisposable {
  readonly git = new FakeGit();
  readonly operations = new FakeOperations();
  readonly nc: NatsConnection;
  readonly ledger: Ledger;
  readonly aggregates: AggregateStore;
  readonly intake: Intake;
  readonly store: ViewStore;
  readonly projector: Projector;
  readonly #servers: AsyncDisposable;
  readonly #services: Service[] = [];
  #delivery = 0;
  #dispatchers = 0;

  private constructor(of: Pick<World, "nc" | "ledger" | "store" | "projector">, servers: AsyncDisposable) {
    this.nc = of.nc;
    this.ledger = of.ledger;
    this.store = of.store;
    this.projector = of.projector;
    this.aggregates = createAggregateStore(of.ledger);
    this.intake = createIntake(of.nc);
    this.#servers = servers;
  }

  static async start(): Promise<World> {
    const servers = await testServers({ nats: true });
    const { servers: url, user, pass } = servers.nats.connection;
    const nc = await connectNats({ url, user, pass, name: "test" });
    await ensureStreams(nc);
    const ledger = createLedger(nc);
    const store = createViewStore({ path: ":memory:" });
    const projector = await startProjector({ ledger, store, log: silent, metrics: new Registry() });
    return new World({ nc, ledger, store, projector }, servers);
  }

  deps(): Deps & { metrics: Registry } {
    const { nc, ledger, aggregates, store, projector, git, operations, intake } = this;
    const holder = `dispatcher-${++this.#dispatchers}`;
    return {
      intake: {
        publish: intake.publish,
        consume: (options) => intake.consume({ ...options, ackWaitMs: 1_500 }),
      },
      ledger,
      aggregates,
      views: {
        get: (view, key) => store.get(view, key),
        list: (view, options) => store.list(view, options),
        onChange: (listener) => projector.onChange(listener),
        reached: (sequence) => projector.reached(sequence),
      },
      mirrors: git.mirrors,
      sourceDigest: git.sourceDigest,
      operations: operations.port,
      configuration: { consume: (options) => consumeConfigurationEvents(nc, options) },
      acquireLease: (name, options) => acquireLease(nc, name, { ...options, holder, ttlMs: 2_000 }),
      log: silent,
      metrics: new Registry(),
      poll: false,
      stopLimitMs: 200,
    };
  }

  async dispatch(more: Partial<Deps> = {}): Promise<Service> {
    const service = await startDispatcher({ ...this.deps(), ...more });
    this.#services.push(service);
    return service;
  }

  /** Stops every dispatcher, and starts another one that knows nothing of them. */
  async restart(): Promise<void> {
    await Promise.all(this.#services.splice(0).map((service) => service.stop()));
    await this.dispatch();
  }

  /** Configures applications, each of one path at one targetRevision, and waits until they are folded. */
  async applications(
    names: readonly string[],
    source: Partial<Source> = {},
    syncPolicy: object = { automated: { selfHeal: true } },
  ): Promise<void> {
    for (const name of names) {
      const { spec } = Application.parse({
        apiVersion: "sluice.dev/v1",
        kind: "Application",
        metadata: { name },
        spec: {
          source: { repoURL: REPO, path: name, targetRevision: "main", ...source },
          destination: { name: "staging" },
          syncPolicy,
        },
      });
      const command = { type: "ConfigureApplication", spec, labels: {}, annotations: {} } as const;
      await this.aggregates.execute(applicationDecider, name, command, this.meta(`configure ${name} ${Math.random()}`));
    }
    await this.projector.reached(await this.ledger.last());
  }

  async repository(name: string, spec: object = { url: REPO }): Promise<void> {
    const parsed = Repository.shape.spec.parse(spec);
    const { credentials: _, webhook: __, ...stored } = parsed;
    const command = { type: "Configure", spec: stored, labels: {}, annotations: {} } as const;
    await this.aggregates.execute(repositoryDecider, name, command, this.meta(`repository ${name}`));
    await this.projector.reached(await this.ledger.last());
  }

  meta(messageId: string) {
    return { at: new Date().toISOString(), actor: { kind: "user", name: "test" } as const, cause: "test", messageId };
  }

  /** A push as the gateway would take it in; its delivery id. */
  async push(more: Partial<GitPush> = {}): Promise<string> {
    const delivery = more.delivery ?? `delivery-${++this.#delivery}`;
    const message: GitPush = {
      type: "git.push",
      repository: "shop",
      repoURL: REPO,
      ref: "refs/heads/main",
      source: "webhook",
      actor: { kind: "webhook", name: "octocat" },
      receivedAt: new Date().toISOString(),
      ...more,
      delivery,
    };
    await this.intake.publish(message, `${message.repository}/${delivery}/${message.ref}`);
    return delivery;
  }

  /** What the ledger has on a repository, pushes only. */
  async pushEvents(name = "shop"): Promise<RepositoryEvent[]> {
    const found: RepositoryEvent[] = [];
    for await (const { event } of this.ledger.read({ type: "repository", name })) {
      if (event.type === "PushDispatched" || event.type === "PushRejected") found.push(event);
    }
    return found;
  }

  async dispatched(name = "shop"): Promise<Extract<RepositoryEvent, { type: "PushDispatched" }>["data"][]> {
    return (await this.pushEvents(name)).flatMap((event) => (event.type === "PushDispatched" ? [event.data] : []));
  }

  /** Every delivery id that the ledger has a record of, as often as it has one. */
  async deliveries(name = "shop"): Promise<string[]> {
    const all = (await this.pushEvents(name)).flatMap((event) =>
      event.type === "PushDispatched" || event.type === "PushRejected" ? event.data.deliveries : [],
    );
    return all.map(({ delivery }) => delivery).toSorted();
  }

  /** Messages of the intake that are not acknowledged yet, delivered or not; one just stored may be in no count of the consumer's. */
  async pending(): Promise<number> {
    const manager = await jetstreamManager(this.nc);
    const { state } = await manager.streams.info(INTAKE_STREAM);
    const info = await manager.consumers.info(INTAKE_STREAM, "dispatcher");
    const unseen = state.last_seq - info.delivered.stream_seq;
    return Math.max(info.num_pending, unseen) + info.num_ack_pending;
  }

  async drained(): Promise<void> {
    await until(async () => (await this.pending()) === 0, "every message to be acknowledged");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#services.map((service) => service.stop()));
    await this.projector.stop();
    this.store.close();
    await this.nc.close();
    await this.#servers[Symbol.asyncDispose]();
  }
}

const silent = pino({ level: process.env["TEST_LOG"] ?? "silent" });

/** Waits for a condition; throws with what it was after 30 s. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await sleep(20);
  }
}
