import { isErrorCode, type Problem, SluiceError } from "../../schemas/errors.ts";
import type { Connection } from "./connection.ts";
import { readEvents, type ServerEvent } from "./server-events.ts";

export interface Query {
  [name: string]: string | number | boolean | undefined;
}

interface Call {
  query?: Query;
  body?: unknown;
  /** Ledger sequence that the answer must include. */
  sequence?: number;
  signal?: AbortSignal;
  /** Asks for a stream of events. */
  stream?: true;
}

/** The API as the CLI talks to it. Every failure is a SluiceError with the next step. */
export interface Client {
  connection: Connection;
  get<Answer>(path: string, call?: Call): Promise<Answer>;
  post<Answer>(path: string, call?: Call): Promise<Answer>;
  delete<Answer>(path: string, call?: Call): Promise<Answer>;
  /** All items of a list, page by page. */
  list<Item>(path: string, query?: Query): Promise<Item[]>;
  /** Events of the ledger after a sequence, for as long as the signal allows; a lost connection is taken up where it broke off. */
  events(query: Query, options: { after: number; signal: AbortSignal }): AsyncIterable<ServerEvent>;
  /** Ledger sequence that the views include now. */
  sequence(): Promise<number>;
}

/** Items asked for at once. */
const PAGE = 500;
const ATTEMPTS = 30;

/** A client of one server. */
export function createClient(connection: Connection): Client {
  const send = async (method: string, path: string, call: Call = {}): Promise<Response> => {
    const url = addressOf(connection.server, path, call.query);
    const response = await fetch(url, {
      method,
      headers: headersOf(connection, call),
      ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
      ...(call.signal && { signal: call.signal }),
    }).catch((cause: unknown) => {
      throw unreachable(connection, cause);
    });
    if (!response.ok) throw await refusal(response, connection);
    return response;
  };
  const answer = async <Answer>(method: string, path: string, call?: Call): Promise<Answer> =>
    (await (await send(method, path, call)).json()) as Answer;

  const client: Client = {
    connection,
    get: (path, call) => answer("GET", path, call),
    post: (path, call) => answer("POST", path, call),
    delete: (path, call) => answer("DELETE", path, call),
    async list<Item>(path: string, query: Query = {}) {
      const items: Item[] = [];
      let next: string | undefined;
      do {
        const part: { items: Item[]; continue?: string } = await client.get(path, {
          query: { ...query, limit: PAGE, continue: next },
        });
        items.push(...part.items);
        next = part.continue;
      } while (next !== undefined);
      return items;
    },
    async *events(query, { after, signal }) {
      let at = after;
      for (let failures = 0; !signal.aborted;) {
        try {
          const response = await send("GET", "/events", { query: { ...query, after: at }, signal, stream: true });
          for await (const event of readEvents(response, signal)) {
            failures = 0;
            if (event.id !== undefined) at = event.id;
            if (event.data !== undefined) yield event;
          }
        } catch (error) {
          if (signal.aborted) return;
          failures += 1;
          if (!(error instanceof SluiceError) || !error.retryable || failures > ATTEMPTS) throw error;
        }
        await pause(Math.min(2_000, 100 * 2 ** failures), signal);
      }
    },
    async sequence() {
      const response = await send("GET", "/version");
      await response.body?.cancel();
      return Number(response.headers.get("x-sluice-sequence") ?? 0);
    },
  };
  return client;
}

function addressOf(server: string, path: string, query: Query = {}): URL {
  const url = new URL(`${server}/api/v1${path}`);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  return url;
}

const headersOf = ({ token }: Connection, call: Call): Record<string, string> => ({
  accept: call.stream ? "text/event-stream" : "application/json",
  ...(token !== undefined && { authorization: `Bearer ${token}` }),
  ...(call.body !== undefined && { "content-type": "application/json" }),
  ...(call.sequence !== undefined && { "x-sluice-sequence": String(call.sequence) }),
});

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}

function unreachable({ server, from }: Connection, cause: unknown): SluiceError {
  return new SluiceError("Unavailable", `No Sluice server answers at ${server} (from ${from})`, {
    next: "Start one with: sluice server    or try everything with: sluice demo    or name another with --server",
    cause,
  });
}

interface ProblemBody {
  code?: unknown;
  detail?: unknown;
  next?: unknown;
  problems?: unknown;
}

/** The error that an answer stands for; one that is not ours says so. */
async function refusal(response: Response, { server, token }: Connection): Promise<SluiceError> {
  const body = (await response.json().catch(() => undefined)) as ProblemBody | undefined;
  if (isErrorCode(body?.code)) {
    const problems = Array.isArray(body.problems) ? (body.problems as Problem[]) : [];
    const hint = body.code === "Unauthenticated" ? tokenHint(token) : body.next;
    return new SluiceError(body.code, String(body.detail), {
      problems,
      ...(typeof hint === "string" && { next: hint }),
    });
  }
  return new SluiceError("Unavailable", `${server} answers ${response.status}, but not as a Sluice server does`, {
    next: "Check the address given with --server or SLUICE_SERVER.",
  });
}

const tokenHint = (token: string | undefined): string =>
  token === undefined
    ? "Give the token with --token-file FILE or SLUICE_TOKEN; the server wrote it to the file `token` of its data directory."
    : "The token is another server's, has expired, or was taken back. Ask an administrator for one of your account, or look at the file `token` in the server's data directory.";
