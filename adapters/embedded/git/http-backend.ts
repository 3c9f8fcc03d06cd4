import { spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { gitEnvironment } from "./git-environment.ts";

/** The longest CGI header that is read from git, in bytes. */
const MAX_HEADER_BYTES = 64 * 1024;

/** Answers one request by `git http-backend`, the CGI program that git ships for smart HTTP. */
export async function serveByHttpBackend(
  request: IncomingMessage,
  response: ServerResponse,
  options: { root: string; user: string },
): Promise<void> {
  const child = spawn("git", ["http-backend"], {
    env: { ...gitEnvironment(), ...cgiVariables(request, options) },
    stdio: ["pipe", "pipe", "ignore"],
  });
  response.once("close", () => child.kill());
  const ended = new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => resolve());
  });
  // A client that goes away, or a git that stops reading, is no error of the server's.
  pipeline(request, child.stdin).catch(() => {});
  let header = Buffer.alloc(0);
  let body = false;
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    if (body) {
      if (!response.write(chunk)) await drained(response);
      continue;
    }
    header = Buffer.concat([header, chunk]);
    const end = header.indexOf("\r\n\r\n");
    if (end >= 0) {
      writeHeader(response, header.subarray(0, end).toString("latin1"));
      response.write(header.subarray(end + 4));
      body = true;
    } else if (header.length > MAX_HEADER_BYTES) break;
  }
  await ended;
  if (!body && !response.headersSent) response.writeHead(502);
  response.end();
}

function cgiVariables(request: IncomingMessage, options: { root: string; user: string }): Record<string, string> {
  const url = new URL(request.url ?? "/", "http://localhost");
  const header = (name: string) => String(request.headers[name] ?? "");
  const variables: Record<string, string> = {
    GIT_PROJECT_ROOT: options.root,
    GIT_HTTP_EXPORT_ALL: "1",
    REQUEST_METHOD: request.method ?? "GET",
    PATH_INFO: decodeURIComponent(url.pathname),
    QUERY_STRING: url.search.slice(1),
    CONTENT_TYPE: header("content-type"),
    REMOTE_ADDR: request.socket.remoteAddress ?? "",
    REMOTE_USER: options.user,
    GIT_PROTOCOL: header("git-protocol"),
    HTTP_CONTENT_ENCODING: header("content-encoding"),
  };
  // Without a length git reads to the end, as it must for a chunked body.
  if (request.headers["content-length"]) variables["CONTENT_LENGTH"] = request.headers["content-length"];
  return variables;
}

function writeHeader(response: ServerResponse, text: string): void {
  let status = 200;
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":");
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
    if (name.toLowerCase() === "status") status = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  response.writeHead(status);
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once("drain", resolve);
    response.once("close", resolve);
  });
}
