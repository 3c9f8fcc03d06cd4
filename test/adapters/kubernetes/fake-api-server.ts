import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the fake does with one request. */
export type Behaviour = (request: IncomingMessage & { body: string }, response: ServerResponse) => void | Promise<void>;

/** An API server whose every answer is scripted: faults that a real one cannot be asked for. */
export interface FakeApiServer extends AsyncDisposable {
  url: string;
  /** Method and path of each request in order. */
  requests: { method: string; path: string; query: URLSearchParams; body: string }[];
  /** Answers of the next requests, one each, in order; `otherwise` is for all after. */
  script: Behaviour[];
  otherwise: Behaviour;
  /** Connections open at this moment. */
  connections(): Promise<number>;
}

/** Answers with a JSON body. */
export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Behaviour =>
  (_request, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };

/** Answers with a Kubernetes Status. */
export const status = (code: number, more: object = {}, headers: Record<string, string> = {}): Behaviour =>
  json(code, { kind: "Status", apiVersion: "v1", status: "Failure", code, ...more }, headers);

/** Breaks the connection without an answer. */
export const reset: Behaviour = (request) => void request.socket.resetAndDestroy();

/** Never answers. */
export const hang: Behaviour = () => undefined;

/** Sends lines of a watch, then does what is said with the open answer. */
export const lines =
  (events: unknown[], after: (response: ServerResponse) => void = (response) => void response.end()): Behaviour =>
  (_request, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    for (const event of events) response.write(`${typeof event === "string" ? event : JSON.stringify(event)}\n`);
    after(response);
  };

/** A list of objects. */
export const list = (resourceVersion: string, items: unknown[], token?: string): Behaviour =>
  json(200, { kind: "ConfigMapList", metadata: { resourceVersion, continue: token }, items });

/** A ConfigMap of the fake. */
export const object = (name: string, resourceVersion: string, more: { uid?: string } = {}) => ({
  metadata: { name, namespace: "default", uid: more.uid ?? `uid-${name}`, resourceVersion },
});

export async function fakeApiServer(): Promise<FakeApiServer> {
  const fake = {
    requests: [] as FakeApiServer["requests"],
    script: [] as Behaviour[],
    otherwise: status(500, { message: "nothing is scripted" }) as Behaviour,
  };
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks).toString();
      const url = new URL(request.url ?? "/", "http://fake");
      fake.requests.push({ method: request.method ?? "", path: url.pathname, query: url.searchParams, body });
      const behaviour = fake.script.shift() ?? fake.otherwise;
      await behaviour(Object.assign(request, { body }), response);
    })().catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(fake, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count))),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  });
}
