import type { ServedKind } from "../../activities/live.ts";
import type { RawObject } from "../../schemas/artifact.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { APPLICATION_LABEL, FIELD_MANAGER, objectKey, type ObjectKey } from "../../schemas/ids.ts";
import { groupOf, keyTextOf } from "../../domain/sync/identity.ts";

type Tree = { [name: string]: unknown };
type Fields = { [element: string]: Fields };

const isTree = (value: unknown): value is Tree => value !== null && typeof value === "object" && !Array.isArray(value);

/** What a request to the model may be answered with instead, by a test. */
export type Interfere = (request: { verb: string; key: string; object?: RawObject }) => Promise<void> | void;

/**
 * A cluster in memory that does server-side apply as far as maps of values go: ownership by field, removal of what is no
 * longer applied, conflicts with other managers, uids, finalizers, deletion by uid.
 */
export class ModelCluster {
  readonly objects = new Map<string, RawObject>();
  readonly requests: string[] = [];
  readonly kinds = new Set(["v1/ConfigMap", "v1/Secret", "v1/Namespace", "apps/v1/Deployment", "v1/Service"]);
  readonly crds = "apiextensions.k8s.io/v1/CustomResourceDefinition";
  stale: string[] = [];
  interfere: Interfere = () => undefined;
  inFlight = 0;
  mostInFlight = 0;
  #uids = 0;
  #versions = 0;

  constructor() {
    this.kinds.add(this.crds);
  }

  async resolve(apiVersion: string, kind: string): Promise<ServedKind | undefined> {
    if (!this.kinds.has(`${apiVersion}/${kind}`)) return undefined;
    const group = groupOf(apiVersion);
    const version = apiVersion.slice(apiVersion.indexOf("/") + 1);
    const namespaced = kind !== "Namespace" && kind !== "CustomResourceDefinition";
    return { group, version, apiVersion, kind, resource: `${kind.toLowerCase()}s`, namespaced, verbs: [] };
  }

  async refreshDiscovery(): Promise<void> {
    await this.#request("discover", "");
  }

  async staleGroups(): Promise<string[]> {
    return this.stale;
  }

  async get(kind: ServedKind, namespace: string, name: string): Promise<RawObject | undefined> {
    const key = keyText(kind, namespace, name);
    await this.#request("get", key);
    return structuredClone(this.objects.get(key));
  }

  async list(
    kind: ServedKind,
    options: { namespace?: string; labelSelector?: string },
  ): Promise<{ items: RawObject[] }> {
    await this.#request("list", `${kind.group}/${kind.kind}/${options.namespace ?? ""}`);
    const wanted = options.labelSelector?.split("=")[1];
    const items = [...this.objects.values()].filter(
      (object) =>
        object.kind === kind.kind &&
        (options.namespace === undefined || object.metadata.namespace === options.namespace) &&
        (wanted === undefined || object.metadata.labels?.[APPLICATION_LABEL] === wanted),
    );
    return { items: structuredClone(items) };
  }

  async apply(
    kind: ServedKind,
    object: RawObject,
    options: { force: boolean; dryRun?: boolean },
  ): Promise<{ object: RawObject; created: boolean }> {
    const key = keyText(kind, object.metadata.namespace ?? "", object.metadata.name);
    await this.#request(options.dryRun ? "dry-run" : "apply", key, object);
    const live = this.objects.get(key);
    const { uid, ...metadata } = object.metadata;
    if (uid !== undefined && live?.metadata.uid !== uid) throw new SluiceError("Conflict", "precondition failed: uid");
    checkVersion(live, metadata.resourceVersion);
    const applied = merge(live, { ...object, metadata }, options.force);
    applied.metadata.uid = live?.metadata.uid ?? `uid-${++this.#uids}`;
    applied.metadata.resourceVersion = `${2 + ++this.#versions}`;
    if (!options.dryRun) this.objects.set(key, applied);
    this.#learn(object);
    return { object: structuredClone(applied), created: live === undefined };
  }

  /** Only what is written is kept: all of it is an update of ours. */
  async replace(kind: ServedKind, object: RawObject): Promise<RawObject> {
    const { managedFields: _, ...metadata } = object.metadata;
    const key = keyText(kind, metadata.namespace ?? "", metadata.name);
    await this.#request("replace", key, object);
    const live = this.objects.get(key);
    if (!live) throw new SluiceError("NotFound", `${key} is not there`);
    checkVersion(live, metadata.resourceVersion);
    const entry = { manager: FIELD_MANAGER, operation: "Update", fieldsV1: fieldsOf(leaves(object).keys()) };
    const put = {
      ...object,
      metadata: { ...metadata, resourceVersion: `${2 + ++this.#versions}`, managedFields: [entry] },
    };
    this.objects.set(key, put);
    return structuredClone(put);
  }

