import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** An HTTP server on 127.0.0.1 that remembers what it was asked; a path that nobody answers is 404. */
export interface HttpWorld extends AsyncDisposable {
  url: string;
  host: string;
  asked: { path: string; authorization: string | undefined; headers: IncomingMessage["headers"] }[];
}

export type Answers = Record<string, (request: IncomingMessage, response: ServerResponse) => void>;

export async function startHttp(answers: Answers): Promise<HttpWorld> {
  const asked: HttpWorld["asked"] = [];
  const server: Server = createServer((request, response) => {
    const path = request.url ?? "/";
    asked.push({ path, authorization: request.headers.authorization, headers: request.headers });
    const answer = answers[path] ?? answers[path.split("?")[0]!];
    if (answer) answer(request, response);
    else response.writeHead(404).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...{ asked, host, url: `http://${host}` },
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export const json = (
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void =>
  void response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
