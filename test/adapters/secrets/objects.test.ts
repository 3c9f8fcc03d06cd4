import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createKeyring } from "../../../adapters/secrets/keyring.ts";
import { maskObject, openObject, sealObject } from "../../../adapters/secrets/objects.ts";
import type { RawObject } from "../../../schemas/artifact.ts";

const keyring = createKeyring([new Uint8Array(32).fill(7)]);
const APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
const CANARY = "canary-3b7f";
const base64 = (text: string): string => Buffer.from(text).toString("base64");

const secret = (more: Record<string, unknown> = {}, metadata: Record<string, unknown> = {}): RawObject => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "db", namespace: "shop", ...metadata },
  ...more,
});

const value = fc.oneof(fc.string(), fc.string().map(base64), fc.constant(CANARY), fc.constant(null), fc.integer());
const values = fc.dictionary(fc.string({ minLength: 1 }), value, { noNullPrototype: true });
const secrets = fc
  .record({ data: values, stringData: values, applied: fc.string() }, { requiredKeys: [] })
  .map(({ applied, ...rest }) =>
    secret(rest, applied === undefined ? {} : { annotations: { team: "a", [APPLIED]: applied } }),
  );

describe("sealing objects", () => {
  test("opens to the very same object, and gives equal text for equal objects", () => {
    fc.assert(
      fc.property(secrets, (object) => {
        const before = structuredClone(object);
        const sealed = sealObject(object, keyring);
        expect(object).toEqual(before);
        expect(openObject(sealed, keyring)).toEqual(object);
        expect(JSON.stringify(sealObject(object, keyring))).toBe(JSON.stringify(sealed));
      }),
    );
  });

  test("leaves no value readable, in data, stringData or kubectl's annotation", () => {
    const object = secret(
      { data: { a: base64(CANARY) }, stringData: { b: CANARY } },
      { annotations: { [APPLIED]: JSON.stringify({ stringData: { b: CANARY } }), owner: "kept" } },
    );
    for (const hidden of [sealObject(object, keyring), maskObject(object, keyring)]) {
      const text = JSON.stringify(hidden);
      expect(text).not.toContain(CANARY);
      expect(text).not.toContain(base64(CANARY));
      expect(hidden.metadata.annotations?.["owner"]).toBe("kept");
    }
  });

  test("hides values of the wrong type too", () => {
    for (const data of [CANARY, [CANARY], 5]) {
      expect(JSON.stringify(sealObject(secret({ data }), keyring))).not.toContain(CANARY);
      expect(JSON.stringify(maskObject(secret({ data }), keyring))).not.toContain(CANARY);
      expect(openObject(sealObject(secret({ data }), keyring), keyring)).toEqual(secret({ data }));
    }
  });

  test("goes by what the object says it is", () => {
    const configMap = { ...secret({ data: { a: "plain" } }), kind: "ConfigMap" };
    const custom = { ...secret({ data: { a: "plain" } }), apiVersion: "example.com/v1" };
    for (const object of [configMap, custom]) {
      expect(sealObject(object, keyring)).toBe(object);
      expect(maskObject(object, keyring)).toBe(object);
      expect(openObject(object, keyring)).toBe(object);
    }
  });

  test.each([
    ["v1", "secret"],
    ["v2", "Secret"],
    ["V1", "SECRET"],
    ["", "Secret"],
  ])("hides the values of what was meant as a Secret: %s %s", (apiVersion, kind) => {
    const object = { apiVersion, kind, metadata: { name: "a" }, data: { k: "Q0FOQVJZ" }, stringData: { k: "CANARY" } };
    for (const shown of [maskObject(object, keyring), sealObject(object, keyring)]) {
      expect(JSON.stringify(shown)).not.toMatch(/CANARY|Q0FOQVJZ/);
    }
    expect(openObject(sealObject(object, keyring), keyring)).toEqual(object);
  });
  test("reaches into lists", () => {
    const list = {
      apiVersion: "v1",
      kind: "List",
      metadata: { name: "" },
      items: [secret({ stringData: { a: CANARY } }), { apiVersion: "v1", kind: "ConfigMap" }],
    };
    const { apiVersion: _, kind: __, ...bare } = secret({ stringData: { a: CANARY } });
    const typed = { apiVersion: "v1", kind: "SecretList", metadata: { name: "" }, items: [bare] };
    for (const object of [list, typed] as RawObject[]) {
      expect(JSON.stringify(sealObject(object, keyring))).not.toContain(CANARY);
      expect(openObject(sealObject(object, keyring), keyring)).toEqual(object);
    }
  });

  test("binds a value to its place: moved to another field or object, it does not open", () => {
    const sealed = sealObject(secret({ data: { a: base64("x") } }), keyring);
    const a = (sealed["data"] as { a: string }).a;
    expect(() => openObject(secret({ data: { b: a } }), keyring)).toThrow(/does not open/);
    expect(() => openObject(secret({ data: { a } }, { namespace: "other" }), keyring)).toThrow(/does not open/);
  });

  test("does not take a value for sealed that only looks so: sealed twice by a repository, it opens to its text", () => {
    const foreign = (sealObject(secret({ data: { a: base64("x") } }), keyring)["data"] as { a: string }).a;
    const planted = secret({ data: { a: foreign } });
    expect(openObject(sealObject(planted, keyring), keyring)).toEqual(planted);
  });

  test("refuses to open what was never sealed", () => {
    expect(() => openObject(secret({ data: { a: "plain" } }), keyring)).toThrow(/does not open/);
  });
});

describe("masking objects", () => {
  const masked = (object: RawObject) =>
    maskObject(object, keyring) as unknown as { data?: Record<string, string>; stringData?: Record<string, string> };

  test("shows that a value changed, and that stringData says the same as data", () => {
    const live = masked(secret({ data: { a: base64("x") } })).data?.["a"];
    expect(live).toMatch(/^keyed:[0-9a-f]{64}$/);
    expect(masked(secret({ stringData: { a: "x" } })).stringData?.["a"]).toBe(live);
    expect(masked(secret({ data: { a: base64("y") } })).data?.["a"]).not.toBe(live);
  });

  test("does not show that two values are the same elsewhere", () => {
    const [a, b] = Object.values(masked(secret({ data: { a: base64("x"), b: base64("x") } })).data ?? {});
    expect(a).not.toBe(b);
  });

  test("tells bytes apart that are not UTF-8", () => {
    const of = (bytes: number[]): string | undefined =>
      masked(secret({ data: { a: Buffer.from(bytes).toString("base64") } })).data?.["a"];
    expect(of([0xff])).not.toBe(of([0xfe]));
  });

  test("never throws, whatever the shape", () => {
    const anything = fc
      .object()
      .map((shape) => ({ ...shape, apiVersion: "v1", kind: "Secret" }) as unknown as RawObject);
    fc.assert(fc.property(anything, (object) => void maskObject(object, keyring)));
  });
});
