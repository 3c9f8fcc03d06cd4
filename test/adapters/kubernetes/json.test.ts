import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringifyForApply } from "../../../adapters/kubernetes/json.ts";
import { parseRaw, stringifyRaw } from "../../../schemas/raw-json.ts";

describe("parseRaw and stringifyRaw", () => {
  test("integers beyond the safe range are bigints, all other numbers stay numbers", () => {
    expect(parseRaw("[9007199254740991,9007199254740992,-9007199254740993,1e21,12345678901234567890.5,0]")).toEqual([
      9007199254740991,
      9007199254740992n,
      -9007199254740993n,
      1e21,
      Number("12345678901234567890.5"),
      0,
    ]);
  });

  test("digits in strings and keys are left alone", () => {
    const text = '{"12345678901234567890":"99999999999999999999","n":1}';
    expect(parseRaw(text)).toEqual({ "12345678901234567890": "99999999999999999999", n: 1 });
    expect(stringifyRaw(parseRaw(text))).toBe(text);
  });

  test("any 64-bit integer survives the round trip with every digit", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n }), (integer) => {
        const text = `{"a":[${integer}],"b":{"c":${integer}}}`;
        expect(stringifyRaw(parseRaw(text))).toBe(text);
      }),
    );
  });

  test("any JSON is read as JSON.parse reads it", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(stringifyRaw(parseRaw(text))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  test("what cannot be written is an error and not a silent loss", () => {
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    expect(() => stringifyRaw(cycle)).toThrow(TypeError);
    expect(() => parseRaw("{")).toThrow(SyntaxError);
  });
});

test("the body of an apply is pure of characters that YAML reads otherwise, and the same JSON", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const body = stringifyForApply({ text });
      expect(JSON.parse(body)).toEqual({ text });
      expect(body).not.toMatch(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/);
    }),
  );
});
