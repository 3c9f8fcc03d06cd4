import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request, type Dispatcher } from "undici";
import { SluiceError } from "../../schemas/errors.ts";
import { answered, failed, limitedUntil, type Said } from "./failure.ts";

/** One request to a provider's API. */
export interface ApiCall {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Under the API's address, each segment encoded, with a slash in front. */
  path: string;
  query?: Readonly<Record<string, string | number>>;
  body?: unknown;
  /** What it is for, as in "open the pull request": for the message when it fails. */
  does: string;
  /** Statuses beside 2xx that are an answer and no failure. */
  accept?: readonly number[];
}

export interface ApiAnswer {
  status: number;
  headers: Readonly<Record<string, string | undefined>>;
  /** Parsed JSON; undefined where there was none. */
  body: unknown;
}

/** An answer to a call that accepted more than 2xx: `failure` is the error it would have been. */
export interface Accepted extends ApiAnswer {
  failure(): SluiceError;
}

export type Api = (call: ApiCall) => Promise<Accepted>;

/** Where a provider's API is, and who asks. */
export interface ApiAccess {
  /** Name of the provider for people. */
  name: string;
  /** Address without a slash behind. */
  base: string;
  headers: Readonly<Record<string, string>>;
  secrets: readonly string[];
  caData?: string | undefined;
}

export interface ApiOptions {
  /** Milliseconds since the epoch. */
  now(): number;
  timeoutMs?: number;
}

/** APIs over pooled connections. What a provider says of its limits is kept for all that ask with the same credentials. */
export interface Apis {
  of(access: ApiAccess): Api;
  close(): Promise<void>;
}

const TIMEOUT_MS = 20_000;
const MAX_BYTES = 10 * 1024 * 1024;
/** A shorter wait is waited here; a longer one is for whoever tries again. */
const PATIENCE_MS = 3_000;
const ATTEMPTS = 3;

export function createApis(options: ApiOptions): Apis {
  const agents = new Map<string, Agent>();
  const limits = new Map<string, number>();

  const agentOf = (caData: string | undefined): Agent => {
    const key = caData ?? "";
    const agent = agents.get(key) ?? new Agent({ connect: caData === undefined ? {} : { ca: caData } });
    agents.set(key, agent);
    return agent;
  };

  const of = (access: ApiAccess): Api => {
    const limitKey = createHash("sha256")
      .update(JSON.stringify([access.base, access.headers]))
      .digest("hex");
    const send = (call: ApiCall): Promise<ApiAnswer> =>
      exchange(access, call, { dispatcher: agentOf(access.caData), timeoutMs: options.timeoutMs ?? TIMEOUT_MS });
    return async (call) => {
      for (let attempt = 1; ; attempt += 1) {
        const until = limits.get(limitKey);
        if (until !== undefined && until > options.now()) {
          const left = until - options.now();
          if (left > PATIENCE_MS) throw limited(access, call, until);
          await sleep(left);
        }
        limits.delete(limitKey);
        const answer = await send(call);
        const next = limitedUntil(answer, options.now());
        if (next !== undefined) limits.set(limitKey, next);
        const failure = (): SluiceError => answered(saidOf(access, call), answer);
        if (answer.status < 300 || call.accept?.includes(answer.status)) return { ...answer, failure };
        if (next === undefined) throw failure();
        if (attempt >= ATTEMPTS) throw limited(access, call, next);
      }
    };
  };
  return {
    of,
    close: async () => {
      await Promise.all([...agents.values()].map((agent) => agent.close()));
    },
  };
}

const saidOf = ({ name, base, secrets }: ApiAccess, { does }: ApiCall): Said => ({ name, base, does, secrets });

function limited(access: ApiAccess, { does }: ApiCall, until: number): SluiceError {
  const at = new Date(until).toISOString();
  return new SluiceError(
    "SourceUnavailable",
    `${access.name} takes no more requests until ${at}, so it did not ${does}.`,
    {
      next: "it is tried again; credentials that nothing else uses have a limit of their own",
    },
  );
}

async function exchange(
  access: ApiAccess,
  call: ApiCall,
  { dispatcher, timeoutMs }: { dispatcher: Dispatcher; timeoutMs: number },
): Promise<ApiAnswer> {
  const query = new URLSearchParams(
    Object.entries(call.query ?? {}).map(([key, value]): [string, string] => [key, String(value)]),
  );
  const url = `${access.base}${call.path}${query.size === 0 ? "" : `?${query.toString()}`}`;
  try {
    const response = await request(url, {
      method: call.method,
      dispatcher,
      headers: {
        accept: "application/json",
        "user-agent": "sluice",
        ...(call.body !== undefined && { "content-type": "application/json" }),
        ...access.headers,
      },
      ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const headers = Object.entries(response.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value[0] : value,
    ]);
    return {
      status: response.statusCode,
      headers: Object.fromEntries(headers) as ApiAnswer["headers"],
      body: parsed(await read(response.body)),
    };
  } catch (error) {
    throw failed(saidOf(access, call), error);
  }
}

async function read(body: Dispatcher.ResponseData["body"]): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new Error("the answer is larger than 10 MiB");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Segments of a path, each encoded. */
export const segments = (...parts: readonly (string | number)[]): string =>
  parts.map((part) => `/${encodeURIComponent(part)}`).join("");

const MAX_PAGES = 100;

/** Entries of a list, page by page, as long as whoever asks wants more; `next` gives the call for the page after an answer. */
export async function* paged(
  api: Api,
  first: ApiCall,
  page: { entries(body: unknown): readonly unknown[]; next(answer: ApiAnswer, call: ApiCall): ApiCall | undefined },
): AsyncGenerator<unknown> {
  let call: ApiCall | undefined = first;
  for (let count = 0; call !== undefined && count < MAX_PAGES; count += 1) {
    const answer: ApiAnswer = await api(call);
    yield* page.entries(answer.body);
    call = page.next(answer, call);
  }
}

/** The next page where pages are numbered and the header Link says whether there is one more (RFC 8288). */
export const numbered = {
  entries: (body: unknown): readonly unknown[] => (Array.isArray(body) ? (body as unknown[]) : []),
  next: ({ headers }: ApiAnswer, call: ApiCall): ApiCall | undefined =>
    /;\s*rel="?next"?/.test(headers["link"] ?? "")
      ? { ...call, query: { ...call.query, page: Number(call.query?.["page"] ?? 1) + 1 } }
      : undefined,
};
