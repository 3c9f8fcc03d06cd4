import { Agent, request } from "undici";
import { SluiceError } from "../../../schemas/errors.ts";

/** One request to an API server; `body` is sent as JSON. */
export interface ApiRequest {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  /** Default `application/json`; a PATCH needs its own, such as `application/apply-patch+yaml`. */
  contentType?: string;
  signal?: AbortSignal;
}

/** An object of any kind, as the API server sends it; whoever sets up or inspects a simulation reads it by path. */
// oxlint-disable-next-line typescript/no-explicit-any -- a type for every kind would be the generated models again
export type AnyObject = any;

/** The status and parsed body of an answer. */
export interface ApiAnswer<Body> {
  status: number;
  body: Body;
}

/** A small client for setting up and inspecting a simulated cluster; what Sluice itself uses is in adapters/kubernetes. */
export class ApiClient {
  readonly #server: string;
  readonly #token: string;
  readonly #agent: Agent;

  constructor(cluster: { server: string; token: string; ca: string }) {
    this.#server = cluster.server;
    this.#token = cluster.token;
    this.#agent = new Agent({ connect: { ca: cluster.ca } });
  }

  /** Sends one request and reads the whole answer, whatever its status. */
  async request<Body = AnyObject>(path: string, options: ApiRequest = {}): Promise<ApiAnswer<Body>> {
    const answer = await request(`${this.#server}${path}`, {
      dispatcher: this.#agent,
      method: options.method ?? "GET",
      headers: {
        authorization: `Bearer ${this.#token}`,
        "content-type": options.contentType ?? "application/json",
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      ...(options.signal ? { signal: options.signal } : {}),
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, body: parse(text) as Body };
  }

  /** Server-side applies an object at its path. Throws a SluiceError `ApplyFailed` unless the answer is a success. */
  async apply(path: string, object: object): Promise<void> {
    const { status, body } = await this.request(`${path}?fieldManager=sluice-simulation&force=true`, {
      method: "PATCH",
      contentType: "application/apply-patch+yaml",
      body: object,
    });
    if (status >= 300) throw new SluiceError("ApplyFailed", `${path}: ${status} ${body?.message ?? body}`);
  }

  /** Closes its connections at once. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
