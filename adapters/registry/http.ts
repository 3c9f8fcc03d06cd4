import { isIP } from "node:net";
import { Agent, request } from "undici";
import { SluiceError } from "../../schemas/errors.ts";
import { addressRules, guardedLookup } from "../measurement/address.ts";

/** An answer, its body whole. Header names are in lower case. */
export interface HttpAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: Buffer;
  /** Address that it came from, after redirects. */
  url: string;
}

/** One question to a registry or chart repository. */
export interface HttpQuestion {
  url: string;
  method: "GET" | "HEAD";
  headers?: Readonly<Record<string, string>>;
  /** An address as configuration has it: its host may be anywhere. Others, and redirects, lead to no link-local or metadata address. */
  own?: string;
  /** Sent to the address's own origin only. */
  authorization?: string | undefined;
  /** Whether http is fine. */
  insecure: boolean;
  /** CA certificates, PEM. */
  caData?: string | undefined;
  /** Largest body, in bytes. */
  most: number;
  /** What messages call it. */
  what: string;
}

/** Puts questions. Throws SourceUnavailable when no whole answer comes, SourceRefused for one that is not taken. */
export type Ask = (question: HttpQuestion) => Promise<HttpAnswer>;

const TIMEOUT_MS = 30_000;
const REDIRECTS = 5;

const rules = addressRules([]);

const refused = (address: string): SluiceError =>
  new SluiceError("SourceRefused", `A registry leads to ${address}, a link-local or metadata address.`, {
    next: "nothing was asked there; name that address as the registry's own where it is meant",
  });

const lookup = guardedLookup(rules, refused);

/** An address that stands in the URL is not looked up, so it is looked at here. */
function refuseAddress(url: string): void {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) !== 0 && !rules.allows(host)) throw refused(host);
}

/** HTTP with redirects followed, bodies bounded, and credentials kept from other origins. */
export function createAsk(options: { timeoutMs?: number } = {}): { ask: Ask; close(): Promise<void> } {
  const { timeoutMs = TIMEOUT_MS } = options;
  const agents = new Map<string, Agent>();
  const agentOf = (caData: string, isOwn: boolean): Agent => {
    const key = `${isOwn} ${caData}`;
    const known = agents.get(key);
    if (known) return known;
    const agent = new Agent({
      connections: 16,
      connect: { timeout: 10_000, ...(caData !== "" && { ca: caData }), ...(!isOwn && { lookup }) },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    agents.set(key, agent);
    return agent;
  };

  const ask: Ask = async (question) => {
    const origin = originOf(question.url, question);
    let url = question.url;
    for (let redirects = 0; ; redirects += 1) {
      const isOwn = question.own !== undefined && new URL(question.own).host === new URL(url).host;
      if (!isOwn) refuseAddress(url);
      const dispatcher = agentOf(question.caData ?? "", isOwn);
      const authorization = originOf(url, question) === origin ? question.authorization : undefined;
      const answer = await askOnce({ ...question, url, authorization }, dispatcher, timeoutMs);
      const location = answer.headers["location"];
      if (answer.status < 300 || answer.status > 399 || location === undefined) return answer;
      if (redirects === REDIRECTS) {
        throw new SluiceError("SourceRefused", `${question.what} redirects more than ${REDIRECTS} times.`);
      }
      url = new URL(location, url).href;
    }
  };
  return {
    ask,
    close: async () => void (await Promise.all([...agents.values()].map((agent) => agent.close()))),
  };
}

/** Throws SourceRefused for an address that is not asked. */
function originOf(url: string, { insecure, what }: Pick<HttpQuestion, "insecure" | "what">): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === "https:" || (parsed?.protocol === "http:" && insecure)) return parsed.origin;
  throw new SluiceError("SourceRefused", `${what} leads to an address that is not https.`, {
    next: "set insecure where plain http is meant, on a network of one's own",
  });
}

async function askOnce(question: HttpQuestion, dispatcher: Agent, timeoutMs: number): Promise<HttpAnswer> {
  const { url, method, headers = {}, authorization, most, what } = question;
  try {
    const {
      statusCode,
      headers: answered,
      body,
    } = await request(url, {
      method,
      dispatcher,
      signal: AbortSignal.timeout(timeoutMs),
      headers: { "user-agent": "sluice", ...headers, ...(authorization !== undefined && { authorization }) },
    });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > most) throw new SluiceError("SourceRefused", `${what} answers with more than ${most} bytes.`);
      chunks.push(chunk);
    }
    return { status: statusCode, headers: singles(answered), body: Buffer.concat(chunks), url };
  } catch (cause) {
    if (cause instanceof SluiceError) throw cause;
    throw new SluiceError("SourceUnavailable", `${what} could not be reached: ${reasonOf(cause)}.`, {
      next: "check the address, and that the host can be reached; it is tried again",
      cause,
    });
  }
}

const singles = (headers: Record<string, string | string[] | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), Array.isArray(value) ? value.join(", ") : value]],
    ),
  );

/** The system's word for it; the text of the error may hold addresses. */
function reasonOf(thrown: unknown): string {
  const { code, name } = thrown as { code?: unknown; name?: unknown };
  if (name === "TimeoutError") return "no answer in time";
  return typeof code === "string" && /^[A-Z0-9_]+$/.test(code) ? code : "the connection failed";
}
