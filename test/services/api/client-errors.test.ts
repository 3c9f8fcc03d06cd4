import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { apiInstance, application, CLUSTER } from "./instance.ts";

let at: Awaited<ReturnType<typeof apiInstance>>;
beforeAll(async () => {
  at = await apiInstance();
  await at.app.listen({ host: "127.0.0.1", port: 0 });
  await at.apply(CLUSTER);
  await at.apply(application("web"));
});
afterAll(() => at.app.close());

/** What a connection that sends this text is answered. */
async function raw(text: string): Promise<{ head: string; body: Record<string, unknown> }> {
  const socket = connect((at.app.server.address() as AddressInfo).port, "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk) => (answer += chunk.toString()));
  socket.write(text);
  await once(socket, "close");
  const [head = "", body = ""] = answer.split("\r\n\r\n");
  return { head, body: JSON.parse(body) as Record<string, unknown> };
}

it.each([
  ["GARBAGE\r\n\r\n", 400, "InvalidInput"],
  [`GET / HTTP/1.1\r\nhost: x\r\nx-long: ${"a".repeat(40_000)}\r\n\r\n`, 431, "PayloadTooLarge"],
])("what is no HTTP request is answered with problem details", async (text, status, code) => {
  const { head, body } = await raw(text);
  expect(head).toContain(`HTTP/1.1 ${status} `);
  expect(head).toContain("content-type: application/problem+json");
  expect(body).toMatchObject({ status, code, detail: expect.any(String) });
});

it.each(["/api/v1/applications/%zz", `/api/v1/applications/${"a".repeat(300)}`])(
  "so is the address %s",
  async (path) => {
    const answer = await at.call("GET", path);
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    expect(answer.body).toMatchObject({ code: expect.stringMatching(/InvalidInput|NotFound/), status: answer.status });
  },
);

it("a stream after the ledger's end is refused with what to do, one at its end waits", async () => {
  const stream = { accept: "text/event-stream" };
  for (const asked of [
    at.call("GET", "/events", undefined, { ...stream, "last-event-id": "999999" }),
    at.call("GET", "/events?after=999999", undefined, stream),
  ]) {
    expect(await asked).toMatchObject({
      status: 422,
      body: { code: "InvalidInput", next: expect.stringContaining("another ledger") },
    });
  }
});

it("events of a type or application that there is none of are a mistake, those of a deleted one are not", async () => {
  expect(await at.call("GET", "/events?type=SyncSucceded")).toMatchObject({
    status: 422,
    body: { next: "Did you mean SyncSucceeded?" },
  });
  expect(await at.call("GET", "/events?application=wbe")).toMatchObject({ status: 404, body: { code: "NotFound" } });
  expect(await at.call("GET", "/events?application=web&type=ApplicationCreated,SyncFailed")).toMatchObject({
    status: 200,
  });
  at.table("applications").delete("web");
  expect((await at.call("GET", "/events?application=web")).status).toBe(200);
});
