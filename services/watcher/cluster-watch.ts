import { startReflector } from "../../adapters/kubernetes/reflector.ts";
import type { Reflector } from "../../adapters/kubernetes/reflector.ts";
import { backoffMs, wait } from "../../adapters/kubernetes/retry.ts";
import type { Sight } from "../../domain/watch/compare.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { APPLICATION_LABEL } from "../../schemas/ids.ts";
import type { ApplicationWatch, Sightings } from "./application-watch.ts";
import { createBound } from "./bound.ts";
import type { TrackedEntry } from "./inventory.ts";
import type { Logger, Observed, RawObject, WatchedCluster, WatchMeters } from "./ports.ts";

export interface ClusterWatchDeps {
  cluster: string;
  client: WatchedCluster;
  application(name: string): ApplicationWatch | undefined;
  /** A complete list of a resource was read. */
  onListed(resource: string): void;
  meters: WatchMeters;
  log: Logger;
  /** Milliseconds without the API server before its objects count as unknown. */
  graceMs: number;
  random?: () => number;
}

interface Followed {
  since: number;
  stop: AbortController;
  reflector: Reflector<Observed> | undefined;
  done: Promise<void>;
}

/** Reads that settle doubts at the same time: they share the connections with applies. */
const READS = 4;

/** Follows the resources of one cluster with one client, from its start until it is stopped. */
export class ClusterWatch implements Sightings {
  readonly #deps: ClusterWatchDeps;
  readonly #followed = new Map<string, Followed>();
  readonly #bound = createBound(READS);
  #stopped = false;

  constructor(deps: ClusterWatchDeps) {
    this.#deps = deps;
  }

  /** Starts what is wanted and not followed, stops what is followed and not wanted. */
  follow(wanted: ReadonlySet<string>): void {
    if (this.#stopped) return;
    for (const [resource, followed] of this.#followed) {
      if (wanted.has(resource)) continue;
      this.#followed.delete(resource);
      void end(followed);
    }
    for (const resource of wanted) {
      if (!this.#followed.has(resource)) this.#followed.set(resource, this.#start(resource));
    }
  }

  /** Reads the resources of these API groups anew: their objects are to be judged anew, and are not kept. */
  relist(concerns: (group: string) => boolean): void {
    if (this.#stopped) return;
    for (const [resource, followed] of this.#followed) {
      const [group = "", , kind] = resource.split("/");
      if (!concerns(kind === undefined ? "" : group)) continue;
      this.#followed.set(resource, this.#start(resource));
      void end(followed);
    }
  }

  sight(entry: TrackedEntry): Sight | "wait" {
    const followed = this.#followed.get(entry.resource);
    const lostSince = followed?.reflector?.listed
      ? followed.reflector.lostSince
      : (followed?.since ?? performance.now());
    if (lostSince !== undefined && performance.now() - lostSince > this.#deps.graceMs) return { kind: "unknown" };
    if (!followed?.reflector?.listed) return "wait";
    const kept = followed.reflector.get(entry.namespace, entry.name);
    if (!kept) return { kind: "absent" };
    if (kept.value.judging) return "wait";
    return { kind: "seen", uid: kept.uid, resourceVersion: kept.resourceVersion, observed: kept.value };
  }

  async read(entry: TrackedEntry): Promise<RawObject | undefined> {
    const resource = this.#followed.get(entry.resource)?.reflector?.resource;
    if (!resource) throw new SluiceError("ClusterUnavailable", `${entry.resource} is not followed at this moment`);
    return this.#bound(() => this.#deps.client.get(resource, entry.namespace, entry.name));
  }

  /** Resources that came to be unknown, or known again, depend on time alone: whoever keeps time asks for them. */
  get unsettled(): readonly string[] {
    return [...this.#followed]
      .filter(([, { reflector }]) => !reflector?.listed || reflector.lostSince !== undefined)
      .map(([resource]) => resource);
  }

  get objects(): number {
    let count = 0;
    for (const { reflector } of this.#followed.values()) count += reflector?.size ?? 0;
    return count;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const all = [...this.#followed.values()];
    this.#followed.clear();
    await Promise.all(all.map(end));
  }

  #start(resource: string): Followed {
    const stop = new AbortController();
    const followed: Followed = { since: performance.now(), stop, reflector: undefined, done: Promise.resolve() };
    followed.done = this.#open(resource, followed).catch((error: unknown) => {
      if (!stop.signal.aborted) this.#deps.log.error({ err: error, resource }, "a watch could not be started");
    });
    return followed;
  }

  async #open(resource: string, followed: Followed): Promise<void> {
    const { client, cluster, meters, log, random = Math.random } = this.#deps;
    const served = await this.#served(resource, followed.stop.signal);
    followed.reflector = startReflector<Observed>({
      client,
      resource: served,
      labelSelector: APPLICATION_LABEL,
      random,
      handler: {
        upserted: (object, before) => this.#upserted(resource, object, before?.value),
        deleted: (_place, { uid, resourceVersion, value }) =>
          this.#deps.application(value.application)?.gone(`${uid}@${resourceVersion} gone`),
        listed: () => this.#deps.onListed(resource),
      },
      onEvent: (type) => meters.event(cluster, type),
      onRestart: (reason, detail) => {
        meters.restarted(cluster, reason);
        log.debug({ resource, reason, detail }, "watch restarted");
      },
      onHandlerError: (error) => log.error({ err: error, resource }, "a watched object could not be taken in"),
    });
  }

  /** Waits until the cluster serves the resource: a CRD may be part of the very sync that brings its objects. */
  async #served(resource: string, signal: AbortSignal) {
    const { client, log, random = Math.random } = this.#deps;
    const slash = resource.lastIndexOf("/");
    for (let failures = 1; ; failures++) {
      signal.throwIfAborted();
      try {
        const found = await client.lookup(resource.slice(0, slash), resource.slice(slash + 1));
        if (found) return found;
        log.debug({ resource }, "not served yet");
      } catch (error) {
        log.debug({ err: error, resource }, "discovery failed");
      }
      await wait(backoffMs(failures, random()), signal);
    }
  }

  #upserted(resource: string, object: RawObject, before: Observed | undefined): Observed {
    const name = object.metadata.labels?.[APPLICATION_LABEL] ?? "";
    const application = this.#deps.application(name);
    // The label can be moved by hand: whoever lost the object must look too.
    if (before && before.application !== name) this.#deps.application(before.application)?.changed();
    if (!application) return { application: name, health: "Healthy", fieldSet: undefined, fields: undefined };
    const observed = application.observe(object, resource, before);
    application.changed();
    return observed;
  }
}

async function end(followed: Followed): Promise<void> {
  followed.stop.abort(new Error("the watch was stopped"));
  await followed.done;
  await followed.reflector?.stop();
}
