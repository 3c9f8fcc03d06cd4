import type { RawObject } from "../../schemas/artifact.ts";
import { type Health, health } from "../health/health.ts";
import { shapeOf } from "../health/verdict.ts";
import { groupOf } from "./identity.ts";

/** How far a hook is, with a sentence where it is not done. */
export interface HookState {
  state: "running" | "succeeded" | "failed";
  message?: string;
}

/** How a health is judged: the built-in rules unless the caller has more. */
export type JudgeHealth = (object: RawObject) => Health;

/** A hook that runs to its end: what it says is final. Any other kind is done when it is healthy, and waited for while it isn't. */
export function hookState(object: RawObject, judge: JudgeHealth = health): HookState {
  const kind = `${groupOf(object.apiVersion)}/${object.kind}`;
  if (kind === "argoproj.io/Workflow") return workflowState(object);
  // One that is being deleted after its end has ended all the same.
  const { deletionTimestamp: _, ...metadata } = object.metadata;
  const { status, message } = judge({ ...object, metadata });
  const said = message === undefined ? {} : { message };
  if (status === "Healthy") return { state: "succeeded" };
  const final = kind === "batch/Job" || (kind === "/Pod" && shapeOf(object).text("status", "phase") === "Failed");
  return { state: final && status === "Degraded" ? "failed" : "running", ...said };
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
