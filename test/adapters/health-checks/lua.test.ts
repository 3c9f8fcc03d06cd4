import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkByLua, luaProblems } from "../../../adapters/health-checks/lua.ts";

const LIMITS = { milliseconds: 1_000, memoryBytes: 32 * 2 ** 20 };
const run = (script: string, object: unknown = {}) => checkByLua(script, JSON.stringify(object), LIMITS);
const value = async (expression: string, object: unknown = {}): Promise<string | undefined> => {
  const checked = await run(`return { status = "Healthy", message = tostring(${expression}) }`, object);
  return "message" in checked ? checked.message : undefined;
};

describe("health.lua", () => {
  const script = `
    local hs = {}
    if obj.status ~= nil and obj.status.conditions ~= nil then
      for _, condition in ipairs(obj.status.conditions) do
        if condition.type == "Ready" and condition.status == "True" then
          hs.status = "Healthy"
          hs.message = condition.message
          return hs
        end
        if condition.type == "Ready" then
          return { status = "Degraded", message = condition.reason .. ": " .. condition.message }
        end
      end
    end
    hs.status = "Progressing"
    hs.message = "Waiting for " .. obj.metadata.name
    return hs`;

  test("is run on the object as the global obj, and returns status and message", async () => {
    const metadata = { name: "db" };
    const ready = (status: string) => ({ type: "Ready", status, reason: "Quota", message: "3 of 3" });
    expect(await run(script, { metadata })).toEqual({
      outcome: "judged",
      status: "Progressing",
      message: "Waiting for db",
    });
    expect(await run(script, { metadata, status: { conditions: [ready("True")] } })).toMatchObject({
      status: "Healthy",
      message: "3 of 3",
    });
    expect(await run(script, { metadata, status: { conditions: [ready("False")] } })).toMatchObject({
      status: "Degraded",
      message: "Quota: 3 of 3",
    });
  });

  test("what is null in JSON is nil, lists begin at 1, and whole numbers stay whole", async () => {
    const object = { none: null, list: ["a", "b"], number: 3, half: 1.5, text: "3" };
    expect(await value("obj.none == nil and obj.list[1] .. #obj.list .. obj.number .. obj.half", object)).toBe(
      "a231.5",
    );
    expect(await value("obj.number == tonumber(obj.text)", object)).toBe("true");
    expect(await value("next(obj.list) ~= nil", object)).toBe("true");
  });

  test("what Lua 5.1 had is there", async () => {
    expect(await value("table.getn({1, 2, 3})")).toBe("3");
    expect(await value("select('#', unpack({1, 2}))")).toBe("2");
    expect(await value("math.pow(2, 10)")).toBe("1024");
    expect(await value("10 / 2")).toBe("5");
    expect(await value("string.format('%d of %s', 6 / 2, 4 / 2)")).toBe("3 of 2");
    expect(await value("('Ready'):lower() .. string.gsub('a-b', '-', '+')")).toBe("readya+b");
    expect(await value("table.concat({'a', 'b'}, ',') .. math.mod(7, 4)")).toBe("a,b3");
    expect(
      await value("os.time({year = 2026, month = 1, day = 2, hour = 0}) > 1700000000 and require('os').date('!%Y', 0)"),
    ).toBe("1970");
    expect(
      await run(
        `for _, x in ipairs({1, 2}) do if x == 1 then goto continue end do return { status = "Healthy" } end ::continue:: end`,
      ),
    ).toMatchObject({ status: "Healthy" });
  });

  test.each([
    ["os.execute"],
    ["os.exit"],
    ["os.getenv"],
    ["io"],
    ["package"],
    ["debug"],
    ["load"],
    ["loadstring"],
    ["dofile"],
    ["collectgarbage"],
    ["string.dump"],
    ["coroutine"],
    ["print"],
  ])("%s is not there", async (name) => {
    expect(await value(`type(${name})`)).toBe("nil");
  });

  test("the library of texts can't be reached, and so not changed, through a text", async () => {
    expect(await value("getmetatable('')")).toBe("false");
  });

  test("one script leaves nothing behind for the next", async () => {
    await run("secret = 'x'; string.format = nil; return { status = 'Healthy' }");
    expect(await value("secret")).toBe("nil");
    expect(await value("string.format('%s', 1)")).toBe("1");
  });

  test("nothing of a script runs after it: finalizers are refused, other metamethods work", async () => {
    const later = "setmetatable({}, { __gc = function() while true do end end }) return { status = 'Healthy' }";
    expect(await run(later)).toEqual({ outcome: "failed", message: "health.lua:1: __gc is not there" });
    expect(await value("setmetatable({}, { __index = function(_, key) return key end }).name")).toBe("name");
  });

  test("returning nothing leaves the kind as it is; a wrong status is Unknown, as in Argo CD", async () => {
    expect(await run("return nil")).toEqual({ outcome: "silent", waits: false });
    expect(await run("local x = 1")).toEqual({ outcome: "silent", waits: false });
    expect(await run("return {}")).toEqual({ outcome: "silent", waits: false });
    expect(await run("return { status = 'Great' }")).toMatchObject({
      outcome: "failed",
      noHealth: true,
      message: 'it returned an invalid health status: "Great"',
    });
    expect(await run("return { message = 'x' }")).toMatchObject({
      noHealth: true,
      message: "it returned an invalid health status: none",
    });
  });

  test("returning anything else, an error, and text that is no Lua fail with the reason and the line", async () => {
    expect(await run("return 'Healthy'")).toEqual({ outcome: "failed", message: "it returned a string, not a table" });
    expect(await run("local x\n\nreturn obj.status.phase")).toMatchObject({
      outcome: "failed",
      message: /^health.lua:3: attempt to index a nil value/,
    });
    expect(await run("error('no')")).toEqual({ outcome: "failed", message: "health.lua:1: no" });
    expect(await run("if then")).toMatchObject({ outcome: "failed", message: /^health.lua:1: / });
  });

  test("a loop, endless recursion and a memory bomb end within the limits", async () => {
    const brief = { milliseconds: 100, memoryBytes: 8 * 2 ** 20 };
    const bomb = (script: string) => checkByLua(script, "{}", brief);
    expect(await bomb("while true do end")).toEqual({ outcome: "failed", message: "it exceeded 0.1 s", tooFar: true });
    expect(await bomb("return string.rep('x', 1e9)")).toEqual({
      outcome: "failed",
      message: "it exceeded 8 MiB of memory",
      tooFar: true,
    });
    expect(await bomb("local s = 'x' while true do s = s .. s end")).toMatchObject({ tooFar: true });
    expect(await bomb("local t = {} while true do t[#t + 1] = {} end")).toMatchObject({ tooFar: true });
    expect(await bomb("local function f() return 1 + f() end return f()")).toMatchObject({ outcome: "failed" });
    expect(await run("return { status = 'Healthy' }")).toMatchObject({ status: "Healthy" });
  });
});

