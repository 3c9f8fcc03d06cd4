import { backoffMs, wait } from "../../adapters/kubernetes/retry.ts";
import { watcherLease } from "../../schemas/ids.ts";
import type { ApplicationView } from "../../schemas/views.ts";
import { ApplicationWatch } from "./application-watch.ts";
import { createBound } from "./bound.ts";
import { ClusterWatch } from "./cluster-watch.ts";
import type { DriftDetail } from "./drift-detail.ts";
import type { FieldSets } from "./field-sets.ts";
import type {
  Judgement,
  Logger,
  TakeLease,
  WatchedCluster,
  WatcherBlobs,
  WatcherIntake,
  WatchMeters,
} from "./ports.ts";

export interface ClusterOwnerDeps {
  cluster: string;
  clusters(name: string): Promise<WatchedCluster>;
  /** Applications of this cluster as their views are now. */
  applications(): Iterable<ApplicationView>;
  lease: TakeLease;
  blobs: WatcherBlobs;
  intake: WatcherIntake;
  judgement: Judgement;
  detail: DriftDetail;
  fieldSets: FieldSets;
  meters: WatchMeters;
  log: Logger;
  graceMs: number;
  random: () => number;
}

/** How often what depends on time alone is looked at. */
const TICK_MS = 2_000;
/** Inventories loaded at the same time. */
const LOADS = 16;
const RESTART_MS = 1_000;

/** One cluster's watch: waits for the lease, follows while it holds it, and begins again when it or the client changes. */
export class ClusterOwner {
  readonly #deps: ClusterOwnerDeps;
  readonly #stopping = new AbortController();
  readonly #applications = new Map<string, ApplicationWatch>();
  readonly #running: Promise<void>;
  #watch: ClusterWatch | undefined;
  #client: WatchedCluster | undefined;
  #restart: (() => void) | undefined;
  #owning = false;

  constructor(deps: ClusterOwnerDeps) {
    this.#deps = deps;
    this.#running = this.#run().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) deps.log.error({ err: error }, "the watch of the cluster ended");
    });
  }

  get objects(): number {
    return this.#watch?.objects ?? 0;
  }

  /** Undefined when it follows, or when another process does. */
  get waitingFor(): string | undefined {
    return this.#owning && !this.#watch ? `the cluster ${this.#deps.cluster}` : undefined;
  }

  /** Takes an application's newer view; it is followed from the next moment on when the lease is held. */
  update(view: ApplicationView): void {
    if (!this.#watch) return;
    const before = this.#applications.get(view.name)?.resources.join();
    this.#add(view, this.#watch).update(view);
    if (before !== view.resources.join()) this.#follow();
  }

  remove(name: string): void {
    const known = this.#applications.get(name);
    this.#applications.delete(name);
    if (!known) return;
    void known.stop();
    this.#follow();
  }

  /** The cluster's address or credentials may have changed: begins again when there is another client for it. */
  async reconnect(): Promise<void> {
    if (!this.#watch) return;
    const client = await this.#deps.clusters(this.#deps.cluster).catch(() => undefined);
    if (client !== this.#client) this.#restart?.();
  }

  /** Has the objects of these API groups judged anew. */
  judgeAnew(concerns: (group: string) => boolean): void {
    this.#watch?.relist(concerns);
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error("the watcher was stopped"));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const ended = Promise.withResolvers<void>();
      const onEnd = (): void => ended.resolve();
      const lease = await this.#deps.lease(watcherLease(this.#deps.cluster), { signal, onLost: onEnd });
      this.#owning = true;
      this.#restart = onEnd;
      signal.addEventListener("abort", onEnd, { once: true });
      const owning = new AbortController();
      void ended.promise.then(() => owning.abort(new Error("the cluster is no longer ours")));
      try {
        await this.#own(AbortSignal.any([signal, owning.signal]), ended.promise);
      } catch (error) {
        if (!signal.aborted) this.#deps.log.warn({ err: error }, "the cluster's watch was interrupted");
        await wait(RESTART_MS, signal).catch(() => undefined);
      } finally {
        signal.removeEventListener("abort", onEnd);
        this.#owning = false;
        await this.#clear();
        await lease.release();
      }
    }
  }

  async #own(signal: AbortSignal, ended: Promise<void>): Promise<void> {
    const client = await this.#connect(signal);
    const { cluster, meters, log, graceMs, random } = this.#deps;
    const application = (name: string): ApplicationWatch | undefined => this.#applications.get(name);
    const onListed = (resource: string): void => this.#look((resources) => resources.includes(resource));
    const watch = new ClusterWatch({ cluster, client, application, onListed, meters, log, graceMs, random });
    // Inventories first: an object seen before its inventory would have to be read again one by one.
    const bound = createBound(LOADS);
    const views = [...this.#deps.applications()];
    await Promise.all(views.map((view) => bound(() => this.#add(view, watch).ready())));
    signal.throwIfAborted();
    this.#client = client;
    this.#watch = watch;
    this.#catchUp(watch);
    this.#follow();
    log.info({ applications: this.#applications.size }, "following the cluster");
    const ticking = setInterval(() => this.#tick(watch), TICK_MS);
    await ended.finally(() => clearInterval(ticking));
  }

  /** What changed while the inventories were loaded. */
  #catchUp(watch: ClusterWatch): void {
    const now = new Map([...this.#deps.applications()].map((view) => [view.name, view]));
    for (const [name, application] of this.#applications) {
      if (now.has(name)) continue;
      this.#applications.delete(name);
      void application.stop();
    }
    for (const view of now.values()) this.#add(view, watch).update(view);
  }

  async #connect(signal: AbortSignal): Promise<WatchedCluster> {
    for (let failures = 1; ; failures++) {
      try {
        return await this.#deps.clusters(this.#deps.cluster);
      } catch (error) {
        this.#deps.log.warn({ err: error }, "no client for the cluster");
      }
      await wait(backoffMs(failures, this.#deps.random()), signal);
    }
  }

  #add(view: ApplicationView, watch: ClusterWatch): ApplicationWatch {
    const known = this.#applications.get(view.name);
    if (known) return known;
    const { cluster, blobs, intake, judgement, detail, fieldSets, log, meters } = this.#deps;
    const onPublished = (): void => meters.published(cluster);
    const deps = { cluster, sightings: watch, blobs, intake, judgement, detail, fieldSets, log, onPublished };
    const application = new ApplicationWatch(view, deps);
    this.#applications.set(view.name, application);
    return application;
  }

  #follow(): void {
    const wanted = new Set<string>();
    for (const { resources } of this.#applications.values()) for (const resource of resources) wanted.add(resource);
    this.#watch?.follow(wanted);
  }

  /** Whose resources are unsettled by now, or were a moment ago, is looked at again. */
  #unsettled: readonly string[] = [];
  #tick(watch: ClusterWatch): void {
    const now = watch.unsettled;
    const concerned = new Set([...now, ...this.#unsettled]);
    this.#unsettled = now;
    if (concerned.size > 0) this.#look((resources) => resources.some((resource) => concerned.has(resource)));
    for (const application of this.#applications.values()) application.repeatUnheard();
  }

  #look(concerned: (resources: readonly string[]) => boolean): void {
    for (const application of this.#applications.values()) {
      if (concerned(application.resources)) application.changed();
    }
  }

  async #clear(): Promise<void> {
    const [watch, applications] = [this.#watch, [...this.#applications.values()]];
    this.#watch = undefined;
    this.#client = undefined;
    this.#applications.clear();
    await Promise.all([watch?.stop(), ...applications.map((application) => application.stop())]);
  }
}
