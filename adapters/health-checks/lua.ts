import { LuaEventMasks, LuaFactory, LuaLibraries, type LuaThread } from "wasmoon";
import { HEALTH_ORDER, type HealthStatus } from "../../schemas/operation.ts";
import { type Checked, type CheckProblem, shortened } from "./check.ts";
import { luaLiteral } from "./lua-literal.ts";
import { PRELUDE } from "./lua-prelude.ts";

/** What a script may use up. */
export interface LuaLimits {
  milliseconds: number;
  memoryBytes: number;
}

type Engine = Awaited<ReturnType<LuaFactory["createEngine"]>>;

const LIBRARIES = [LuaLibraries.Base, LuaLibraries.Table, LuaLibraries.String, LuaLibraries.Math, LuaLibraries.OS];

let factory: LuaFactory | undefined;
let machine: { engine: Engine; runs: number } | undefined;

/** A virtual machine is begun anew after so many runs, whatever they left in its memory. */
const MOST_RUNS = 500;
/** Where the prelude waits in the globals of the virtual machine, which no script sees. */
const ENTRY = "prelude";

async function start(): Promise<Engine> {
  factory ??= new LuaFactory();
  const engine = await factory.createEngine({
    openStandardLibs: false,
    enableProxy: false,
    injectObjects: false,
    traceAllocations: true,
  });
  const { global: state } = engine;
  for (const library of LIBRARIES) state.loadLibrary(library);
  state.loadString(PRELUDE, "=prelude");
  state.lua.lua_setglobal(state.address, ENTRY);
  return engine;
}

/**
 * Uses the virtual machine, which is begun anew after whatever went wrong in it. The prelude makes a world of its own for every run, so
 * that nothing of one is seen by the next.
 */
async function withMachine<Result>(use: (engine: Engine) => Result): Promise<Result> {
  machine ??= { engine: await start(), runs: 0 };
  const { engine } = machine;
  machine.runs += 1;
  let well = false;
  try {
    const result = use(engine);
    well = machine.runs < MOST_RUNS;
    return result;
  } catch (thrown) {
    // Not an error of Lua but of the WebAssembly below it: its memory is not to be relied on any more.
    if (!(thrown instanceof Error) || thrown.constructor !== Error) factory = undefined;
    throw thrown;
  } finally {
    if (!well) {
      machine = undefined;
      if (factory) engine.global.close();
    }
  }
}

/** Runs the prelude with the script, within the limits; the values that it returns. Without an object the script is only read. */
function run({ global: state }: Engine, script: string, object: string | undefined, limits: LuaLimits): unknown[] {
  const thread = state.newThread();
  let release: (() => void) | undefined;
  try {
    thread.lua.lua_getglobal(thread.address, ENTRY);
    thread.pushValue(script);
    // Read by Lua itself: to hand over one field after the other takes ten times as long.
    thread.loadString(`return ${object ?? "nil"}`, "=object");
    thread.assertOk(thread.lua.lua_pcallk(thread.address, 0, 1, 0, 0, null));
    // From here on, so that a large object leaves as much as a small one.
    state.setMemoryMax(state.getMemoryUsed() + limits.memoryBytes);
    release = endAfter(thread, limits.milliseconds);
    return [...thread.runSync(2)] as unknown[];
  } finally {
    release?.();
    state.setMemoryMax(undefined);
    thread.close();
    state.setTop(0);
  }
}

/** Instructions between two looks at the time. */
const LOOK_EVERY = 1_000;

/** Has the virtual machine end what runs in a thread after so much processor time. Returns how to take that back. */
function endAfter(thread: LuaThread, milliseconds: number): () => void {
  const { lua, address } = thread;
  const end = processorTime() + milliseconds;
  const hook = lua.module.addFunction(() => {
    if (processorTime() < end) return;
    thread.pushValue(USED_UP);
    lua.lua_error(address);
  }, "vii") as number;
  lua.lua_sethook(address, hook, LuaEventMasks.Count, LOOK_EVERY);
  return () => {
    lua.lua_sethook(address, null, 0, 0);
    lua.module.removeFunction(hook);
  };
}

const USED_UP = "timeout exceeded";

/** Milliseconds of this thread; all time that passes where Node can't tell (before 23.9). */
function processorTime(): number {
  if (typeof process.threadCpuUsage !== "function") return performance.now();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** Runs a health.lua on an object. Throws nothing of the script's: what went wrong is the outcome. */
export async function checkByLua(script: string, json: string, limits: LuaLimits): Promise<Checked> {
  try {
    const object = luaLiteral(JSON.parse(json));
    return outcomeOf(await withMachine((engine) => run(engine, script, object, limits)));
  } catch (thrown) {
    return failureOf(thrown, limits);
  }
}

function outcomeOf([type, status, message, empty]: unknown[]): Checked {
  if (type === "syntax") return { outcome: "failed", message: shortened(String(status)) };
  if (type === "nil" || (type === "table" && empty === true)) {
    return { outcome: "silent", waits: false };
  }
  if (type !== "table") return { outcome: "failed", message: `it returned a ${String(type)}, not a table` };
  if (!isStatus(status)) {
    const got = typeof status === "string" ? `"${status.slice(0, 50)}"` : "none";
    // Unknown, as in Argo CD.
    return { outcome: "failed", noHealth: true, message: `it returned an invalid health status: ${got}` };
  }
  const text = typeof message === "string" && message !== "" ? { message: shortened(message) } : {};
  return { outcome: "judged", status, ...text };
}

const isStatus = (text: unknown): text is HealthStatus => HEALTH_ORDER.includes(text as HealthStatus);

function failureOf(thrown: unknown, { milliseconds, memoryBytes }: LuaLimits): Checked {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  if (text.includes(USED_UP)) {
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
  const [type, problem] = await withMachine((engine) => run(engine, script, undefined, limits));
  return type === "syntax" ? [{ path: ["lua"], message: `is not valid Lua: ${shortened(String(problem))}` }] : [];
}
