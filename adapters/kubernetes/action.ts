import type { RawObject } from "../../schemas/artifact.ts";
import { stringifyRaw } from "../../schemas/raw-json.ts";
import { failure, parseStatus } from "./errors.ts";
import type { Subject } from "./errors.ts";
import type { Endpoint } from "./read.ts";
import { resourcePath, withQuery } from "./resource.ts";
import type { Resource } from "./resource.ts";

export interface PatchAsOptions {
  /** Field manager. */
  manager: string;
  patch: unknown;
  subresource?: "status";
  signal?: AbortSignal;
}

/** Merge patch of an object under a field manager of its own; `missing` when it has no such subresource. */
export async function patchAs(
  { send, server }: Endpoint,
  resource: Resource,
  { namespace, name }: { namespace: string; name: string },
  { manager, patch, subresource, signal }: PatchAsOptions,
): Promise<"patched" | "missing"> {
  const subject: Subject = { verb: "patch", resource, namespace, name };
  const path = resourcePath(resource, namespace, name) + (subresource === undefined ? "" : `/${subresource}`);
  const answer = await send({
    subject,
    method: "PATCH",
    path: withQuery(path, { fieldManager: manager }),
    headers: { "content-type": "application/merge-patch+json", accept: "application/json" },
    body: stringifyRaw(patch),
    signal,
  });
  if (answer.status === 404 && subresource !== undefined) return "missing";
  if (answer.status >= 400) throw failure(server, subject, answer);
  return "patched";
}

/** Creates an object under a field manager; `exists` when there is one of its name, perhaps from an attempt before. */
export async function createObject(
  { send, server }: Endpoint,
  resource: Resource,
  object: RawObject,
  { manager, signal }: { manager: string; signal?: AbortSignal },
): Promise<"created" | "exists"> {
  const { name, namespace = "" } = object.metadata;
  const subject: Subject = { verb: "apply", resource, namespace, name };
  const answer = await send({
    subject,
    method: "POST",
    path: withQuery(resourcePath(resource, namespace), { fieldManager: manager }),
    headers: { "content-type": "application/json", accept: "application/json" },
    body: stringifyRaw(object),
    signal,
  });
  if (answer.status === 409 && parseStatus(answer).reason === "AlreadyExists") return "exists";
  if (answer.status >= 400) throw failure(server, subject, answer);
  return "created";
}
