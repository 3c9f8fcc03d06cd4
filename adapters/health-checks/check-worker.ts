import { parentPort } from "node:worker_threads";
import { celProblems, checkByCel } from "./cel.ts";
import { evaluateGate, type GateAnswer, gateProblem } from "./gate-cel.ts";
import type { Checked, CheckProblem, HealthCheck } from "./check.ts";
import { checkByLua, luaProblems, type LuaLimits } from "./lua.ts";

/** What the thread is asked: to judge an object, given as JSON, to look a check over, or the same of a gate's expression. */
export type CheckRequest =
  | { task: "judge"; check: HealthCheck; object: string; limits: LuaLimits }
  | { task: "look"; check: HealthCheck; limits: LuaLimits }
  /** A gate's expression over variables given as JSON; without variables it is only looked over. */
  | { task: "gate"; expression: string; variables?: string };

export type CheckAnswer =
  | { ready: true }
  | { checked: Checked }
  | { problems: CheckProblem[] }
  | { gate: GateAnswer }
  | { problem: string | undefined }
  | { broken: string };

async function answer(request: CheckRequest): Promise<CheckAnswer> {
  if (request.task === "gate") {
    const { expression, variables } = request;
    return variables === undefined
      ? { problem: gateProblem(expression) }
      : { gate: evaluateGate(expression, variables) };
  }
  const { check, limits } = request;
  if (request.task === "look") {
    const lua = check.lua === undefined ? [] : await luaProblems(check.lua, limits);
    return { problems: [...(check.cel === undefined ? [] : celProblems(check.cel)), ...lua] };
  }
  if (check.cel !== undefined) return { checked: checkByCel(check.cel, request.object) };
  return { checked: await checkByLua(check.lua ?? "", request.object, limits) };
}

parentPort?.on("message", (request: CheckRequest) => {
  answer(request).then(
    (given) => parentPort?.postMessage(given),
    // The virtual machine itself failed: this thread is of no more use.
    (thrown: unknown) =>
      parentPort?.postMessage({
        broken: thrown instanceof Error ? thrown.message : String(thrown),
      } satisfies CheckAnswer),
  );
});
parentPort?.postMessage({ ready: true } satisfies CheckAnswer);
