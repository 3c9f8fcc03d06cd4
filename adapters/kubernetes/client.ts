import type { Logger } from "pino";
import type { RawObject } from "../../schemas/artifact.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { applyObject, deleteObject } from "./write.ts";
import type { ApplyOptions, DeleteOptions, DeleteResult } from "./write.ts";
import { createObject, patchAs, type PatchAsOptions } from "./action.ts";
import { createDiscovery } from "./discovery.ts";
import { failure } from "./errors.ts";
import { type LoggedContainer, readLog } from "./log.ts";
import { getObject, listPages } from "./read.ts";
import type { ListOptions, Page } from "./read.ts";
import { createRequester } from "./requester.ts";
import { patchObject, postObject, replaceObject } from "./rewrite.ts";
import type { PatchOptions, RewriteOptions } from "./rewrite.ts";
import type { Resource } from "./resource.ts";
import type { RetryLimits } from "./retry.ts";
import type { Transport } from "./transport.ts";
import { openWatch } from "./watch.ts";
import type { WatchLine, WatchOptions } from "./watch.ts";

/** One cluster's API server: raw JSON in and out, retried where that is safe. Errors are SluiceErrors. */
export interface KubeClient {
  readonly server: string;
  /** The resource of a kind; asks the server again when it is not known. Undefined never proves that objects are gone. */
  resolve(apiVersion: string, kind: string): Promise<Resource | undefined>;
  /** The resource by its plural name, as in `apps/v1` and `deployments`. */
  lookup(apiVersion: string, resource: string): Promise<Resource | undefined>;
  /** Everything that is served, each kind once, asked afresh. */
  kinds(): Promise<Resource[]>;
  /** Groups that discovery could not vouch for, asked afresh, sorted. */
  staleGroups(): Promise<string[]>;
  refreshDiscovery(): Promise<void>;
  /** The live object; undefined when the server says that it does not exist. NotFound when the kind is not served. */
  get(r: Resource, namespace: string, name: string, signal?: AbortSignal): Promise<RawObject | undefined>;
  /** All objects, read page by page in one consistent state. */
  list(r: Resource, o: ListOptions): Promise<{ items: RawObject[]; resourceVersion: string }>;
  /** The same page by page; a page with `restarted` voids those before it. */
  pages(r: Resource, o: ListOptions): AsyncIterable<Page>;
  /** Server-side apply as our field manager. ApplyConflict, ApplyFailed, ClusterForbidden, ClusterUnavailable. */
  apply(r: Resource, object: RawObject, o: ApplyOptions): Promise<{ object: RawObject; created: boolean }>;
  /** PUT of the whole object, which names its uid and resourceVersion. Conflict when it changed meanwhile. */
  replace(r: Resource, object: RawObject, o: RewriteOptions): Promise<RawObject>;
  /** POST of a new object, as it then stands; Conflict when there is one of that name. */
  post(r: Resource, object: RawObject, o: RewriteOptions): Promise<RawObject>;
  patch(r: Resource, namespace: string, name: string, o: PatchOptions): Promise<RawObject>;
  /** Deletes the object of this uid only. `deleted`: accepted, perhaps waiting for finalizers. */
  delete(r: Resource, namespace: string, name: string, o: DeleteOptions): Promise<DeleteResult>;
  /** Merge patch under another field manager than ours; of the status where that is apart. */
  patchAs(r: Resource, at: { namespace: string; name: string }, o: PatchAsOptions): Promise<"patched" | "missing">;
  /** Creates an object under another field manager than ours. */
  create(r: Resource, object: RawObject, o: { manager: string; signal?: AbortSignal }): Promise<"created" | "exists">;
  /** The end of a container's log, at most so many bytes of it. */
  log(pod: LoggedContainer, o: { limitBytes: number; signal?: AbortSignal }): Promise<string>;
  version(): Promise<{ gitVersion: string }>;
  /** Opens one watch; its lines arrive as they come. HTTP failures are thrown as WatchRefused. */
  watch(r: Resource, o: WatchOptions): Promise<AsyncIterable<WatchLine[]>>;
  /** Breaks all connections, running requests included. */
  close(): void;
}

/** A client over a transport; `connectCluster` makes one from credentials. */
export function createClient(deps: {
  transport: Transport;
  server: string;
  log: Logger;
  limits?: Partial<RetryLimits>;
}): KubeClient {
  const { transport, server } = deps;
  const send = createRequester(deps);
  const discovery = createDiscovery(send, server);
  return {
    server,
    resolve: discovery.resolve,
    lookup: discovery.lookup,
    kinds: discovery.kinds,
    staleGroups: discovery.staleGroups,
    refreshDiscovery: discovery.refresh,
    get: (resource, namespace, name, signal) => getObject({ send, server }, resource, { namespace, name, signal }),
    pages: (resource, options) => listPages({ send, server }, resource, options),
    async list(resource, options) {
      let items: RawObject[] = [];
      let resourceVersion = "";
      for await (const page of listPages({ send, server }, resource, options)) {
        items = page.restarted ? page.items : items.concat(page.items);
        resourceVersion = page.resourceVersion;
      }
      return { items, resourceVersion };
    },
    apply: (resource, object, options) => applyObject({ send, server }, resource, object, options),
    replace: (resource, object, options) => replaceObject({ send, server }, resource, object, options),
    post: (resource, object, options) => postObject({ send, server }, resource, object, options),
    patch: (resource, namespace, name, options) =>
      patchObject({ send, server }, resource, { namespace, name }, options),
    delete: (resource, namespace, name, options) =>
      deleteObject({ send, server }, resource, { namespace, name }, options),
    patchAs: (resource, at, options) => patchAs({ send, server }, resource, at, options),
    create: (resource, object, options) => createObject({ send, server }, resource, object, options),
    async log(pod, options) {
      const pods = await discovery.resolve("v1", "Pod");
      if (!pods) throw new SluiceError("ClusterUnavailable", `${server} serves no pods`);
      return await readLog({ send, server }, pods, pod, options);
    },
    async version() {
      const answer = await send({ subject: { verb: "discover" }, method: "GET", path: "/version" });
      if (answer.status >= 400) throw failure(server, { verb: "discover" }, answer);
      return { gitVersion: (JSON.parse(answer.text) as { gitVersion?: string }).gitVersion ?? "" };
    },
    watch: (resource, options) => openWatch(transport, resource, options),
    close: () => transport.close(),
  };
}
