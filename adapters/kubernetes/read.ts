import type { RawObject } from "../../schemas/artifact.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { failure, parseStatus } from "./errors.ts";
import type { Subject } from "./errors.ts";
import { parseRaw } from "../../schemas/raw-json.ts";
import type { Answer, Send } from "./requester.ts";
import { resourcePath, withQuery } from "./resource.ts";
import type { Resource } from "./resource.ts";

/** The one API server that reads and writes go to. */
export interface Endpoint {
  send: Send;
  server: string;
}

export interface ListOptions {
  namespace?: string;
  labelSelector?: string;
  /** Objects per page, 500 by default. */
  limit?: number;
  /** Only `metadata` of each object is sent. */
  metadataOnly?: boolean;
  signal?: AbortSignal;
}

/** One page of a list. After an expired continue token the list begins again, and what came before is void. */
export interface Page {
  items: RawObject[];
  resourceVersion: string;
  restarted: boolean;
}

/** One live object, or undefined when the server says that there is none of that name. */
export async function getObject(
  { send, server }: Endpoint,
  resource: Resource,
  { namespace, name, signal }: { namespace: string; name: string; signal?: AbortSignal | undefined },
): Promise<RawObject | undefined> {
  const subject: Subject = { verb: "get", resource, namespace, name };
  const answer = await send({ subject, method: "GET", path: resourcePath(resource, namespace, name), signal });
  if (isMissing(answer)) return undefined;
  if (answer.status >= 400) throw failure(server, subject, answer);
  return parseRaw(answer.text) as RawObject;
}

/** Whether a 404 is about the named object; one about the kind's path proves nothing. */
export const isMissing = (answer: Answer): boolean => answer.status === 404 && parseStatus(answer).name !== "";

const PAGE_SIZE = 500;
const PAGE_BYTES = 64 * 1_048_576;
const MAX_RESTARTS = 3;
const METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/** Reads a list in pages of one consistent state; 410 begins it again, a page past the byte limit is asked for smaller. */
export async function* listPages(endpoint: Endpoint, resource: Resource, options: ListOptions): AsyncGenerator<Page> {
  let limit = options.limit ?? PAGE_SIZE;
  let token: string | undefined;
  let restarts = 0;
  let restarted = false;
  do {
    const page = await readPage(endpoint, resource, options, { limit, token });
    if (page === "too large") {
      limit = Math.max(1, Math.floor(limit / 4));
    } else if (page === "expired") {
      // After several expiries the list is asked for whole: slow, but it ends.
      limit = ++restarts >= MAX_RESTARTS ? 0 : limit;
      token = undefined;
      restarted = true;
    } else {
      yield { items: page.items, resourceVersion: page.resourceVersion, restarted };
      token = page.token;
      restarted = false;
      if (!token) return;
    }
  } while (true);
}

interface List {
  metadata?: { resourceVersion?: string; continue?: string };
  items?: RawObject[] | null;
}

async function readPage(
  { send, server }: Endpoint,
  resource: Resource,
  options: ListOptions,
  { limit, token }: { limit: number; token: string | undefined },
): Promise<{ items: RawObject[]; resourceVersion: string; token: string | undefined } | "expired" | "too large"> {
  const subject: Subject = { verb: "list", resource, namespace: options.namespace };
  const path = withQuery(resourcePath(resource, options.namespace ?? ""), {
    labelSelector: options.labelSelector,
    limit: limit || undefined,
    continue: token,
  });
  let answer: Answer;
  try {
    const headers = options.metadataOnly ? { accept: METADATA_ONLY } : {};
    answer = await send({ subject, method: "GET", path, headers, maxBytes: PAGE_BYTES, signal: options.signal });
  } catch (error) {
    if (error instanceof SluiceError && error.code === "PayloadTooLarge" && limit > 1) return "too large";
    throw error;
  }
  if (answer.status === 410 && token) return "expired";
  if (answer.status >= 400) throw failure(server, subject, answer);
  return parsePage(parseRaw(answer.text) as List, resource);
}

function parsePage(list: List, resource: Resource) {
  const items = list.items ?? [];
  for (const item of items) {
    // Items of a list of a built-in kind come without their apiVersion and kind.
    item.apiVersion ??= resource.apiVersion;
    item.kind ??= resource.kind;
    if (item.kind === "PartialObjectMetadata")
      Object.assign(item, { apiVersion: resource.apiVersion, kind: resource.kind });
  }
  return { items, resourceVersion: list.metadata?.resourceVersion ?? "", token: list.metadata?.continue || undefined };
}
