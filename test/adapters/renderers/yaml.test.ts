import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringifyRaw } from "../../../schemas/raw-json.ts";
import { DEFAULT_LIMITS } from "../../../adapters/renderers/limits.ts";
import { parseYaml } from "../../../adapters/renderers/yaml.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import { KEPT_WHOLE, SCALARS } from "./yaml-corpus.ts";

const parse = (text: string | Uint8Array, limits = {}) =>
  parseYaml(text, { file: "f.yaml", limits: { ...DEFAULT_LIMITS, ...limits } }).map(({ value }) => value);

function refusal(work: () => unknown): SluiceError {
  try {
    work();
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

describe("a scalar means what kubectl takes it for", () => {
  it.each(SCALARS)("%s is %s", (yaml, json) => {
    expect(parse(`v: ${yaml}\n`).map(stringifyRaw)).toEqual([`{"v":${KEPT_WHOLE.get(yaml) ?? json}}`]);
  });

  it("keeps integers beyond 2^53 whole", () => {
    expect(parse("a: 9007199254740993\nb: -9223372036854775808\nc: 5")).toEqual([
      { a: 9007199254740993n, b: -9223372036854775808n, c: 5 },
    ]);
  });

  it("leaves quoted and block scalars as text", () => {
    expect(parse(`a: "yes"\nb: '0777'\nc: |\n  on\nd: >-\n  5\n`)).toEqual([
      { a: "yes", b: "0777", c: "on\n", d: "5" },
    ]);
  });

  it.each([".inf", "-.INF", ".nan"])("refuses %s, which JSON does not have", (text) => {
    expect(refusal(() => parse(`a: 1\nb: ${text}`))).toMatchObject({ code: "RenderFailed", problems: [{ line: 2 }] });
  });
});

describe("keys and structure", () => {
  it("turns keys into text as sigs.k8s.io/yaml does", () => {
    expect(parse("1: a\nyes: b\n1.50: c\n'2': d\n0777: e\n")).toEqual([
      { "1": "a", true: "b", "1.5": "c", "2": "d", "511": "e" },
    ]);
    expect(parse("1e-7: a\n1e20: b\n123456789.5: c\n0.1: d\n.inf: e\n9223372036854775807: f")).toEqual([
      { "1e-07": "a", "1e+20": "b", "1.2345679e+08": "c", "0.1": "d", ".inf": "e", "9223372036854775807": "f" },
    ]);
    expect(refusal(() => parse("? [a]\n: b")).message).toContain("a key must be text");
    expect(refusal(() => parse("12345678901234567890: b")).message).toContain("a key must be text");
    expect(refusal(() => parse("~: b")).message).toContain("a key must be text");
  });

  it("merges with <<, own keys first and the first source before the others", () => {
    expect(parse("x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz: {<<: [*x, *y], c: 5}")[0]).toMatchObject({
      z: { a: 1, b: 2, c: 5 },
    });
    expect(refusal(() => parse("a: {<<: text}")).message).toContain("`<<` takes a map");
  });

  it("takes an alias for the newest anchor before it", () => {
    expect(parse("a: &x 1\nb: *x\nc: &x 2\nd: *x")).toEqual([{ a: 1, b: 1, c: 2, d: 2 }]);
    expect(refusal(() => parse("a: *nope")).code).toBe("RenderFailed");
  });

  it("keeps __proto__ as data", () => {
    const [value] = parse('{"__proto__": {"polluted": true}}') as [object];
    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it("refuses a key that stands there twice, with its line", () => {
    const error = refusal(() => parse("a: 1\nb: 2\na: 3"));
    expect(error).toMatchObject({ code: "RenderFailed", problems: [{ file: "f.yaml", line: 3, column: 1 }] });
    expect(error.message).toBe('f.yaml:3: the key "a" stands there twice.');
    expect(refusal(() => parse("1: a\n'1': b")).message).toContain("twice");
  });

  it("reads several documents and leaves empty ones out", () => {
    const found = parseYaml("---\n# nothing\n---\na: 1\n---\n...\n---\nb: 2\n", { file: "f", limits: DEFAULT_LIMITS });
    expect(found).toEqual([
      { value: { a: 1 }, line: 4 },
      { value: { b: 2 }, line: 8 },
    ]);
  });

  it("reads JSON", () => {
    expect(parse('{"a": [1, 2.5, true, null, "\\u00e9\\/"], "b": {"c": 12345678901234567890}}')).toEqual([
      { a: [1, 2.5, true, null, "é/"], b: { c: 12345678901234567890n } },
    ]);
  });

  it("gives back every JSON value that it is given", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const json = JSON.stringify({ value });
        if (/[\u007f-\u009f\ufeff]|__proto__/.test(json)) return;
        expect(stringifyRaw(parse(json)[0])).toBe(JSON.stringify(normalised(JSON.parse(json))));
      }),
    );
  });
});