test("an object comes through as it is, whatever its texts hold", async () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom('"]]', "\\", "\n\r\0", "]=]", "ü", "\\065", "\u2028"),
  );
  await fc.assert(
    fc.asyncProperty(text, text, async (name, value) => {
      const script = `
        local found = {}
        for key, value in pairs(obj.map) do table.insert(found, #key .. ":" .. #value) end
        return { status = "Healthy", message = table.concat(found) .. "/" .. (obj.same == obj.list[1] and #obj.list or "no") }`;
      const bytes = (of: string) => Buffer.byteLength(of);
      expect(await run(script, { map: { [name]: value }, same: value, list: [value, name] })).toMatchObject({
        message: `${bytes(name)}:${bytes(value)}/2`,
      });
    }),
    { numRuns: 200 },
  );
  expect(await value("obj.big == math.huge and obj.none == nil", { big: 1, none: null })).toBe("false");
  const deep = JSON.parse(`${"[".repeat(500)}${"]".repeat(500)}`) as unknown;
  expect((await run("return { status = 'Healthy' }", deep)).outcome).toBe("failed");
});

test("a script is looked over without being run", async () => {
  expect(await luaProblems("while true do end", LIMITS)).toEqual([]);
  expect(await luaProblems("local x =\nreturn", LIMITS)).toEqual([
    { path: ["lua"], message: expect.stringMatching(/^is not valid Lua: health.lua:2: /) },
  ]);
  expect(await luaProblems("\x1bLua", LIMITS)).toMatchObject([{ message: /not valid Lua/ }]);
});
