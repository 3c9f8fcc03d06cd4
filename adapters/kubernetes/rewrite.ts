import type { RawObject } from "../../schemas/artifact.ts";
import { FIELD_MANAGER } from "../../schemas/ids.ts";
import { parseRaw, stringifyRaw } from "../../schemas/raw-json.ts";
import { failure } from "./errors.ts";
import type { Subject } from "./errors.ts";
import type { Endpoint } from "./read.ts";
import { resourcePath, withQuery } from "./resource.ts";
import type { Resource } from "./resource.ts";

/** What becomes of fields that the schema doesn't know; `Strict` refuses them. */
export type FieldValidation = "Strict" | "Ignore";

export interface RewriteOptions {
  fieldValidation?: FieldValidation;
  dryRun?: boolean;
  signal?: AbortSignal;
}

/** Ways to patch: a list of operations, a merge of maps, or one that knows the keys of a built-in kind's lists. */
export type PatchType = "json" | "merge" | "strategic";

const CONTENT_TYPES: Record<PatchType, string> = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
};

export interface PatchOptions extends RewriteOptions {
  type: PatchType;
  /** It has to be refused where it no longer fits: with a uid or a resourceVersion in it. */
  patch: unknown;
}

/** PUT of a whole object; its uid and resourceVersion say which one is meant. */
export async function replaceObject(
  { send, server }: Endpoint,
  resource: Resource,
  object: RawObject,
  options: RewriteOptions,
): Promise<RawObject> {
  const { managedFields: _, ...metadata } = object.metadata;
  const namespace = resource.namespaced ? (metadata.namespace ?? "") : "";
  const subject: Subject = { verb: "replace", resource, namespace, name: metadata.name };
  const answer = await send({
    subject,
    method: "PUT",
    path: withQuery(resourcePath(resource, namespace, metadata.name), query(options)),
    headers: { "content-type": "application/json", accept: "application/json" },
    body: stringifyRaw({ ...object, metadata }),
    signal: options.signal,
  });
  if (answer.status >= 400) throw failure(server, subject, answer);
  return parseRaw(answer.text) as RawObject;
}

/** POST of a new object; Conflict when there is one of that name. After an attempt of unknown outcome that may be ours. */
export async function postObject(
  { send, server }: Endpoint,
  resource: Resource,
  object: RawObject,
  options: RewriteOptions,
): Promise<RawObject> {
  const namespace = resource.namespaced ? (object.metadata.namespace ?? "") : "";
  const subject: Subject = { verb: "create", resource, namespace, name: object.metadata.name };
  const answer = await send({
    subject,
    method: "POST",
    path: withQuery(resourcePath(resource, namespace), query(options)),
    headers: { "content-type": "application/json", accept: "application/json" },
    body: stringifyRaw(object),
    signal: options.signal,
  });
  if (answer.status >= 400) throw failure(server, subject, answer);
  return parseRaw(answer.text) as RawObject;
}

/** Patches one object as our field manager. */
export async function patchObject(
  { send, server }: Endpoint,
  resource: Resource,
  { namespace, name }: { namespace: string; name: string },
  options: PatchOptions,
): Promise<RawObject> {
  const subject: Subject = { verb: "patch", resource, namespace, name };
  const answer = await send({
    subject,
    method: "PATCH",
    path: withQuery(resourcePath(resource, namespace, name), query(options)),
    headers: { "content-type": CONTENT_TYPES[options.type], accept: "application/json" },
    body: stringifyRaw(options.patch),
    signal: options.signal,
  });
  if (answer.status >= 400) throw failure(server, subject, answer);
  return parseRaw(answer.text) as RawObject;
}

const query = ({ dryRun, fieldValidation = "Strict" }: RewriteOptions) => ({
  fieldManager: FIELD_MANAGER,
  fieldValidation,
  dryRun: dryRun ? "All" : undefined,
});
