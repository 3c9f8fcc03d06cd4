/**
 * What runs before a health.lua: the world it sees. Argo CD's runner is Lua 5.1 with the base, table, string and math libraries and
 * `os.time` and `os.date`; this is Lua 5.4, so what 5.1 had is put back. Nothing loads code, reads files, prints, or looks into the
 * virtual machine. Called with the script and the object; returns the type of what came back, its status and its message.
 */
export const PRELUDE = `
local script, obj = ...

local function pick(from, names)
  local picked = {}
  for name in string.gmatch(names, "%S+") do picked[name] = from[name] end
  return picked
end

local env = pick(_G, "assert error ipairs next pairs pcall select tonumber tostring type xpcall "
  .. "rawequal rawget rawlen rawset getmetatable")
env._G = env
env._VERSION = "Lua 5.1"
env.string = pick(string, "byte char find format gmatch gsub len lower match rep reverse sub upper")
env.table = pick(table, "concat insert remove sort unpack")
env.math = pick(math, "abs acos asin atan ceil cos deg exp floor fmod huge log max min modf pi rad random sin sqrt tan")
env.os = pick(os, "time date difftime")
env.obj = obj
env.actionParams = {}

local floor, mathtype, tointeger = math.floor, math.type, math.tointeger
local format, rep = string.format, string.rep

-- 5.1 has one kind of number and writes a whole one without a fraction.
local function whole(value)
  if mathtype(value) == "float" then return tointeger(value) or value end
  return value
end
local tonumber51 = tonumber
env.tonumber = function(...) return whole(tonumber51(...)) end
local tostring51 = tostring
env.tostring = function(value) return tostring51(whole(value)) end
env.string.format = function(template, ...)
  local values = table.pack(...)
  local at = 0
  for flags, letter in string.gmatch(template, "%%([-+ #0-9.]*)(.)") do
    if letter ~= "%" then
      at = at + 1
      if string.find("dioxXuc", letter, 1, true) and mathtype(values[at]) == "float" then
        values[at] = tointeger(floor(values[at]))
      elseif letter == "s" then
        values[at] = whole(values[at])
      end
    end
  end
  return format(template, table.unpack(values, 1, values.n))
end
env.string.gfind = env.string.gmatch

-- A finalizer would run later, in somebody else's turn, where no limit reaches it. 5.1 has none for tables.
env.setmetatable = function(value, meta)
  if type(meta) == "table" and rawget(meta, "__gc") ~= nil then error("__gc is not there", 2) end
  return setmetatable(value, meta)
end
env.unpack = table.unpack
env.table.getn = function(list) return #list end
env.table.maxn = function(list)
  local most = 0
  for key in pairs(list) do
    if type(key) == "number" and key > most then most = key end
  end
  return most
end
env.table.foreach = function(list, each)
  for key, value in pairs(list) do
    local found = each(key, value)
    if found ~= nil then return found end
  end
end
env.table.foreachi = function(list, each)
  for key, value in ipairs(list) do
    local found = each(key, value)
    if found ~= nil then return found end
  end
end
env.math.pow = function(base, exponent) return base ^ exponent end
env.math.mod = math.fmod
env.math.log10 = function(value) return math.log(value, 10) end
env.math.atan2 = math.atan
env.math.ldexp = function(value, exponent) return value * 2.0 ^ exponent end
env.require = function(name)
  local library = ({ os = env.os, string = env.string, table = env.table, math = env.math })[name]
  if library == nil then error("module '" .. tostring51(name) .. "' is not there", 2) end
  return library
end
-- Methods of texts are those of the library above, not those of the one below it.
texts = texts or getmetatable("")
texts.__index = env.string
texts.__metatable = false

local run, problem = load(script, "=health.lua", "t", env)
if run == nil then return "syntax", problem end
if obj == nil then return "compiled" end
local result = run()
if type(result) ~= "table" then return type(result) end
local status, message = rawget(result, "status"), rawget(result, "message")
return "table", status, type(message) == "number" and env.tostring(message) or message, next(result) == nil
`;