  async post(kind: ServedKind, object: RawObject): Promise<RawObject> {
    const key = keyText(kind, object.metadata.namespace ?? "", object.metadata.name);
    if (this.objects.has(key)) throw new SluiceError("Conflict", "already exists");
    return (await this.apply(kind, object, { force: false })).object;
  }

  /** A JSON patch that replaces fields of the metadata. */
  async patch(kind: ServedKind, namespace: string, name: string, { patch }: { patch: unknown }): Promise<RawObject> {
    const key = keyText(kind, namespace, name);
    await this.#request("patch", key);
    const live = this.objects.get(key);
    if (!live) throw new SluiceError("NotFound", `${key} is not there`);
    for (const { path, value } of patch as { path: string; value: unknown }[]) {
      if (path === "/metadata/resourceVersion") checkVersion(live, value);
      else live.metadata[path.slice("/metadata/".length)] = structuredClone(value);
    }
    live.metadata.resourceVersion = `${2 + ++this.#versions}`;
    return structuredClone(live);
  }

  async delete(
    kind: ServedKind,
    namespace: string,
    name: string,
    { uid }: { uid: string },
  ): Promise<"deleted" | "gone" | "replaced"> {
    const key = keyText(kind, namespace, name);
    await this.#request("delete", key);
    const live = this.objects.get(key);
    if (!live) return "gone";
    if (live.metadata.uid !== uid) return "replaced";
    if (live.metadata["finalizers"]) live.metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z";
    else this.objects.delete(key);
    return "deleted";
  }

  /** Writes as another manager does: it owns what it writes, and nobody else does any more. */
  edit(key: string, change: (object: RawObject) => void): void {
    const live = this.objects.get(key);
    if (!live) return;
    const before = structuredClone(live);
    change(live);
    const written = difference(leaves(before), leaves(live));
    for (const entry of entriesOf(live)) {
      if (entry.manager === FIELD_MANAGER) for (const path of written) remove(entry.fieldsV1, path);
    }
    const others = entriesOf(live).filter(({ manager }) => manager !== "editor");
    const mine = entriesOf(live).find(({ manager }) => manager === "editor")?.fieldsV1 ?? {};
    const present = leaves(live);
    for (const path of written) if (present.has(path)) add(mine, path);
    live.metadata.managedFields = [...others, { manager: "editor", operation: "Update", fieldsV1: mine }];
  }

  /** Deletes and creates anew as somebody else, with or without the marks of the old one. */
  supplant(key: string, keepMarks: boolean): void {
    const live = this.objects.get(key);
    if (!live) return;
    const { name, namespace, labels = {}, annotations = {} } = live.metadata;
    const place = namespace === undefined ? { name } : { name, namespace };
    const marks = keepMarks ? { labels, annotations } : {};
    const metadata = { ...place, ...marks, uid: `uid-${++this.#uids}` };
    this.objects.set(key, { apiVersion: live.apiVersion, kind: live.kind, metadata });
  }

  /** A CRD makes its kind known. */
  #learn(object: RawObject): void {
    if (object.kind !== "CustomResourceDefinition") return;
    const live = this.objects.get(keyTextOf(object));
    if (live) live["status"] = { conditions: [{ type: "Established", status: "True" }] };
    const spec = object["spec"] as { group: string; names: { kind: string }; versions: { name: string }[] };
    for (const { name } of spec.versions) this.kinds.add(`${spec.group}/${name}/${spec.names.kind}`);
  }

  async #request(verb: string, key: string, object?: RawObject): Promise<void> {
    this.requests.push(`${verb} ${key}`);
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    try {
      await this.interfere({ verb, key, ...(object ? { object } : {}) });
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      this.inFlight -= 1;
    }
  }
}

const keyText = ({ group, kind, namespaced }: ServedKind, namespace: string, name: string): string =>
  objectKey({ group, kind, namespace: namespaced ? namespace : "", name } satisfies ObjectKey);

interface Entry {
  manager: string;
  operation: string;
  fieldsV1: Fields;
}

const entriesOf = (object: RawObject | undefined): Entry[] => (object?.metadata.managedFields ?? []) as Entry[];

