import { LuaFactory, LuaLibraries } from "wasmoon";
import { HEALTH_ORDER, type HealthStatus } from "../../schemas/operation.ts";
import { type Checked, type CheckProblem, shortened } from "./check.ts";
import { PRELUDE } from "./lua-prelude.ts";

/** What a script may use up. */
export interface LuaLimits {
  milliseconds: number;
  memoryBytes: number;
}

type Engine = Awaited<ReturnType<LuaFactory["createEngine"]>>;

const LIBRARIES = [LuaLibraries.Base, LuaLibraries.Table, LuaLibraries.String, LuaLibraries.Math, LuaLibraries.OS];

let factory: LuaFactory | undefined;

/** A state of its own for every run: nothing that one script did is seen by the next. */
async function withEngine<Result>(use: (engine: Engine) => Result): Promise<Result> {
  factory ??= new LuaFactory();
  const engine = await factory.createEngine({
    openStandardLibs: false,
    enableProxy: false,
    injectObjects: false,
    traceAllocations: true,
  });
  try {
    for (const library of LIBRARIES) engine.global.loadLibrary(library);
    return use(engine);
  } finally {
    engine.global.close();
  }
}

/** The object as Lua takes it: what is null in JSON is absent there. */
const luaObject = (json: string): unknown =>
  JSON.parse(json, (_key, value: unknown) => (value === null ? undefined : value)) as unknown;

/** Runs the prelude with the script, within the limits; the values that it returns. */
function run({ global: state }: Engine, script: string, object: unknown, limits: LuaLimits): unknown[] {
  state.loadString(PRELUDE, "=prelude");
  state.pushValue(script);
  state.pushValue(object);
  // From here on, so that handing over a large object never fails half-way.
  state.setMemoryMax(state.getMemoryUsed() + limits.memoryBytes);
  state.setTimeout(Date.now() + limits.milliseconds);
  return [...state.runSync(2)] as unknown[];
}

/** Runs a health.lua on an object. Throws nothing of the script's: what went wrong is the outcome. */
export async function checkByLua(script: string, json: string, limits: LuaLimits): Promise<Checked> {
  return await withEngine((engine): Checked => {
    try {
      return outcomeOf(run(engine, script, luaObject(json), limits));
    } catch (thrown) {
      return failureOf(thrown, limits);
    }
  });
}

function outcomeOf([type, status, message, empty]: unknown[]): Checked {
  if (type === "syntax") return { outcome: "failed", message: shortened(String(status)) };
  if (type === "nil" || (type === "table" && empty === true)) {
    return { outcome: "silent", waits: false };
  }
  if (type !== "table") return { outcome: "failed", message: `it returned a ${String(type)}, not a table` };
  if (!isStatus(status)) {
    const got = typeof status === "string" ? `"${status.slice(0, 50)}"` : "none";
    return { outcome: "judged", status: "Unknown", message: `health.lua returned an invalid health status: ${got}` };
  }
  const text = typeof message === "string" && message !== "" ? { message: shortened(message) } : {};
  return { outcome: "judged", status, ...text };
}

const isStatus = (text: unknown): text is HealthStatus => HEALTH_ORDER.includes(text as HealthStatus);

function failureOf(thrown: unknown, { milliseconds, memoryBytes }: LuaLimits): Checked {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  if (/timeout exceeded/.test(text)) {
    return { outcome: "failed", message: `it exceeded ${milliseconds / 1_000} s`, tooFar: true };
  }
  if (/not enough memory/.test(text)) {
    const megabytes = Math.round(memoryBytes / 2 ** 20);
    return { outcome: "failed", message: `it exceeded ${megabytes} MiB of memory`, tooFar: true };
  }
  return { outcome: "failed", message: shortened(text.replace(/\nstack traceback:[\s\S]*$/, "")) };
}

/** Whether the script is Lua at all; nothing of it is run. */
export async function luaProblems(script: string, limits: LuaLimits): Promise<CheckProblem[]> {
  return await withEngine((engine) => {
    const [type, problem] = run(engine, script, undefined, limits);
    return type === "syntax" ? [{ path: ["lua"], message: `is not valid Lua: ${shortened(String(problem))}` }] : [];
  });
}
