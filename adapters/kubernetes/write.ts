import type { RawObject } from "../../schemas/artifact.ts";
import { FIELD_MANAGER } from "../../schemas/ids.ts";
import { failure, parseConflicts, parseStatus } from "./errors.ts";
import type { Subject } from "./errors.ts";
import { parseRaw } from "../../schemas/raw-json.ts";
import { stringifyForApply } from "./json.ts";
import { getObject, isMissing } from "./read.ts";
import type { Endpoint } from "./read.ts";
import { resourcePath, withQuery } from "./resource.ts";
import type { Resource } from "./resource.ts";
import type { KubeResponse } from "./transport.ts";

export interface ApplyOptions {
  /** Take over fields that other managers own. */
  force: boolean;
  dryRun?: boolean;
  /** Field manager, ours by default. */
  manager?: string;
  signal?: AbortSignal;
}

export interface DeleteOptions {
  uid: string;
  /** `Background` by default. */
  propagation?: "Foreground" | "Background" | "Orphan";
  dryRun?: boolean;
  signal?: AbortSignal;
}

/** `gone`: there was nothing of that name. `replaced`: an object of another uid stands there and was not touched. */
export type DeleteResult = "deleted" | "gone" | "replaced";

/**
 * Server-side apply. It says what the object is to be and not what to change, so that an attempt of unknown outcome is
 * settled by sending it again: the answer is the object as it then stands, whichever attempt wrote it.
 */
export async function applyObject(
  { send, server }: Endpoint,
  resource: Resource,
  object: RawObject,
  options: ApplyOptions,
): Promise<{ object: RawObject; created: boolean }> {
  const { managedFields: _, ...metadata } = object.metadata;
  const namespace = resource.namespaced ? (metadata.namespace ?? "") : "";
  const subject: Subject = { verb: "apply", resource, namespace, name: metadata.name };
  const path = withQuery(resourcePath(resource, namespace, metadata.name), {
    fieldManager: options.manager ?? FIELD_MANAGER,
    force: options.force,
    dryRun: options.dryRun ? "All" : undefined,
  });
  const answer = await send({
    subject,
    method: "PATCH",
    path,
    headers: { "content-type": "application/apply-patch+yaml", accept: "application/json" },
    body: stringifyForApply({ ...object, metadata }),
    signal: options.signal,
    retryOn: (later) => appliesLater(later, metadata.resourceVersion !== undefined),
  });
  if (answer.status >= 400) throw failure(server, subject, answer);
  const applied = parseRaw(answer.text) as RawObject;
  return { object: applied, created: answer.status === 201 || (answer.uncertain && createdByApply(applied)) };
}

/**
 * A kind that is not served yet (its CRD was applied a moment ago), and a lost race without a conflict of fields. Who names a
 * version wants to hear of a lost race.
 */
function appliesLater(answer: KubeResponse, versioned: boolean): boolean {
  if (answer.status !== 404 && answer.status !== 409) return false;
  if (answer.status === 409 && versioned) return false;
  const status = parseStatus(answer);
  if (answer.status === 404) return status.name === "";
  return parseConflicts(status).length === 0 && !/precondition|uid mismatch/i.test(status.message);
}

/** After an attempt of unknown outcome: whether the object's creation was an apply of ours. */
function createdByApply(object: RawObject): boolean {
  const entries = (object.metadata.managedFields ?? []) as { manager?: string; operation?: string; time?: string }[];
  const ours = entries.find((entry) => entry.manager === FIELD_MANAGER && entry.operation === "Apply");
  return ours?.time !== undefined && ours.time === object.metadata["creationTimestamp"];
}

/** Deletes by uid. After an attempt of unknown outcome, and after a conflict, the object is read again. */
export async function deleteObject(
  endpoint: Endpoint,
  resource: Resource,
  { namespace, name }: { namespace: string; name: string },
  options: DeleteOptions,
): Promise<DeleteResult> {
  const { send, server } = endpoint;
  const subject: Subject = { verb: "delete", resource, namespace, name };
  const body = {
    apiVersion: "v1",
    kind: "DeleteOptions",
    preconditions: { uid: options.uid },
    propagationPolicy: options.propagation ?? "Background",
    ...(options.dryRun ? { dryRun: ["All"] } : {}),
  };
  const answer = await send({
    subject,
    method: "DELETE",
    path: resourcePath(resource, namespace, name),
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(body),
    signal: options.signal,
  });
  if (isMissing(answer)) return answer.uncertain ? "deleted" : "gone";
  if (answer.status === 409) {
    const live = await getObject(endpoint, resource, { namespace, name, signal: options.signal });
    if (!live) return answer.uncertain ? "deleted" : "gone";
    if (live.metadata.uid !== options.uid) return answer.uncertain ? "deleted" : "replaced";
  }
  if (answer.status >= 400) throw failure(server, subject, answer);
  return "deleted";
}
