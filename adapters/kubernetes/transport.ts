import { Pool } from "undici";
import { SluiceError } from "../../schemas/errors.ts";
import type { ConnectionSettings } from "./credentials.ts";

/** One HTTP request to an API server; `path` begins with a slash and holds the query. */
export interface KubeRequest {
  method: "GET" | "PATCH" | "DELETE" | "POST" | "PUT";
  path: string;
  headers?: Record<string, string>;
  body?: string;
  /** Largest accepted body in bytes. */
  maxBytes: number;
  /** Milliseconds without a byte after which it is given up. */
  idleMs: number;
  signal?: AbortSignal | undefined;
}

/** An HTTP answer with its body read as text. */
export interface KubeResponse {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

/** An HTTP answer whose body is still arriving, cut into chunks. */
export interface KubeStream {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  chunks: AsyncIterable<Uint8Array>;
}

/** What went wrong below HTTP. `sent` is false only when the request certainly never reached the server. */
export class TransportError extends Error {
  readonly code: string;
  readonly sent: boolean;
  /** False when trying again cannot help, as with an untrusted certificate. */
  readonly passing: boolean;

  constructor(code: string, cause: unknown) {
    super(code, { cause });
    this.name = "TransportError";
    this.code = code;
    this.sent = !NEVER_SENT.has(code) && !TLS.test(code);
    this.passing = !TLS.test(code);
  }
}

/** Keep-alive connections to one API server: a bounded pool for requests and unbounded ones for watches. */
export interface Transport {
  request(request: KubeRequest): Promise<KubeResponse>;
  stream(request: KubeRequest): Promise<KubeStream>;
  close(): void;
}

const NEVER_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "UND_ERR_CONNECT_TIMEOUT"]);
const TLS = /^(?:CERT_|ERR_TLS|ERR_SSL|ERR_OSSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER))/;
/** An API server drops idle connections after 90 s; ours are dropped before. */
const KEEP_ALIVE_MS = 60_000;
/** First TCP probe after this silence, then one a second, ten times (libuv): a black hole is noticed in 40 s. */
const TCP_PROBE_MS = 30_000;

/** Opens no connection before the first request. `connections` bounds the requests in flight, watches aside. */
export function createTransport(settings: ConnectionSettings, options: { connections: number }): Transport {
  const connect = { ...settings.tls, timeout: 10_000, keepAlive: true, keepAliveInitialDelay: TCP_PROBE_MS };
  const shared = { allowH2: false, pipelining: 1, keepAliveTimeout: KEEP_ALIVE_MS, connect };
  const requests = new Pool(settings.origin, { ...shared, connections: options.connections });
  const watches = new Pool(settings.origin, { ...shared, connections: null });
  const send = (pool: Pool, request: KubeRequest) =>
    guarded(request, () =>
      pool.request({
        method: request.method,
        path: settings.basePath + request.path,
        headers: { "user-agent": "sluice", ...settings.headers, ...request.headers },
        body: request.body ?? null,
        headersTimeout: request.idleMs,
        bodyTimeout: request.idleMs,
        signal: request.signal ?? null,
      }),
    );
  return {
    async request(request) {
      const { statusCode, headers, body } = await send(requests, request);
      const text = await guarded(request, () => readBody(body, request.maxBytes));
      return { status: statusCode, headers, text };
    },
    async stream(request) {
      const { statusCode, headers, body } = await send(watches, request);
      return { status: statusCode, headers, chunks: translated(request, body) };
    },
    close() {
      void Promise.all([requests.destroy(), watches.destroy()]).catch(() => undefined);
    },
  };
}

async function readBody(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      throw new SluiceError("PayloadTooLarge", `The API server's answer is larger than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size).toString("utf8");
}

async function* translated(request: KubeRequest, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw translate(request, error);
  }
}

async function guarded<T>(request: KubeRequest, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw translate(request, error);
  }
}

function translate(request: KubeRequest, error: unknown): unknown {
  if (request.signal?.aborted) return request.signal.reason;
  if (error instanceof SluiceError || error instanceof TransportError) return error;
  const code = (error as { code?: unknown }).code;
  return new TransportError(typeof code === "string" ? code : "UNKNOWN", error);
}
