import type { NatsConnection } from "@nats-io/transport-node";
import { SluiceError } from "../../schemas/errors.ts";
import { parseRaw } from "../../schemas/raw-json.ts";
import { ARTIFACT_BUCKET } from "../../schemas/ids.ts";
import { canonicalJson } from "../../domain/sync/canonical.ts";
import { batchOf, lastOn } from "./direct.ts";
import { isWrongSequence, unavailable } from "./failure.ts";
import { publish, publishAll } from "./publish.ts";
import type { Publication } from "./publish.ts";
import { createRecent } from "../cache/recent.ts";
import { sha256 } from "./sha256.ts";
import { ARTIFACT_STREAM } from "./streams.ts";

/** Content-addressed storage: artifacts, plans, inventories and reports under their sha256. */
export interface Blobs {
  /** Stores bytes and returns their digest; storing them again is harmless. */
  put(data: Uint8Array | string): Promise<string>;
  /** The bytes of a digest, digested again on the way. Throws NotFound, or LedgerCorrupt when they are not what was stored. */
  get(digest: string): Promise<Uint8Array>;
  /** Stores a value as canonical JSON (keys sorted), so that equal values have one digest. */
  putJson(value: unknown): Promise<string>;
  getJson<T>(digest: string): Promise<T>;
  has(digest: string): Promise<boolean>;
}

/** Chunk size of the object store's own clients. */
const CHUNK_BYTES = 128 * 1024;
/** Largest blob: 900 chunks and the meta message stay under the limit of an atomic batch. */
const MAX_BYTES = 900 * CHUNK_BYTES;
/** Bytes of recently used blobs kept in memory; a digest never means anything else, so nothing has to be invalidated. */
const CACHE_BYTES = 16 * 1024 * 1024;

/** Blobs in the object store bucket, in the layout of NATS's object store with the digest as name and chunk id. */
export function createBlobs(nc: NatsConnection, options: { cacheBytes?: number } = {}): Blobs {
  const recent = createRecent<Uint8Array>(options.cacheBytes ?? CACHE_BYTES, (bytes) => bytes.byteLength);

  const get = async (digest: string): Promise<Uint8Array> => {
    const known = recent.get(digest);
    if (known !== undefined) return known;
    const bytes = await load(nc, digest);
    recent.set(digest, bytes);
    return bytes;
  };

  const put = async (data: Uint8Array | string): Promise<string> => {
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    const digest = sha256(bytes);
    if (recent.get(digest) !== undefined) return digest;
    await store(nc, digest, bytes);
    recent.set(digest, bytes);
    return digest;
  };

  return {
    put,
    get,
    putJson: (value) => put(canonicalJson(value)),
    getJson: async <T>(digest: string) => parseRaw(Buffer.from(await get(digest)).toString("utf8")) as T,
    has: async (digest) =>
      recent.get(digest) !== undefined || (await lastOn(nc, ARTIFACT_STREAM, chunkSubject(digest))) !== undefined,
  };
}

const chunkSubject = (digest: string): string => `$O.${ARTIFACT_BUCKET}.C.${digest}`;
const metaSubject = (digest: string): string =>
  `$O.${ARTIFACT_BUCKET}.M.${padded(Buffer.from(digest).toString("base64url"))}`;

async function store(nc: NatsConnection, digest: string, bytes: Uint8Array): Promise<void> {
  if (bytes.byteLength > MAX_BYTES) {
    throw new SluiceError("PayloadTooLarge", `A blob of ${bytes.byteLength} bytes is over the limit of ${MAX_BYTES}`);
  }
  const messages = messagesOf(digest, bytes);
  // One chunk is atomic as it is, and two messages on their way together cost a fifth of a batch.
  const outcomes =
    messages.length > 2
      ? [await publishAll(nc, messages)]
      : await Promise.all(messages.map((message) => publish(nc, message)));
  for (const outcome of outcomes) {
    if ("stored" in outcome || isWrongSequence(outcome.refused)) continue;
    throw unavailable(`store blob ${digest.slice(0, 12)}`, outcome.refused);
  }
}

/** Chunks, then the meta message. Each first one expects an empty subject, so a blob is stored once and whole, or was there before. */
function messagesOf(digest: string, bytes: Uint8Array): Publication[] {
  const first = { "Nats-Expected-Last-Subject-Sequence": "0" };
  const chunks: Publication[] = [];
  for (let at = 0; at === 0 || at < bytes.byteLength; at += CHUNK_BYTES) {
    const data = bytes.subarray(at, at + CHUNK_BYTES);
    chunks.push({ subject: chunkSubject(digest), data, headers: at === 0 ? first : {} });
  }
  const meta = {
    name: digest,
    options: { max_chunk_size: CHUNK_BYTES },
    bucket: ARTIFACT_BUCKET,
    nuid: digest,
    size: bytes.byteLength,
    chunks: chunks.length,
    digest: `SHA-256=${padded(Buffer.from(digest, "hex").toString("base64url"))}`,
  };
  return [...chunks, { subject: metaSubject(digest), data: JSON.stringify(meta), headers: first }];
}

const padded = (base64url: string): string => base64url.padEnd(Math.ceil(base64url.length / 4) * 4, "=");

async function load(nc: NatsConnection, digest: string): Promise<Uint8Array> {
  // Most blobs are one chunk, which one request brings; of a longer one it is the last chunk.
  const last = await lastOn(nc, ARTIFACT_STREAM, chunkSubject(digest));
  if (last === undefined) {
    throw new SluiceError("NotFound", `There is no blob ${digest}`, { next: "sync again; it is rendered anew" });
  }
  if (sha256(last.data) === digest) return last.data;
  const bytes = Buffer.concat(await chunks(nc, digest, last.sequence));
  if (sha256(bytes) === digest) return bytes;
  throw new SluiceError("LedgerCorrupt", `Blob ${digest} is not what was stored under its digest`, {
    next: "restore the object store from a backup or a healthy replica",
  });
}

async function chunks(nc: NatsConnection, digest: string, last: number): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  for (let from = 1; from <= last;) {
    const batch = await batchOf(nc, { stream: ARTIFACT_STREAM, subject: chunkSubject(digest), from, limit: 64 });
    for (const { data } of batch) found.push(data);
    from = (batch.at(-1)?.sequence ?? last) + 1;
  }
  return found;
}
