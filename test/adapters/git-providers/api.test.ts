import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createApis, numbered, paged, segments, type Api } from "../../../adapters/git-providers/api.ts";

let server: Server;
let base: string;
let respond: (
  request: IncomingMessage,
  body: string,
) => { status: number; text?: string; headers?: Record<string, string>; hang?: boolean };
const apis = createApis({ now: Date.now, timeoutMs: 300 });
const unhurried = createApis({ now: Date.now });
const seen: IncomingMessage[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      seen.push(request);
      const { status, text = "", headers = {}, hang } = respond(request, body);
      if (!hang) response.writeHead(status, headers).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
});
afterAll(async () => {
  await Promise.all([apis.close(), unhurried.close()]);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const api = (): Api =>
  apis.of({ name: "GitHub", base, headers: { authorization: `Bearer t0ken-${seen.length}` }, secrets: ["t0ken"] });

it("sends JSON with the credentials, and gives back what was answered", async () => {
  respond = (_request, body) => ({ status: 201, text: body, headers: { "x-a": "1" } });
  const path = segments("a/b", "ü", 3);
  const answer = await api()({ method: "POST", path, query: { q: "a&b=c" }, body: { hello: "wörld" }, does: "try" });
  expect(answer).toMatchObject({ status: 201, body: { hello: "wörld" }, headers: { "x-a": "1" } });
  const request = seen.at(-1)!;
  expect(request.url).toBe("/api/a%2Fb/%C3%BC/3?q=a%26b%3Dc");
  expect(request.headers).toMatchObject({ "user-agent": "sluice", "content-type": "application/json" });
});

it("follows no redirect: the token is for this address", async () => {
  respond = () => ({ status: 302, headers: { location: "https://evil.example/" } });
  const count = seen.length;
  await expect(api()({ method: "GET", path: "/x", does: "look" })).rejects.toMatchObject({ code: "SourceRefused" });
  expect(seen.length).toBe(count + 1);
});

it("waits a short limit out, once, and leaves a long one to whoever tries again", async () => {
  let busy = 1;
  respond = () => (busy-- > 0 ? { status: 429, headers: { "retry-after": "0" } } : { status: 200, text: "[]" });
  expect(await api()({ method: "GET", path: "/x", does: "look" })).toMatchObject({ status: 200 });
  respond = () => ({ status: 429, headers: { "retry-after": "0" } });
  const count = seen.length;
  await expect(api()({ method: "GET", path: "/x", does: "look" })).rejects.toMatchObject({ code: "SourceUnavailable" });
  expect(seen.length - count).toBe(3);
});

it("gives up what does not answer, is too large, or is not there", async () => {
  respond = () => ({ status: 200, hang: true });
  await expect(api()({ method: "GET", path: "/x", does: "look" })).rejects.toMatchObject({ code: "Timeout" });
  const patient = unhurried.of({ name: "GitHub", base, headers: {}, secrets: [] });
  respond = () => ({ status: 200, text: "x".repeat(11 * 1024 * 1024) });
  await expect(patient({ method: "GET", path: "/x", does: "look" })).rejects.toMatchObject({
    ...{ code: "SourceUnavailable", message: expect.stringContaining("10 MiB") },
  });
  const gone = apis.of({ name: "GitHub", base: "http://127.0.0.1:1", headers: {}, secrets: [] });
  await expect(gone({ method: "GET", path: "/x", does: "look" })).rejects.toMatchObject({ code: "SourceUnavailable" });
});

it("reads page by page, and only as many as are wanted", async () => {
  respond = (request) => {
    const page = Number(new URL(request.url!, base).searchParams.get("page") ?? 1);
    const link: Record<string, string> =
      page < 5 ? { link: `<https://elsewhere.example/?page=${page + 1}>; rel="next"` } : {};
    return { status: 200, text: JSON.stringify([page * 10, page * 10 + 1]), headers: link };
  };
  const all = paged(api(), { method: "GET", path: "/list", query: { per_page: 2 }, does: "list" }, numbered);
  const read: unknown[] = [];
  for await (const each of all) read.push(each);
  expect(read).toEqual([10, 11, 20, 21, 30, 31, 40, 41, 50, 51]);
  const count = seen.length;
  for await (const each of paged(api(), { method: "GET", path: "/list", does: "list" }, numbered))
    if (each === 20) break;
  expect(seen.length - count).toBe(2);
});
