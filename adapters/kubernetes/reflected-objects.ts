import type { RawObject } from "../../schemas/artifact.ts";
import type { WatchLine } from "./watch.ts";

/** What is kept of one object: its identity, its version, and what the handler made of it. Never the object. */
export interface Kept<T> {
  uid: string;
  resourceVersion: string;
  value: T;
}

/** Told of every change. What it throws is reported and contained. */
export interface ReflectorHandler<T> {
  /** An object is new or changed; what it returns is kept in the place of `before`. */
  upserted(object: RawObject, before: Kept<T> | undefined): T;
  /** An object is gone: seen by the watch, or missing in a complete list, or replaced by one of another uid. */
  deleted(place: { namespace: string; name: string }, kept: Kept<T>): void;
  /** A complete list was read: what `get` does not know does not exist. */
  listed(): void;
}

/** Why a watch was begun again. `ended` is the server's own time limit and no fault. */
export type RestartReason =
  | "ended"
  | "expired"
  | "refused"
  | "server-error"
  | "malformed"
  | "dead-connection"
  | "connection"
  | "list-failed";

/** How one watch ended. `relist`: its resource version is of no more use. */
export interface Ending {
  reason: RestartReason;
  relist: boolean;
  detail: string;
  retryAfterMs?: number | undefined;
}

const place = (namespace: string, name: string): string => `${namespace}/${name}`;

/** What is known of a resource's objects by place, each held against its uid. */
export class ReflectedObjects<T> {
  readonly #objects = new Map<string, Kept<T>>();
  readonly #handler: ReflectorHandler<T>;
  readonly #onHandlerError: (error: unknown) => void;
  #unseen = new Set<string>();

  constructor(deps: { handler: ReflectorHandler<T>; onHandlerError?: (error: unknown) => void }) {
    this.#handler = deps.handler;
    this.#onHandlerError = deps.onHandlerError ?? (() => undefined);
  }

  get size(): number {
    return this.#objects.size;
  }

  get(namespace: string, name: string): Kept<T> | undefined {
    return this.#objects.get(place(namespace, name));
  }

  beginList(): void {
    this.#unseen = new Set(this.#objects.keys());
  }

  seen(object: RawObject): void {
    this.#unseen.delete(place(object.metadata.namespace ?? "", object.metadata.name));
    this.#upsert(object);
  }

  /** What a complete list did not hold is gone. */
  endList(): void {
    for (const key of this.#unseen) this.#remove(key);
    this.#unseen.clear();
  }

  /** Takes one line of a watch; an ending when the watch is not to be read further. */
  apply(line: WatchLine, version: { resourceVersion: string }): Ending | undefined {
    switch (line.type) {
      case "malformed":
        return { reason: "malformed", relist: true, detail: "a line could not be read" };
      case "error": {
        const expired = line.code === 410;
        const detail = `${line.code} ${line.reason}`;
        return { reason: expired ? "expired" : "server-error", relist: true, detail };
      }
      case "bookmark":
        version.resourceVersion = line.resourceVersion;
        return undefined;
      case "upserted":
        this.#upsert(line.object);
        break;
      case "deleted":
        this.#removeUid(line.object);
        break;
    }
    version.resourceVersion = line.object.metadata.resourceVersion ?? version.resourceVersion;
    return undefined;
  }

  tell(what: () => void): void {
    try {
      what();
    } catch (error) {
      this.#onHandlerError(error);
    }
  }

  #upsert(object: RawObject): void {
    const { namespace = "", name, uid = "", resourceVersion = "" } = object.metadata;
    const key = place(namespace, name);
    let before = this.#objects.get(key);
    if (before && before.uid !== uid) {
      this.#remove(key);
      before = undefined;
    }
    if (before?.resourceVersion === resourceVersion) return;
    this.tell(() => {
      this.#objects.set(key, { uid, resourceVersion, value: this.#handler.upserted(object, before) });
    });
  }

  #removeUid(object: RawObject): void {
    const key = place(object.metadata.namespace ?? "", object.metadata.name);
    // A deletion of a predecessor that a list has already replaced says nothing of its successor.
    if (this.#objects.get(key)?.uid === object.metadata.uid) this.#remove(key);
  }

  #remove(key: string): void {
    const kept = this.#objects.get(key);
    if (!kept) return;
    this.#objects.delete(key);
    const slash = key.indexOf("/");
    this.tell(() => this.#handler.deleted({ namespace: key.slice(0, slash), name: key.slice(slash + 1) }, kept));
  }
}
