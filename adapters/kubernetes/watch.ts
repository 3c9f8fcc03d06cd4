import type { RawObject } from "../../schemas/artifact.ts";
import { parseStatus } from "./errors.ts";
import type { Status } from "./errors.ts";
import { parseRaw } from "../../schemas/raw-json.ts";
import { header } from "./requester.ts";
import { resourcePath, withQuery } from "./resource.ts";
import type { Resource } from "./resource.ts";
import { retryAfterMs } from "./retry.ts";
import type { Transport } from "./transport.ts";

export interface WatchOptions {
  resourceVersion: string;
  labelSelector?: string;
  /** Only the object of this name; the namespace is empty for one without. */
  only?: { namespace: string; name: string };
  /** After how many seconds the server ends the watch. */
  timeoutSeconds: number;
  /** Milliseconds without a byte, bookmarks included, after which the connection counts as dead. */
  idleMs: number;
  signal: AbortSignal;
}

/** One line of a watch. An `error` is the server's own; `malformed` is a line that could not be read. */
export type WatchLine =
  | { type: "upserted" | "deleted"; object: RawObject }
  | { type: "bookmark"; resourceVersion: string }
  | { type: "error"; code: number; reason: string }
  | { type: "malformed" };

/** Thrown when the server answers the opening of a watch with an HTTP error. */
export class WatchRefused extends Error {
  readonly status: Status;
  readonly retryAfterMs: number | undefined;

  constructor(status: Status, retryAfter: number | undefined) {
    super(`watch refused with ${status.code}${status.reason ? ` ${status.reason}` : ""}`);
    this.name = "WatchRefused";
    this.status = status;
    this.retryAfterMs = retryAfter;
  }
}

/** Objects are at most 1.5 MiB in etcd; in JSON with managedFields a line stays far below this. */
const MAX_LINE_BYTES = 16 * 1_048_576;
const MAX_ERROR_BYTES = 65_536;

/** Opens one watch and yields the lines of each chunk together. Throws WatchRefused or TransportError. */
export async function openWatch(
  transport: Transport,
  resource: Resource,
  options: WatchOptions,
): Promise<AsyncIterable<WatchLine[]>> {
  const path = withQuery(resourcePath(resource, options.only?.namespace ?? ""), {
    fieldSelector: options.only && `metadata.name=${options.only.name}`,
    watch: true,
    allowWatchBookmarks: true,
    resourceVersion: options.resourceVersion,
    labelSelector: options.labelSelector,
    timeoutSeconds: options.timeoutSeconds,
  });
  const { idleMs, signal } = options;
  const request = {
    method: "GET" as const,
    path,
    headers: { accept: "application/json" },
    maxBytes: 0,
    idleMs,
    signal,
  };
  const stream = await transport.stream(request);
  if (stream.status !== 200) {
    const text = await firstBytes(stream.chunks);
    const retryAfter = retryAfterMs(header(stream, "retry-after"), Date.now());
    throw new WatchRefused(parseStatus({ ...stream, text }), retryAfter);
  }
  return readLines(stream.chunks);
}

async function firstBytes(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    size += chunk.byteLength;
    if (size > MAX_ERROR_BYTES) break;
  }
  return Buffer.concat(parts).toString("utf8");
}

/** Cuts chunks into lines; one without an end past the limit is malformed. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<WatchLine[]> {
  let open: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    const lines: WatchLine[] = [];
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const text = Buffer.concat([...open, chunk.subarray(start, end)]).toString("utf8");
      open = [];
      size = 0;
      start = end + 1;
      if (text.trim() !== "") lines.push(parseLine(text));
    }
    if (start < chunk.byteLength) {
      open.push(chunk.subarray(start));
      size += chunk.byteLength - start;
    }
    if (size > MAX_LINE_BYTES) {
      open = [];
      size = 0;
      lines.push({ type: "malformed" });
    }
    if (lines.length > 0) yield lines;
  }
  if (open.length > 0) yield [parseLine(Buffer.concat(open).toString("utf8"))];
}

function parseLine(text: string): WatchLine {
  let event: { type?: unknown; object?: unknown };
  try {
    event = parseRaw(text) as typeof event;
  } catch {
    return { type: "malformed" };
  }
  const object = event?.object as (RawObject & { code?: unknown; reason?: unknown }) | null | undefined;
  if (typeof object !== "object" || object === null) return { type: "malformed" };
  if (event.type === "ERROR")
    return {
      type: "error",
      code: Number(object.code ?? 0),
      reason: typeof object.reason === "string" ? object.reason : "",
    };
  const { name, uid, resourceVersion } = object.metadata ?? {};
  if (typeof resourceVersion !== "string") return { type: "malformed" };
  if (event.type === "BOOKMARK") return { type: "bookmark", resourceVersion };
  if (typeof name !== "string" || typeof uid !== "string") return { type: "malformed" };
  if (event.type === "ADDED" || event.type === "MODIFIED") return { type: "upserted", object };
  return event.type === "DELETED" ? { type: "deleted", object } : { type: "malformed" };
}
