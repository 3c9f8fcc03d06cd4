import { cases, is, said } from "./cases.ts";

const observed = { observedGeneration: "2" };

cases("argoproj.io/v1alpha1", "Rollout", [
  ["nobody has taken it up", "Progressing", {}],
  [
    "its newest generation is not observed",
    "Progressing",
    { status: { observedGeneration: "1", phase: "Healthy" } },
    /generation 2/,
  ],
  ["rolled out", "Healthy", { status: { ...observed, phase: "Healthy" } }],
  [
    "at a step",
    "Progressing",
    { status: { ...observed, phase: "Progressing", message: "more replicas need to be updated" } },
    /more replicas/,
  ],
  [
    "waits for a promotion",
    "Suspended",
    { status: { ...observed, phase: "Paused", message: "CanaryPauseStep" } },
    "CanaryPauseStep",
  ],
  [
    "aborted",
    "Degraded",
    { status: { ...observed, phase: "Degraded", message: "RolloutAborted: Rollout aborted update to revision 4" } },
    /aborted/,
  ],
  [
    "its Deployment's newest generation is not observed",
    "Progressing",
    {
      metadata: { annotations: { "rollout.argoproj.io/workload-generation": "7" } },
      spec: { workloadRef: { kind: "Deployment", name: "web" } },
      status: { ...observed, phase: "Healthy", workloadObservedGeneration: "6" },
    },
    /workload/,
  ],
  [
    "an invalid spec, before there is a phase",
    "Degraded",
    { status: { ...observed, conditions: [is("InvalidSpec", "True", { message: "missing field strategy" })] } },
    /strategy/,
  ],
  [
    "past its deadline, before there is a phase",
    "Degraded",
    { status: { ...observed, conditions: [is("Progressing", "False", { reason: "ProgressDeadlineExceeded" })] } },
  ],
  ["paused by hand, before there is a phase", "Suspended", { spec: { paused: true }, status: observed }],
]);

cases("argoproj.io/v1alpha1", "AnalysisRun", [
  ["new", "Progressing", {}],
  ["running", "Progressing", { status: { phase: "Running" } }],
  ["successful", "Healthy", { status: { phase: "Successful" } }],
  [
    "failed",
    "Degraded",
    { status: { phase: "Failed", message: 'metric "success-rate" assessed Failed' } },
    /success-rate/,
  ],
  ["inconclusive", "Unknown", { status: { phase: "Inconclusive" } }],
]);

cases("argoproj.io/v1alpha1", "Experiment", [
  ["running", "Progressing", { status: { phase: "Running" } }],
  ["successful", "Healthy", { status: { phase: "Successful" } }],
  ["in error", "Degraded", { status: { phase: "Error" } }],
]);

cases("argoproj.io/v1alpha1", "Workflow", [
  ["new", "Progressing", {}],
  ["running", "Progressing", { status: { phase: "Running", message: "2 of 3" } }, "2 of 3"],
  ["suspended while running", "Suspended", { spec: { suspend: true }, status: { phase: "Running" } }],
  ["succeeded, though still marked suspended", "Healthy", { spec: { suspend: true }, status: { phase: "Succeeded" } }],
  ["failed", "Degraded", { status: { phase: "Failed", message: "child 'build' failed" } }, /build/],
  ["in error", "Degraded", { status: { phase: "Error" } }],
]);

cases("argoproj.io/v1alpha1", "CronWorkflow", [
  ["scheduled", "Healthy", {}],
  ["suspended", "Suspended", { spec: { suspend: true } }],
  [
    "its schedule is nonsense",
    "Degraded",
    said(is("SpecError", "True", { message: "cron schedule is malformed" })),
    /malformed/,
  ],
  ["could not be submitted", "Degraded", said(is("SubmissionError", "True"))],
]);

const child = (health: string, phase?: string) => ({
  status: {
    health: { status: health },
    ...(phase ? { operationState: { phase, message: `operation ${phase}` } } : {}),
  },
});
cases("argoproj.io/v1alpha1", "Application", [
  ["its controller has not seen it", "Progressing", {}],
  ["healthy", "Healthy", child("Healthy", "Succeeded")],
  ["healthy while a sync runs", "Progressing", child("Healthy", "Running"), "operation Running"],
  ["healthy though the last sync failed", "Degraded", child("Healthy", "Failed"), "operation Failed"],
  ["degraded", "Degraded", child("Degraded", "Succeeded"), /Degraded/],
  ["with an object missing", "Missing", child("Missing")],
  ["suspended", "Suspended", child("Suspended")],
  ["a health that nobody knows", "Unknown", child("Splendid"), /Splendid/],
]);

cases("argoproj.io/v1alpha1", "ApplicationSet", [
  ["generated", "Healthy", said(is("ResourcesUpToDate", "True"), is("ErrorOccurred", "False"))],
  [
    "rolling out",
    "Progressing",
    said(is("ResourcesUpToDate", "True"), is("RolloutProgressing", "True", { message: "step 2" })),
    "step 2",
  ],
  ["in error", "Degraded", said(is("ErrorOccurred", "True", { message: "repository not found" })), /repository/],
]);
