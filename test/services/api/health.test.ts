import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fastify from "fastify";
import { Gauge, Registry } from "prom-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { registerHealth } from "../../../services/api/health.ts";
import { loadToken, tokenReader } from "../../../services/api/token.ts";

describe("health", () => {
  it("says what is not ready, and is 503 until everything is", async () => {
    const app = fastify();
    const registry = new Registry();
    new Gauge({ name: "sluice_test_count", help: "Test.", registers: [registry] }).set(7);
    let reason: string | undefined = "folding the ledger";
    const stop = async () => undefined;
    registerHealth(
      app,
      [
        { name: "projector", notReady: () => reason, stop },
        { name: "api", notReady: () => undefined, stop },
      ],
      registry,
    );
    expect((await app.inject("/healthz")).json()).toEqual({ status: "ok" });
    const waiting = await app.inject("/readyz");
    expect(waiting.statusCode).toBe(503);
    expect(waiting.json()).toEqual({ ready: false, waiting: [{ service: "projector", reason: "folding the ledger" }] });
    reason = undefined;
    expect((await app.inject("/readyz")).statusCode).toBe(200);
    expect((await app.inject("/metrics")).body).toContain("sluice_test_count 7");
  });
});

describe("the token file", () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "sluice-token-"));
  });
  afterAll(() => rm(dir, { recursive: true }));

  it("is made once, for this user only, with 256 bits; two starts at once agree", async () => {
    const path = join(dir, "data", "token");
    const [first, second] = await Promise.all([loadToken(path), loadToken(path)]);
    expect(first).toBe(second);
    expect(Buffer.from(first, "base64url")).toHaveLength(32);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await readFile(path, "utf8")).trim()).toBe(first);
  });

  it("is refused when it is too short to be one", async () => {
    const path = join(dir, "short");
    await writeFile(path, "abc\n");
    await expect(loadToken(path)).rejects.toMatchObject({ code: "InvalidConfiguration" });
  });

  it("tells whose token a header carries", () => {
    const read = tokenReader([
      { name: "a", token: "t".repeat(40) },
      { name: "b", token: "u".repeat(40) },
    ]);
    expect(read(`Bearer ${"u".repeat(40)}`)).toBe("b");
    expect(read(`bearer ${"t".repeat(40)}`)).toBe("a");
    expect([read(undefined), read(""), read("Bearer "), read(`Bearer ${"t".repeat(39)}`)]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(tokenReader([])("Bearer ")).toBeUndefined();
  });
});
