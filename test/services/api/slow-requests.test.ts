import { type AddressInfo, connect } from "node:net";
import { expect, it } from "vitest";
import { apiInstance } from "./instance.ts";

it.each([
  ["its head", "POST /api/v1/apply HTTP/1.1\r\nHost: x\r\nX-Slow: ", "a"],
  [
    "its body",
    "POST /webhooks/github/shop HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n",
    " ",
  ],
  [
    "chunks without an end",
    "POST /webhooks/github/shop HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
    "1\r\n \r\n",
  ],
])("a request that trickles %s is ended, though it always sends something", async (_name, head, drop) => {
  const { app } = await apiInstance({ requestTimeoutMs: 300 });
  // The webhooks' address: its body is read before anything is known of who sends it.
  app.post("/webhooks/:provider/:repository", async () => "done");
  await app.listen({ port: 0, host: "127.0.0.1" });
  const socket = connect((app.server.address() as AddressInfo).port, "127.0.0.1");
  const answered: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => answered.push(chunk)).on("error", () => undefined);
  socket.write(head);
  const trickle = setInterval(() => socket.write(drop), 20);
  await new Promise((resolve) => socket.once("close", resolve));
  clearInterval(trickle);
  // The answer can get lost when the next drop meets the closed connection.
  expect(Buffer.concat(answered).toString()).toMatch(/^(?:HTTP\/1.1 408 |$)/);
  await app.close();
});