/** kubectl has no negative zero, and no exponent that overflows. */
const normalised = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_key, item: unknown) => (Object.is(item, -0) ? 0 : item));

describe("hostile YAML ends in a clear error", () => {
  const laughs = ["a: &a [x,x,x,x,x,x,x,x,x]"];
  for (let at = 1; at < 12; at += 1) {
    const [name, before] = [String.fromCharCode(97 + at), String.fromCharCode(96 + at)];
    laughs.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(",")}]`);
  }

  it.each([
    ["an alias bomb", laughs.join("\n"), "RenderLimit"],
    ["20,000 nested lists", `a: ${"[".repeat(20_000)}${"]".repeat(20_000)}`, "RenderLimit"],
    ["20,000 open maps", `a: ${"{a: ".repeat(20_000)}`, "RenderLimit"],
    ["20,000 nested sequences", `${"- ".repeat(20_000)}a`, "RenderLimit"],
    [
      "2,000 levels of indentation",
      Array.from({ length: 2_000 }, (_, at) => `${" ".repeat(at)}a:`).join("\n"),
      "RenderLimit",
    ],
    ["an alias of itself", "a: &a [*a]", "RenderFailed"],
    ["a tab as indentation", "a:\n\t- b", "RenderFailed"],
    ["a control character", "a: b\nc: \u0007", "RenderFailed"],
    ["an open quote", 'a: "b', "RenderFailed"],
    ["an unknown directive's document", "%FOO\n---\n[", "RenderFailed"],
  ])("%s", (_name, text, code) => {
    const error = refusal(() => parse(text));
    expect(error.code).toBe(code);
    expect(error.problems[0]).toMatchObject({ file: "f.yaml", line: expect.any(Number) });
    expect(error.message.length).toBeLessThan(300);
  });

  it("bytes that are not UTF-8", () => {
    expect(refusal(() => parse(new Uint8Array([0x61, 0x3a, 0x20, 0xff])))).toMatchObject({ code: "RenderFailed" });
    expect(refusal(() => parse(Buffer.from("a: b", "utf16le")))).toMatchObject({ code: "RenderFailed" });
  });

  it("a file over the limit, unread", () => {
    expect(refusal(() => parse(Buffer.alloc(11, 97), { fileBytes: 10 })).message).toBe(
      "f.yaml has 11 bytes; the limit is 10.",
    );
  });

  it("takes a byte order mark for what it is", () => {
    expect(parse(Buffer.from("\ufeffa: 1"))).toEqual([{ a: 1 }]);
  });

  it.each([
    ["[] ", 80_000],
    ["! ", 100_000],
    ['"', 200_000],
  ])("%j over and over is refused at once", (piece, times) => {
    const started = performance.now();
    expect(refusal(() => parse(piece.repeat(times)))).toMatchObject({ code: "RenderFailed" });
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(Error.stackTraceLimit).toBeGreaterThan(0);
  });

  it("whatever the text, only ever a SluiceError", () => {
    const piece = fc.constantFrom(
      "a",
      ":",
      " ",
      "\n",
      "-",
      "[",
      "]",
      "{",
      "}",
      "&x",
      "*x",
      "!",
      "|",
      ">",
      "'",
      '"',
      "#",
      "%",
      "?",
      ",",
      "---",
      "<<",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        try {
          parse(pieces.join(""));
        } catch (error) {
          expect(error).toBeInstanceOf(SluiceError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
