import type { ListOptions, Page } from "./read.ts";
import { ReflectedObjects } from "./reflected-objects.ts";
import type { Ending, Kept, ReflectorHandler, RestartReason } from "./reflected-objects.ts";
import type { Resource } from "./resource.ts";
import { backoffMs, wait } from "./retry.ts";
import { TransportError } from "./transport.ts";
import { WatchRefused } from "./watch.ts";
import type { WatchLine, WatchOptions } from "./watch.ts";

/** What the reflector needs of a client. */
export interface WatchClient {
  pages(r: Resource, o: ListOptions): AsyncIterable<Page>;
  watch(r: Resource, o: WatchOptions): Promise<AsyncIterable<WatchLine[]>>;
}

export interface ReflectorDeps<T> {
  client: WatchClient;
  resource: Resource;
  labelSelector: string;
  handler: ReflectorHandler<T>;
  onRestart?: (reason: RestartReason, detail: string) => void;
  onEvent?: (type: WatchLine["type"]) => void;
  /** What a handler threw. */
  onHandlerError?: (error: unknown) => void;
  random?: () => number;
  /** Milliseconds without a byte after which a watch is dead; more than twice the API server's bookmark period (60 s). */
  idleMs?: number;
  /** Milliseconds to wait after so many failures in a row. */
  backoff?: (failures: number, random: number) => number;
}

/** A running list and watch of one resource. */
export interface Reflector<T> {
  readonly resource: Resource;
  /** Whether a complete list was read since the start. */
  readonly listed: boolean;
  /** Clock of `performance.now()` since when the server could not be followed; undefined while it is. */
  readonly lostSince: number | undefined;
  readonly size: number;
  get(namespace: string, name: string): Kept<T> | undefined;
  /** Ends the watch and resolves when nothing of it is left. Safe to call twice. */
  stop(): Promise<void>;
}

const IDLE_MS = 125_000;
/** After so many watches that could not be opened the resource version itself is doubted, as after a restored etcd. */
const DOUBTFUL_FAILURES = 3;
/** A watch that lasted this long counts as a success. */
const HEALTHY_MS = 5_000;

/** Follows a resource until stopped: list, then watch from it, and again on every fault, with back-off. */
export function startReflector<T>(deps: ReflectorDeps<T>): Reflector<T> {
  const stopping = new AbortController();
  const store = new ReflectedObjects(deps);
  const state = { listed: false, lostSince: performance.now() as number | undefined };
  const loop = run(deps, store, state, stopping.signal).catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
  return {
    resource: deps.resource,
    get listed() {
      return state.listed;
    },
    get lostSince() {
      return state.lostSince;
    },
    get size() {
      return store.size;
    },
    get: (namespace, name) => store.get(namespace, name),
    async stop() {
      stopping.abort(new Error("the reflector was stopped"));
      await loop;
    },
  };
}

interface State {
  listed: boolean;
  lostSince: number | undefined;
}

async function run<T>(
  deps: ReflectorDeps<T>,
  store: ReflectedObjects<T>,
  state: State,
  signal: AbortSignal,
): Promise<void> {
  const { random = Math.random, backoff = backoffMs } = deps;
  let failures = 0;
  let resourceVersion: string | undefined;
  while (!signal.aborted) {
    const began = performance.now();
    let ending: Ending;
    if (resourceVersion === undefined) {
      const listing = await relist(deps, store, signal);
      if (typeof listing === "string") {
        resourceVersion = listing;
        state.listed = true;
        state.lostSince = undefined;
        store.tell(() => deps.handler.listed());
        continue;
      }
      ending = listing;
    } else {
      const version = { resourceVersion };
      const opened = (): void => void (state.lostSince = undefined);
      ending = await watchOnce(deps, store, version, opened, signal);
      resourceVersion = version.resourceVersion;
    }
    if (signal.aborted) return;
    deps.onRestart?.(ending.reason, ending.detail);
    const healthy = performance.now() - began > HEALTHY_MS;
    if (ending.reason === "ended" && healthy) {
      failures = 0;
      continue;
    }
    failures = healthy ? 1 : failures + 1;
    if (ending.relist || failures % DOUBTFUL_FAILURES === 0) resourceVersion = undefined;
    if (ending.reason !== "ended" && ending.reason !== "expired") state.lostSince ??= performance.now();
    // An expired version is the ordinary fate of a quiet watch: the first relist is at once.
    if (ending.reason === "expired" && failures === 1) continue;
    await wait(Math.max(backoff(failures, random()), ending.retryAfterMs ?? 0), signal);
  }
}

async function relist<T>(
  deps: ReflectorDeps<T>,
  store: ReflectedObjects<T>,
  signal: AbortSignal,
): Promise<string | Ending> {
  const { client, resource, labelSelector } = deps;
  let resourceVersion = "";
  try {
    store.beginList();
    for await (const page of client.pages(resource, { labelSelector, signal })) {
      if (page.restarted) store.beginList();
      for (const item of page.items) store.seen(item);
      resourceVersion = page.resourceVersion;
    }
  } catch (error) {
    return { reason: "list-failed", relist: true, detail: messageOf(error) };
  }
  if (signal.aborted) return { reason: "list-failed", relist: true, detail: "stopped" };
  store.endList();
  return resourceVersion;
}

async function watchOnce<T>(
  deps: ReflectorDeps<T>,
  store: ReflectedObjects<T>,
  version: { resourceVersion: string },
  opened: () => void,
  signal: AbortSignal,
): Promise<Ending> {
  const { client, resource, labelSelector, random = Math.random, idleMs = IDLE_MS } = deps;
  // As client-go: spread, so that many watches don't end together.
  const timeoutSeconds = 300 + Math.floor(random() * 300);
  const { resourceVersion } = version;
  try {
    const lines = await client.watch(resource, {
      resourceVersion,
      labelSelector,
      timeoutSeconds,
      idleMs,
      signal,
    });
    opened();
    for await (const batch of lines) {
      for (const line of batch) {
        deps.onEvent?.(line.type);
        const ending = store.apply(line, version);
        if (ending) return ending;
      }
    }
    return { reason: "ended", relist: false, detail: "" };
  } catch (error) {
    return failed(error);
  }
}

function failed(error: unknown): Ending {
  if (error instanceof WatchRefused) {
    const expired = error.status.code === 410;
    const gone = expired || error.status.code === 404;
    return {
      reason: expired ? "expired" : "refused",
      relist: gone,
      detail: error.message,
      retryAfterMs: error.retryAfterMs,
    };
  }
  const dead = error instanceof TransportError && /TIMEOUT|ETIMEDOUT/.test(error.code);
  return { reason: dead ? "dead-connection" : "connection", relist: false, detail: messageOf(error) };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
