import type { RawObject } from "../../schemas/artifact.ts";
import { SluiceError, type Problem } from "../../schemas/errors.ts";
import { APPLICATION_LABEL } from "../../schemas/ids.ts";
import { groupOf, isCrd, isSecret, keyOf, keyTextOf } from "./identity.ts";
import { optionProblems } from "./option-problems.ts";
import { namedHook } from "./hooks.ts";
import { inApplyOrder } from "./order.ts";
import { placementProblems } from "./phases.ts";
import { trackingAnnotation } from "./tracking.ts";

/** Whether a kind lives in namespaces, as discovery knows it; undefined when the cluster doesn't know the kind (yet). */
export type ScopeOf = (apiVersion: string, kind: string) => "namespaced" | "cluster" | undefined;

export interface DecorateOptions {
  application: string;
  /** Namespace of namespaced objects that name none. */
  namespace: string;
  scopeOf: ScopeOf;
  /** The file and line that an object was rendered from, where that is known. */
  originOf?(object: RawObject): { file: string; line: number } | undefined;
}

/** What the API server owns: never part of a desired object. */
const SERVER_FIELDS = [
  "managedFields",
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "generation",
  "selfLink",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
];
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === "object" && !Array.isArray(value);

const without = (record: Record<string, unknown>, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));

/**
 * Rendered objects as they go into the artifact: in apply order, with our label and tracking annotation, the default
 * namespace where a namespaced object names none, without status and server-owned metadata. Throws `RenderFailed` with
 * one problem per object that has no identity or shares it with another, or whose annotations ask for what nobody knows.
 */
export function decorate(rendered: readonly RawObject[], options: DecorateOptions): RawObject[] {
  const objects = rendered.map(namedHook);
  const nameless = objects.flatMap((object, index) => identityProblem(object, index));
  if (nameless.length > 0) throw renderFailed(nameless);
  const scopes = declaredScopes(objects);
  const scopeOf: ScopeOf = (apiVersion, kind) =>
    scopes.get(`${groupOf(apiVersion)}/${kind}`) ?? options.scopeOf(apiVersion, kind);
  const decorated = objects.map((object) => decorateOne(object, { ...options, scopeOf }));
  const problems = [
    ...duplicateProblems(decorated, (index) => options.originOf?.(rendered[index]!)),
    ...decorated.flatMap(optionProblems),
    ...decorated.flatMap(placementProblems),
  ];
  if (problems.length > 0) throw renderFailed(problems);
  return inApplyOrder(decorated);
}

function decorateOne(object: RawObject, { application, namespace, scopeOf }: DecorateOptions): RawObject {
  const { apiVersion, kind, metadata, ...rest } = object;
  const given = metadata.namespace || undefined;
  const placed = scopeOf(apiVersion, kind) === "cluster" ? undefined : (given ?? namespace);
  const kept = without(metadata, [...SERVER_FIELDS, "namespace", "labels", "annotations"]);
  const named = { ...kept, name: metadata.name, ...(placed === undefined ? {} : { namespace: placed }) };
  const key = keyOf({ apiVersion, kind, metadata: named });
  return {
    apiVersion,
    kind,
    metadata: {
      ...named,
      labels: { ...record(metadata.labels), [APPLICATION_LABEL]: application },
      annotations: {
        ...without(record(metadata.annotations), [LAST_APPLIED]),
        ...trackingAnnotation(application, key),
      } as Record<string, string>,
    },
    ...without(isSecret(object) ? withData(rest) : rest, ["status"]),
  };
}

const record = (value: unknown): Record<string, string> => (isRecord(value) ? (value as Record<string, string>) : {});

/**
 * `stringData` as `data`: the API server stores it there, so that fields owned under `stringData` would never be seen
 * again, neither as drift nor when a key is removed.
 */
function withData(secret: Record<string, unknown>): Record<string, unknown> {
  const { stringData, ...rest } = secret;
  if (!isRecord(stringData)) return rest;
  const data: Record<string, unknown> = { ...(isRecord(rest["data"]) ? rest["data"] : {}) };
  const invalid: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(stringData)) {
    if (typeof value === "string") data[name] = base64(value);
    else invalid[name] = value;
  }
  // What is not text stays, so that the API server says so.
  return { ...rest, data, ...(Object.keys(invalid).length === 0 ? {} : { stringData: invalid }) };
}

function base64(text: string): string {
  let binary = "";
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Scope of the kinds whose CRDs are among the objects themselves, by `group/Kind`. */
export function declaredScopes(objects: readonly RawObject[]): Map<string, "namespaced" | "cluster"> {
  const scopes = new Map<string, "namespaced" | "cluster">();
  for (const object of objects) {
    if (!isCrd({ group: groupOf(object.apiVersion), kind: object.kind })) continue;
    const spec = isRecord(object["spec"]) ? object["spec"] : {};
    const names = isRecord(spec["names"]) ? spec["names"] : {};
    scopes.set(`${spec["group"]}/${names["kind"]}`, spec["scope"] === "Cluster" ? "cluster" : "namespaced");
  }
  return scopes;
}

function identityProblem(object: RawObject, index: number): Problem[] {
  const missing = [
    typeof object.apiVersion === "string" && object.apiVersion !== "" ? undefined : "apiVersion",
    typeof object.kind === "string" && object.kind !== "" ? undefined : "kind",
    typeof object.metadata?.name === "string" && object.metadata.name !== "" ? undefined : "metadata.name",
  ].filter((path) => path !== undefined);
  return missing.map((path) => ({
    path,
    message: `object ${index + 1} of the rendering${object.kind ? ` (${object.kind})` : ""} has no ${path}`,
    next: path === "metadata.name" ? "give it a name; generateName can't be applied again" : `add ${path} to it`,
  }));
}

function duplicateProblems(
  objects: readonly RawObject[],
  originOf: (index: number) => { file: string; line: number } | undefined,
): Problem[] {
  const place = (index: number): string => {
    const origin = originOf(index);
    return origin ? `${origin.file}:${origin.line}` : `object ${index + 1} of the rendering`;
  };
  const seen = new Map<string, number>();
  return objects.flatMap((object, index) => {
    const key = keyTextOf(object);
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, index);
      return [];
    }
    const versions = `${objects[first]?.apiVersion} (${place(first)}) and ${object.apiVersion} (${place(index)})`;
    return [
      {
        ...originOf(index),
        path: key,
        message: `${key} is rendered twice: ${versions}`,
        next: "remove or rename one of the two",
      },
    ];
  });
}

const renderFailed = (problems: readonly Problem[]): SluiceError =>
  new SluiceError("RenderFailed", problems[0]?.message ?? "the rendering can't be applied", {
    problems,
    ...(problems[0]?.next === undefined ? {} : { next: problems[0].next }),
  });
