import { describe, expect, it } from "vitest";
import { SluiceError } from "../../../schemas/errors.ts";
import { apiInstance, application, CLUSTER } from "./instance.ts";

async function withWeb() {
  const instance = await apiInstance();
  await instance.apply([CLUSTER, application("web")].join("---"));
  return instance;
}

describe("commands", () => {
  it("are on disk in the intake when they are accepted", async () => {
    const { call, published, ports } = await withWeb();
    const answer = await call("POST", "/applications/web/sync", { revision: "v1.2.0", prune: true });
    expect(answer.status).toBe(202);
    const { operation } = answer.body as { operation: string };
    expect(answer.body).toMatchObject({ application: "web", sequence: await ports.ledger.last() });
    expect(published).toEqual([
      {
        messageId: operation,
        message: {
          type: "application.command",
          application: "web",
          command: "sync",
          operation,
          revision: "v1.2.0",
          prune: true,
          actor: { kind: "user", name: "admin" },
          requestedAt: expect.any(String),
        },
      },
    ]);
    await call("POST", "/applications/web/refresh");
    await call("POST", "/applications/web/terminate", { operation });
    await call("POST", "/applications/web/terminate", {});
    expect(published.slice(1).map(({ message }) => message)).toMatchObject([
      { command: "refresh" },
      { command: "terminate", operation },
      { command: "terminate", operation: "*" },
    ]);
  });

  it("with the same idempotency key are the same operation", async () => {
    const { call, published } = await withWeb();
    const headers = { "idempotency-key": "deploy-17" };
    const first = await call("POST", "/applications/web/sync", {}, headers);
    const second = await call("POST", "/applications/web/sync", {}, headers);
    const other = await call("POST", "/applications/web/sync", {}, { "idempotency-key": "deploy-18" });
    expect(first.body).toEqual(second.body);
    expect(other.body).not.toEqual(first.body);
    expect(new Set(published.map(({ messageId }) => messageId)).size).toBe(2);
  });

  it("are refused for what does not exist, and when the intake does not answer", async () => {
    const { call, ports } = await withWeb();
    expect((await call("POST", "/applications/none/sync", {})).status).toBe(404);
    ports.intake.publish = () => Promise.reject(new SluiceError("Unavailable", "NATS does not answer"));
    const answer = await call("POST", "/applications/web/sync", {});
    expect(answer.status).toBe(503);
    expect(answer.body).toMatchObject({ code: "Unavailable" });
  });

  it("take nothing that they don't know", async () => {
    const { call } = await withWeb();
    const answer = await call("POST", "/applications/web/sync", { purne: true });
    expect(answer.body).toMatchObject({ problems: [{ path: "purne", next: "did you mean prune?" }] });
  });
});
