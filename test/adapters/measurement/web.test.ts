import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createMeasurementHttp } from "../../../adapters/measurement/http.ts";
import { queryWeb, type WebQuery } from "../../../adapters/measurement/web.ts";

let server: Server;
let url: string;
let answer: RequestListener;
let asked: { method?: string | undefined; headers: IncomingMessage["headers"]; body: string }[];

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      asked.push({ method: request.method, headers: request.headers, body: Buffer.concat(chunks).toString() });
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(
  () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
);

const ask = async (over: Partial<WebQuery> = {}, allowed: string[] = []): Promise<unknown> => {
  const http = createMeasurementHttp({ allowed });
  try {
    const signal = new AbortController().signal;
    return await queryWeb(http, { method: "GET", url, headers: {}, timeoutMs: 5_000, signal, ...over });
  } catch (thrown) {
    return `${(thrown as Error).constructor.name}: ${(thrown as Error).message}`;
  } finally {
    await http.close();
  }
};
const json = (value: unknown): void => void (answer = (_request, response) => void response.end(JSON.stringify(value)));

describe("what an answer is", () => {
  test("the first that the JSONPath finds, and without one the whole", async () => {
    json({
      data: {
        ok: true,
        items: [
          { name: "a", rate: 0.5 },
          { name: "b", rate: 1 },
        ],
      },
    });
    expect(await ask({ jsonPath: "{$.data.ok}" })).toBe(true);
    expect(await ask({ jsonPath: '{.data.items[?(@.name=="b")].rate}' })).toBe(1);
    expect(await ask({ jsonPath: "{$.data.nothing}" })).toContain(
      "NotAnswered: jsonPath {$.data.nothing}: it finds nothing",
    );
    expect(await ask()).toMatchObject({ data: { ok: true } });
  });

  test("a text that is no JSON is a text", async () => {
    answer = (_request, response) => void response.end("I am OK");
    expect(await ask({ jsonPath: "{$.x}" })).toBe("I am OK");
  });

  test.each([404, 500, 304])("the status %i is an error", async (status) => {
    answer = (_request, response) => void response.writeHead(status).end();
    expect(await ask()).toContain(`NotAnswered: it answered with the status ${status}`);
  });

  test("method, headers and body are sent as they are given", async () => {
    json({});
    await ask({ method: "POST", headers: { authorization: "Bearer t" }, jsonBody: { a: [1] } });
    await ask({ method: "PUT", body: "text" });
    expect(asked).toMatchObject([
      { method: "POST", headers: { authorization: "Bearer t", "content-type": "application/json" }, body: '{"a":[1]}' },
      { method: "PUT", body: "text" },
    ]);
  });

  test("an answer of more than a megabyte is cut off, and one that takes too long", async () => {
    answer = (_request, response) => void response.end("x".repeat(1_100_000));
    expect(await ask()).toContain("larger than 1024 KiB");
    answer = () => undefined;
    expect(await ask({ timeoutMs: 200 })).toContain("no whole answer within 0.2 s");
  });
});

describe("where it may not go", () => {
  test.each([
    "http://169.254.169.254/latest/meta-data/",
    "http://[::ffff:169.254.169.254]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[64:ff9b::169.254.169.254]/",
    "http://[fe80::1]/",
    "http://[fd00:ec2::254]/",
    "http://100.100.100.200/",
    "http://168.63.129.16/",
    "http://0.0.0.0/",
    // Other ways to write 169.254.169.254.
    "http://2852039166/",
    "http://0xa9.254.0251.254/",
  ])("%s is refused", async (target) => {
    expect(await ask({ url: target })).toContain("is a link-local or metadata address");
  });

  test("neither by a redirect", async () => {
    answer = (_request, response) => void response.writeHead(302, { location: "http://169.254.169.254/" }).end();
    expect(await ask()).toContain("169.254.169.254 is a link-local or metadata address");
    answer = (_request, response) => void response.writeHead(302, { location: "file:///etc/passwd" }).end();
    expect(await ask()).toContain("file: is not http or https");
  });

  test("what configuration allows it may ask: it is tried, and nobody is there", async () => {
    const target = { url: "http://169.254.213.7:9/", timeoutMs: 300 };
    expect(await ask(target, ["169.254.213.0/24"])).not.toContain("link-local");
    expect(await ask(target, ["169.254.213.7"])).not.toContain("link-local");
    expect(await ask(target, ["169.254.214.0/24"])).toContain("link-local");
  });

  test("a redirect is followed, without headers to another origin, and not for ever", async () => {
    answer = (request, response) => {
      if (request.url === "/") response.writeHead(302, { location: "/next" }).end();
      else response.end('"there"');
    };
    expect(await ask({ headers: { authorization: "Bearer t" } })).toBe("there");
    expect(asked.map(({ headers }) => headers.authorization)).toEqual(["Bearer t", "Bearer t"]);
    const { port } = server.address() as AddressInfo;
    answer = (request, response) => {
      if (request.url === "/") response.writeHead(302, { location: `http://localhost:${port}/next` }).end();
      else response.end('"there"');
    };
    expect(await ask({ headers: { authorization: "Bearer t" } })).toBe("there");
    expect(asked).toHaveLength(4);
    expect(asked.at(-1)!.headers.authorization).toBeUndefined();
    answer = (_request, response) => void response.writeHead(302, { location: "/" }).end();
    expect(await ask()).toContain("redirected more than 5 times");
  });
});