function checkVersion(live: RawObject | undefined, version: unknown): void {
  if (version === undefined || !live || live.metadata.resourceVersion === version) return;
  throw new SluiceError("Conflict", "the object has been modified");
}

function fieldsOf(paths: Iterable<string>): Fields {
  const set: Fields = {};
  for (const path of paths) add(set, path);
  return set;
}

const SERVER = new Set([
  "managedFields",
  "resourceVersion",
  "uid",
  "name",
  "namespace",
  "finalizers",
  "deletionTimestamp",
]);

/** Paths of all values, as JSON lists of names; what only the server writes is left out. */
function leaves(object: RawObject): Map<string, unknown> {
  const found = new Map<string, unknown>();
  const walk = (value: unknown, path: string[]): void => {
    if (path.length === 1 && ["apiVersion", "kind", "status"].includes(path[0] ?? "")) return;
    if (path.length === 2 && path[0] === "metadata" && SERVER.has(path[1] ?? "")) return;
    if (isTree(value) && Object.keys(value).length > 0) {
      for (const [name, member] of Object.entries(value)) walk(member, [...path, name]);
    } else if (path.length > 0) found.set(JSON.stringify(path), value);
  };
  walk(object, []);
  return found;
}

function difference(before: Map<string, unknown>, after: Map<string, unknown>): Set<string> {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return new Set([...paths].filter((path) => JSON.stringify(before.get(path)) !== JSON.stringify(after.get(path))));
}

function merge(live: RawObject | undefined, desired: RawObject, force: boolean): RawObject {
  const { apiVersion, kind, metadata } = desired;
  const result: RawObject = live
    ? structuredClone(live)
    : {
        apiVersion,
        kind,
        metadata: { name: metadata.name, ...(metadata.namespace ? { namespace: metadata.namespace } : {}) },
      };
  const wanted = leaves(desired);
  const now = leaves(result);
  const entries = entriesOf(result);
  const owners = (path: string) =>
    entries.filter(({ manager, fieldsV1 }) => manager !== FIELD_MANAGER && has(fieldsV1, path));
  const clashes = [...wanted].filter(([path, value]) => JSON.stringify(now.get(path)) !== JSON.stringify(value));
  const conflicts = clashes.flatMap(([path]) =>
    owners(path).map(({ manager }) => ({ manager, field: `.${(JSON.parse(path) as string[]).join(".")}` })),
  );
  if (conflicts.length > 0 && !force)
    throw Object.assign(new SluiceError("Conflict", "fields are owned"), { conflicts });
  for (const [path] of clashes) for (const { fieldsV1 } of owners(path)) remove(fieldsV1, path);

  const ours = entries.find(({ manager }) => manager === FIELD_MANAGER)?.fieldsV1 ?? {};
  for (const path of now.keys()) {
    if (has(ours, path) && !wanted.has(path) && owners(path).length === 0) unset(result, JSON.parse(path) as string[]);
  }
  const set: Fields = {};
  for (const [path, value] of wanted) {
    assign(result, JSON.parse(path) as string[], value);
    add(set, path);
  }
  const others = entries.filter(({ manager }) => manager !== FIELD_MANAGER);
  result.metadata.managedFields = [...others, { manager: FIELD_MANAGER, operation: "Apply", fieldsV1: set }];
  return result;
}

const elements = (path: string): string[] => (JSON.parse(path) as string[]).map((name) => `f:${name}`);

function has(fields: Fields, path: string): boolean {
  let node: Fields | undefined = fields;
  for (const element of elements(path)) node = node?.[element];
  return node !== undefined && Object.keys(node).length === 0;
}

function add(fields: Fields, path: string): void {
  let node = fields;
  for (const element of elements(path)) node = node[element] ??= {};
}

function remove(fields: Fields, path: string): void {
  const names = elements(path);
  const last = names.pop() ?? "";
  let node: Fields | undefined = fields;
  for (const element of names) node = node?.[element];
  if (node) delete node[last];
}

function assign(object: Tree, path: string[], value: unknown): void {
  const names = [...path];
  const last = names.pop() ?? "";
  let node = object;
  for (const name of names) {
    if (!isTree(node[name])) node[name] = {};
    node = node[name] as Tree;
  }
  // An applied empty map leaves what others have in it.
  if (!(isTree(value) && isTree(node[last]))) node[last] = structuredClone(value);
}

function unset(object: Tree, path: string[]): void {
  const names = [...path];
  const last = names.pop() ?? "";
  let node: unknown = object;
  for (const name of names) node = isTree(node) ? node[name] : undefined;
  if (isTree(node)) delete node[last];
}
