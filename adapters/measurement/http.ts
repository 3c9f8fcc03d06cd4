import { isIP } from "node:net";
import { Agent, request } from "undici";
import { type AddressRules, addressRules, guardedLookup } from "./address.ts";

/** One request of a measurement. */
export interface MeasurementRequest {
  method: "GET" | "POST" | "PUT";
  url: string;
  headers: Record<string, string>;
  body?: string;
  /** Milliseconds until its whole answer has to be there. */
  timeoutMs: number;
  maxBytes: number;
  /** Certificates are not looked at. */
  insecure?: boolean;
  signal: AbortSignal;
}

export interface MeasurementAnswer {
  status: number;
  text: string;
}

/** Thrown when no whole answer came: its message is for people, and holds no header and no body. */
export class NotAnswered extends Error {}

/** Asks addresses out of configuration: bounded in time and size, and never those that only the machine itself should ask. */
export interface MeasurementHttp {
  ask(request: MeasurementRequest): Promise<MeasurementAnswer>;
  close(): Promise<void>;
}

const MOST_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** `allowed`: hosts, addresses and ranges that may be asked though they are refused by default. */
export function createMeasurementHttp({ allowed }: { allowed: readonly string[] }): MeasurementHttp {
  const rules = addressRules(allowed);
  const connect = { lookup: guardedLookup(rules, refused), timeout: 10_000 };
  const shared = { keepAliveTimeout: 10_000, connections: 4 };
  const secure = new Agent({ ...shared, connect });
  const insecure = new Agent({ ...shared, connect: { ...connect, rejectUnauthorized: false } });

  return {
    async ask(asked) {
      const limit = AbortSignal.timeout(asked.timeoutMs);
      const signal = AbortSignal.any([asked.signal, limit]);
      try {
        return await followed(asked, { signal, rules, agent: asked.insecure ? insecure : secure });
      } catch (thrown) {
        if (limit.aborted) throw new NotAnswered(`no whole answer within ${asked.timeoutMs / 1_000} s`);
        throw thrown instanceof NotAnswered ? thrown : new NotAnswered(reasonOf(thrown), { cause: thrown });
      }
    },
    async close() {
      await Promise.all([secure.destroy(), insecure.destroy()]);
    },
  };
}

interface Way {
  signal: AbortSignal;
  rules: AddressRules;
  agent: Agent;
}

/** Follows redirects of a GET; headers go along on the same origin only. */
async function followed(asked: MeasurementRequest, way: Way): Promise<MeasurementAnswer> {
  let url = new URL(asked.url);
  let headers = asked.headers;
  for (let hops = 0; ; hops += 1) {
    refuseAddress(url, way.rules);
    const answer = await sent({ ...asked, url: url.href, headers }, way);
    if (!REDIRECTS.has(answer.status) || asked.method !== "GET" || answer.location === undefined) return answer;
    if (hops >= MOST_REDIRECTS) throw new NotAnswered(`it was redirected more than ${MOST_REDIRECTS} times`);
    const target = new URL(answer.location, url);
    if (target.origin !== url.origin) headers = {};
    url = target;
  }
}

/** An address that stands in the URL is not looked up, so it is looked at here. */
function refuseAddress({ protocol, hostname }: URL, rules: AddressRules): void {
  if (protocol !== "http:" && protocol !== "https:") throw new NotAnswered(`${protocol} is not http or https`);
  const host = hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) !== 0 && !rules.allows(host)) throw refused(host);
}

const refused = (address: string): NotAnswered =>
  new NotAnswered(
    `${address} is a link-local or metadata address, which measurements may not ask; allow it with verification.allowAddresses in the server's configuration`,
  );

async function sent(
  { method, url, headers, body, maxBytes }: MeasurementRequest,
  { signal, agent }: Way,
): Promise<MeasurementAnswer & { location?: string }> {
  const answer = await request(url, {
    method,
    headers: { "user-agent": "sluice", ...headers },
    body: body ?? null,
    dispatcher: agent,
    signal,
  });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) {
      answer.body.destroy();
      throw new NotAnswered(`the answer is larger than ${Math.floor(maxBytes / 1_024)} KiB; ask for less`);
    }
    chunks.push(chunk);
  }
  const { location } = answer.headers;
  const where = Array.isArray(location) ? location[0] : location;
  return {
    status: answer.statusCode,
    text: Buffer.concat(chunks).toString("utf8"),
    ...(where !== undefined && { location: where }),
  };
}

/** What happened, in words without what was sent. */
function reasonOf(thrown: unknown): string {
  const { code, cause, errors } = thrown as { code?: string; cause?: unknown; errors?: unknown[] };
  if (cause instanceof NotAnswered) return cause.message;
  const first = errors?.[0] as { code?: string } | undefined;
  const name = code ?? first?.code ?? (cause as { code?: string } | undefined)?.code;
  if (name === "ECONNREFUSED") return "the connection was refused";
  if (name === "ENOTFOUND") return "there is no such host";
  if (name === "ERR_INVALID_URL") return "it is not a valid address";
  return name === undefined ? "it could not be asked" : `it could not be asked (${name})`;
}
