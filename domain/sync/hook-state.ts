import type { RawObject } from "../../schemas/artifact.ts";
import { builtInHealth, type Health, health } from "../health/health.ts";
import { condition, shapeOf, words } from "../health/verdict.ts";
import { groupOf } from "./identity.ts";

/** How far a hook is, with a sentence where it is not done. */
export interface HookState {
  state: "running" | "succeeded" | "failed";
  /** It is not done and its health is Degraded, which may pass. */
  degraded?: true;
  message?: string;
}

/** How a health is judged: the built-in rules unless the caller has more. */
export type JudgeHealth = (object: RawObject) => Health;

/** A hook that runs to its end: what it says is final. Any other kind is done when it is healthy, and waited for while it isn't. */
export function hookState(object: RawObject, judge: JudgeHealth = health): HookState {
  const kind = `${groupOf(object.apiVersion)}/${object.kind}`;
  if (kind === "batch/Job") return jobState(object);
  if (kind === "argoproj.io/Workflow") return workflowState(object);
  if (kind === "/Pod") return podState(object);
  // One that is being deleted after its end has ended all the same.
  const { deletionTimestamp: _, ...metadata } = object.metadata;
  const { status, message } = judge({ ...object, metadata });
  if (status === "Healthy") return { state: "succeeded" };
  return { ...running(message), ...(status === "Degraded" ? { degraded: true } : {}) };
}

/** Whether an object is of a kind that does its work once and is over then. */
export const runsToItsEnd = ({ apiVersion, kind }: Pick<RawObject, "apiVersion" | "kind">): boolean =>
  RUNS.includes(`${groupOf(apiVersion)}/${kind}`);

const RUNS: readonly string[] = [
  "batch/Job",
  "/Pod",
  "argoproj.io/Workflow",
  "argoproj.io/AnalysisRun",
  "argoproj.io/Experiment",
  "tekton.dev/PipelineRun",
  "tekton.dev/TaskRun",
  "tekton.dev/CustomRun",
  "k6.io/TestRun",
];

const running = (message: string | undefined): HookState => ({
  state: "running",
  ...(message === undefined ? {} : { message }),
});

/** A Job is over once its controller has said so: pods that fail on the way are tried again. */
function jobState(object: RawObject): HookState {
  const shape = shapeOf(object);
  const holds = (type: string) => {
    const found = condition(shape, type);
    return found?.text("status") === "True" ? found : undefined;
  };
  const failure = holds("Failed");
  if (failure) return { state: "failed", message: words(failure, "the Job failed") };
  return holds("Complete") ? { state: "succeeded" } : running(builtInHealth(object).message);
}

/** A pod that is to run to its end is done then; one that always runs is done when it is ready. */
function podState(object: RawObject): HookState {
  const shape = shapeOf(object);
  const phase = shape.text("status", "phase");
  const { status, message } = builtInHealth(object);
  if (phase === "Failed") return { state: "failed", ...(message === undefined ? {} : { message }) };
  return status === "Healthy" ? { state: "succeeded" } : running(message);
}

/** Argo Workflows: `Succeeded`, `Failed` and `Error` are its final phases. */
function workflowState(object: RawObject): HookState {
  const shape = shapeOf(object);
  const phase = shape.text("status", "phase") ?? "";
  const message = shape.text("status", "message");
  if (phase === "Succeeded") return { state: "succeeded" };
  const said = { message: message || `the workflow is ${phase || "not started"}` };
  return { state: phase === "Failed" || phase === "Error" ? "failed" : "running", ...said };
}
