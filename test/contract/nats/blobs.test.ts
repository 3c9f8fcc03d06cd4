import { createHash } from "node:crypto";
import { Objm } from "@nats-io/obj";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createBlobs } from "../../../adapters/nats/blobs.ts";
import type { Blobs } from "../../../adapters/nats/blobs.ts";
import { ARTIFACT_BUCKET } from "../../../schemas/ids.ts";
import { connected, eventually } from "./connected.ts";

let server: Awaited<ReturnType<typeof connected>>;
/** Without a cache, so that every read comes from the server. */
let blobs: Blobs;
beforeAll(async () => {
  server = await connected();
  blobs = createBlobs(server.nc, { cacheBytes: 0 });
});
afterAll(() => server?.close());

const sha256 = (data: Uint8Array | string): string => createHash("sha256").update(data).digest("hex");
const CHUNK = 128 * 1024;

describe("blobs", () => {
  test.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 10_000_000])(
    "of %i bytes come back as they were",
    async (size) => {
      const data = Buffer.alloc(size, `size ${size};`);
      const digest = await blobs.put(data);
      expect(digest).toBe(sha256(data));
      expect(Buffer.compare(await blobs.get(digest), data)).toBe(0);
      expect(await blobs.has(digest)).toBe(true);
    },
  );

  test("stored again, by one or by many at once, are stored once", async () => {
    const store = await new Objm(server.nc).open(ARTIFACT_BUCKET);
    for (const data of [Buffer.alloc(1_000, "a"), Buffer.alloc(3 * CHUNK + 5, "b")]) {
      await blobs.put(data);
      const { size } = await store.status();
      await Promise.all(Array.from({ length: 5 }, () => blobs.put(data)));
      expect((await store.status()).size).toBe(size);
      expect(Buffer.compare(await blobs.get(sha256(data)), data)).toBe(0);
    }
  });

  test("are objects that NATS's own tools read", async () => {
    const store = await new Objm(server.nc).open(ARTIFACT_BUCKET);
    for (const data of [Buffer.from("small"), Buffer.alloc(2 * CHUNK + 9, "large")]) {
      const digest = await blobs.put(data);
      expect(Buffer.compare((await store.getBlob(digest)) as Uint8Array, data)).toBe(0);
      expect(await store.info(digest)).toMatchObject({ size: data.byteLength });
    }
  });

  test("as JSON have one digest whatever the order of the keys", async () => {
    const digest = await blobs.putJson({ b: [1, { z: 1, a: null }], a: "ü" });
    expect(await blobs.putJson({ a: "ü", b: [1, { a: null, z: 1 }] })).toBe(digest);
    expect(await blobs.getJson(digest)).toEqual({ a: "ü", b: [1, { a: null, z: 1 }] });
  });

  test("as JSON keep the digits of integers that a number can't hold", async () => {
    const digest = await blobs.putJson({ spec: { id: 9_007_199_254_740_993n } });
    expect(await blobs.getJson(digest)).toEqual({ spec: { id: 9_007_199_254_740_993n } });
  });

  test("that are not there are said to be so", async () => {
    expect(await blobs.has("0".repeat(64))).toBe(false);
    await expect(blobs.get("0".repeat(64))).rejects.toMatchObject({ code: "NotFound" });
  });

  test("that were changed on the server are not handed out", async () => {
    const digest = sha256("what was meant");
    server.nc.publish(`$O.${ARTIFACT_BUCKET}.C.${digest}`, "something else");
    await eventually(() => blobs.has(digest)).toBe(true);
    await expect(blobs.get(digest)).rejects.toMatchObject({ code: "LedgerCorrupt" });
  });

  test("are remembered, so that a second read asks nobody", async () => {
    const remembering = createBlobs(server.nc);
    const digest = await remembering.put("remember me");
    const { outMsgs } = server.nc.stats();
    await remembering.get(digest);
    await remembering.put("remember me");
    expect(server.nc.stats().outMsgs).toBe(outMsgs);
  });

  test("larger than an atomic batch can be are refused", async () => {
    await expect(blobs.put(Buffer.alloc(901 * CHUNK))).rejects.toMatchObject({ code: "PayloadTooLarge" });
  });
});
