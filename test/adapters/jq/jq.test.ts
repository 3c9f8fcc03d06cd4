import { afterAll, describe, expect, test } from "vitest";
import { createJq } from "../../../adapters/jq/jq.ts";

const jq = createJq();
afterAll(() => jq.close());

const deployment = {
  spec: {
    replicas: 3,
    template: { spec: { containers: [{ name: "web" }, { name: "istio-proxy", image: "p:1" }], volumes: [1, 2, 3] } },
  },
};

describe("the paths that an expression names", () => {
  test.each([
    [".spec.replicas", [["spec", "replicas"]]],
    [
      '.spec.template.spec.containers[] | select(.name == "istio-proxy")',
      [["spec", "template", "spec", "containers", 1]],
    ],
    [".spec.template.spec.volumes[-1]", [["spec", "template", "spec", "volumes", -1]]],
    [".spec.template.spec.volumes[1:]", [["spec", "template", "spec", "volumes", { start: 1, end: null }]]],
    [".spec.replicas # of the autoscaler", [["spec", "replicas"]]],
    [
      "(.spec.replicas, .spec.paused)",
      [
        ["spec", "replicas"],
        ["spec", "paused"],
      ],
    ],
    [".spec.replicas[]", []],
    ['error("x")', []],
    ["halt", []],
    ["input", []],
  ])("%s", async (expression, paths) => {
    expect(await jq.paths(expression, deployment)).toEqual(paths);
  });

  test("nothing of this process is to be seen by it", async () => {
    process.env["SLUICE_CANARY"] = "x";
    const own = createJq();
    try {
      expect(
        await own.paths(".a | select(env.SLUICE_CANARY == null and $ENV.SLUICE_CANARY == null)", { a: 1 }),
      ).toEqual([["a"]]);
    } finally {
      delete process.env["SLUICE_CANARY"];
      await own.close();
    }
  });

  test("an integer beyond 2^53 keeps all its digits", async () => {
    const big = { list: [{ id: 9007199254740993n }, { id: 9007199254740992n }] };
    expect(await jq.paths('.list[] | select((.id | tostring) == "9007199254740993")', big)).toEqual([["list", 0]]);
  });

  test("a large object is no slow one", async () => {
    const data = Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`key-${at}`, "v".repeat(100)]));
    expect(await jq.paths('.data["key-7"]', { data })).toEqual([["data", "key-7"]]);
  });
});

describe("what is wrong with an expression", () => {
  test.each([
    [".spec |", "syntax error: unexpected end of the expression"],
    [".spec.template.spec.containers[", "syntax error: unexpected end of the expression"],
    [".a[] | nope", "nope/0 is not defined"],
    [".a\n| ]", "syntax error: unexpected character"],
    [".a) , (.b", "syntax error: unexpected end of the expression"],
    ["last(repeat(1))", "it did not end within 1 s"],
    [".spec.replicas == 3", "it names no field: a path is expected, such as .spec.replicas"],
  ])("%s", async (expression, problem) => {
    expect(await jq.problem(expression)).toBe(problem);
  });

  test.each([
    ".spec.replicas",
    ".a[] | select(.b == 1)",
    ".a[]?.b",
    '.metadata.annotations["x/y"]',
    ".. | .image?",
    "def f: .a; f",
  ])("nothing is wrong with %s", async (expression) => {
    expect(await jq.problem(expression)).toBeUndefined();
  });
});

test("an endless expression is ended after its time, holds up nobody twice, and others go on", async () => {
  const short = createJq({ limitMs: 200 });
  try {
    const endless = ".a | select(last(repeat(1)) == 1)";
    const expected = { code: "RenderLimit", message: expect.stringContaining("took longer than 0.2 s") };
    await expect(short.paths(endless, { a: 1 })).rejects.toMatchObject(expected);
    const begun = performance.now();
    await expect(short.paths(endless, { a: 2 })).rejects.toMatchObject(expected);
    expect(performance.now() - begun).toBeLessThan(150);
    expect(await short.paths(".a", { a: 1 })).toEqual([["a"]]);
  } finally {
    await short.close();
  }
});

test("an endless expression delays no other that was quick before", async () => {
  const long = createJq({ limitMs: 3_000 });
  try {
    expect(await long.paths(".a", { a: 1 })).toEqual([["a"]]);
    const order: string[] = [];
    const endless = long.paths(".a | select(last(repeat(1)) == 1)", { a: 1 }).catch(() => order.push("endless"));
    const other = long.paths(".a", { a: 2 }).then(() => order.push("quick"));
    await Promise.all([endless, other]);
    expect(order).toEqual(["quick", "endless"]);
  } finally {
    await long.close();
  }
});

test("one that takes all memory is ended as one that takes too long", async () => {
  await expect(jq.paths(".a | select([range(1e9)] | length > 1)", { a: 1 })).rejects.toMatchObject({
    code: "RenderLimit",
  });
  expect(await jq.paths(".a", { a: 1 })).toEqual([["a"]]);
});

test("what is not jq is said to be so", async () => {
  await expect(jq.paths(".a |", {})).rejects.toMatchObject({ code: "InvalidInput" });
});
