import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createKeyring, loadKeyring, SEALED_PREFIX } from "../../../adapters/secrets/keyring.ts";

const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const keyring = createKeyring([key(1)]);
const text = fc.string({ unit: "binary", maxLength: 200 }).filter((value) => value.isWellFormed());
const INTERNAL = expect.objectContaining({ code: "Internal" });

describe("sealing", () => {
  test("opens to what was sealed, and equal inputs seal to equal text", () => {
    fc.assert(
      fc.property(text, text, text, (purpose, plaintext, context) => {
        const sealed = keyring.seal(purpose, plaintext, context);
        expect(keyring.open(purpose, sealed, context)).toBe(plaintext);
        expect(keyring.seal(purpose, plaintext, context)).toBe(sealed);
        expect(sealed).toMatch(/^sealed:v1:[A-Za-z0-9+/]+=*$/);
      }),
    );
  });

  test("text, nonce and all, differs with plaintext, context, purpose and key", () => {
    const nonceOf = (sealed: string): string => sealed.slice(SEALED_PREFIX.length).slice(6, 22);
    const all = [
      keyring.seal("p", "x", "c"),
      keyring.seal("p", "y", "c"),
      keyring.seal("p", "x", "d"),
      keyring.seal("q", "x", "c"),
      createKeyring([key(2)]).seal("p", "x", "c"),
      // The boundary between context and plaintext is part of what is authenticated.
      keyring.seal("p", "cx", ""),
    ];
    expect(new Set(all).size).toBe(all.length);
    expect(new Set(all.map(nonceOf)).size).toBe(all.length);
  });

  test("does not open elsewhere, or with another key", () => {
    const sealed = keyring.seal("p", "hunter2", "c");
    expect(() => keyring.open("p", sealed, "d")).toThrow(INTERNAL);
    expect(() => keyring.open("q", sealed, "c")).toThrow(INTERNAL);
    expect(() => createKeyring([key(2)]).open("p", sealed, "c")).toThrow(INTERNAL);
  });

  test("shows any flipped bit, and the error tells nothing of the value", () => {
    const sealed = Buffer.from(keyring.seal("p", "hunter2", "c").slice(SEALED_PREFIX.length), "base64");
    fc.assert(
      fc.property(fc.nat({ max: sealed.length * 8 - 1 }), (bit) => {
        const changed = Buffer.from(sealed);
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
        const open = (): string => keyring.open("p", SEALED_PREFIX + changed.toString("base64"), "c");
        expect(open).toThrow(INTERNAL);
        expect(open).not.toThrow(/hunter2/);
      }),
    );
  });

  test.each(["", "hunter2", "sealed:v1:", "sealed:v1:AAAA", "sealed:v2:AAAA", "sealed:v1:%%%%"])(
    "refuses %j",
    (sealed) => {
      expect(() => keyring.open("p", sealed, "c")).toThrow(INTERNAL);
    },
  );

  test("an older key of the ring still opens, the newest one seals", () => {
    const old = createKeyring([key(1)]).seal("p", "x", "c");
    const rotated = createKeyring([key(2), key(1)]);
    expect(rotated.open("p", old, "c")).toBe("x");
    expect(rotated.seal("p", "x", "c")).toBe(createKeyring([key(2)]).seal("p", "x", "c"));
  });
});

describe("digests", () => {
  test("are equal for equal texts only, and mean nothing under another key", () => {
    const same = fc.property(text, text, (a, b) => {
      expect(keyring.digest(a) === keyring.digest(b)).toBe(a === b);
    });
    fc.assert(same);
    expect(keyring.digest("x")).toMatch(/^[0-9a-f]{64}$/);
    expect(createKeyring([key(2)]).digest("x")).not.toBe(keyring.digest("x"));
  });
});

describe("the file of a keyring", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-keyring-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("is made at the first start, for its owner only, and read at the next", async () => {
    const path = join(folder, "keys", "master.key");
    const sealed = (await loadKeyring(path)).seal("p", "x", "c");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await loadKeyring(path)).open("p", sealed, "c")).toBe("x");
    expect(await readdir(join(folder, "keys"))).toEqual(["master.key"]);
  });

  test("is the same for all who start at once", async () => {
    const path = join(folder, "race.key");
    const rings = await Promise.all(Array.from({ length: 8 }, () => loadKeyring(path)));
    expect(new Set(rings.map((ring) => ring.digest("x"))).size).toBe(1);
    expect(rings[0]?.digest("x")).toBe((await loadKeyring(path)).digest("x"));
  });

  test("that others may read is refused", async () => {
    const path = join(folder, "open.key");
    await loadKeyring(path);
    await chmod(path, 0o640);
    await expect(loadKeyring(path)).rejects.toMatchObject({ code: "InvalidConfiguration" });
  });

  test.each(["", "\n", "hello", "sluice-keyring:v1:AAAA"])(
    "that holds %j is refused, and left as it is",
    async (content) => {
      const path = join(folder, "broken.key");
      await rm(path, { force: true });
      await writeFile(path, content, { mode: 0o600 });
      await expect(loadKeyring(path)).rejects.toMatchObject({ code: "InvalidConfiguration" });
      expect(await readFile(path, "utf8")).toBe(content);
    },
  );
});
