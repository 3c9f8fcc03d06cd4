import { HEALTH_ORDER, type HealthStatus } from "../../schemas/operation.ts";
import { byConditions, byPhase, type Phases, type Rules } from "./by-conditions.ts";
import { condition, degraded, healthy, progressing, suspended, words, type Health, type Shape } from "./verdict.ts";

const ANALYSIS: Phases = {
  ...{ Pending: "Progressing", Running: "Progressing", Successful: "Healthy" },
  ...{ Failed: "Degraded", Error: "Degraded", Inconclusive: "Unknown" },
};

const WORKFLOW: Phases = {
  ...{ Pending: "Progressing", Running: "Progressing", Succeeded: "Healthy" },
  ...{ Failed: "Degraded", Error: "Degraded" },
};

const ROLLOUT: Phases = { Healthy: "Healthy", Progressing: "Progressing", Degraded: "Degraded", Paused: "Suspended" };

const rolloutPhase = byPhase(["status", "phase"], ROLLOUT);
const workflowPhase = byPhase(["status", "phase"], WORKFLOW);

/** Rollout by the phase it publishes since Argo Rollouts 1.0; before it, and while it is not observed, Progressing. */
function rollout(object: Shape): Health {
  // A text here, unlike everywhere else, and a hash in very old versions.
  const observed = Number(object.text("status", "observedGeneration"));
  const generation = object.number("metadata", "generation") ?? 0;
  if (observed < generation) return progressing(`generation ${generation} is not observed yet`);
  const workload = object.text("metadata", "annotations", "rollout.argoproj.io/workload-generation");
  const behind = workload !== object.text("status", "workloadObservedGeneration");
  if (object.at("spec", "workloadRef").exists && workload !== undefined && behind) {
    return progressing("its workload's newest generation is not observed yet");
  }
  return object.text("status", "phase") ? rolloutPhase(object) : withoutPhase(object);
}

/** Before a phase is published, or by a controller that is too old to: what went wrong, and who holds it. */
function withoutPhase(object: Shape): Health {
  const invalid = condition(object, "InvalidSpec");
  if (invalid) return degraded(words(invalid, "its spec is not valid"));
  const progress = condition(object, "Progressing");
  if (progress && ["RolloutAborted", "ProgressDeadlineExceeded"].includes(progress.text("reason") ?? "")) {
    return degraded(words(progress, "the rollout failed"));
  }
  const paused = object.flag("spec", "paused") || object.list("status", "pauseConditions").length > 0;
  return paused ? suspended("the Rollout is paused") : rolloutPhase(object);
}

function workflow(object: Shape): Health {
  const phase = object.text("status", "phase");
  const over = phase !== undefined && phase !== "Pending" && phase !== "Running";
  if (object.flag("spec", "suspend") && !over) return suspended("the Workflow is suspended");
  return workflowPhase(object);
}

function cronWorkflow(object: Shape): Health {
  for (const type of ["SpecError", "SubmissionError"]) {
    const entry = condition(object, type);
    if (entry?.text("status") === "True") return degraded(words(entry, `it has a ${type}`));
  }
  return object.flag("spec", "suspend") ? suspended("the CronWorkflow is suspended") : healthy;
}

/** A child Application: the health that its own controller tells of it, so that waves of applications wait for each other. */
function application(object: Shape): Health {
  const operation = object.text("status", "operationState", "phase");
  const said = object.text("status", "operationState", "message");
  if (operation === "Running" || operation === "Terminating")
    return progressing(said || "an operation of it is running");
  const status = object.text("status", "health", "status");
  if (status === undefined) return progressing("its health is not known yet");
  if (!isStatus(status)) return { status: "Unknown", message: `its health is ${status}` };
  if (status === "Healthy" && (operation === "Failed" || operation === "Error")) {
    return degraded(said || "its last operation failed");
  }
  const message = object.text("status", "health", "message") || `the application is ${status}`;
  return status === "Healthy" ? healthy : { status, message };
}

const isStatus = (text: string): text is HealthStatus => HEALTH_ORDER.includes(text as HealthStatus);

/** Argo's kinds: Rollouts (argo-rollouts pkg/apis/rollouts/v1alpha1/types.go), Workflows (argo-workflows workflow_phase.go), Argo CD. */
export const ARGO: Rules = {
  "argoproj.io/Rollout": rollout,
  "argoproj.io/AnalysisRun": byPhase(["status", "phase"], ANALYSIS),
  "argoproj.io/Experiment": byPhase(["status", "phase"], ANALYSIS),
  "argoproj.io/Workflow": workflow,
  "argoproj.io/CronWorkflow": cronWorkflow,
  "argoproj.io/Application": application,
  "argoproj.io/ApplicationSet": byConditions({
    needs: ["ResourcesUpToDate"],
    failing: ["ErrorOccurred"],
    working: ["RolloutProgressing"],
  }),
};
