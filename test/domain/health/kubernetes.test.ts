import { expect, test } from "vitest";
import { health, worst } from "../../../domain/health/health.ts";
import { cases, is, live, said } from "./cases.ts";

const container = (state: object, more: object = {}) => ({
  status: {
    phase: "Running",
    conditions: [is("Ready", "False")],
    containerStatuses: [{ name: "web", state, ...more }],
  },
});
const waits = (reason: string, message?: string) => container({ waiting: { reason, ...(message ? { message } : {}) } });
const ended = (reason: string, exitCode: number) => ({ lastState: { terminated: { reason, exitCode } } });

cases("v1", "Pod", [
  [
    "keeps crashing",
    "Degraded",
    {
      spec: { restartPolicy: "Always" },
      ...container({ waiting: { reason: "CrashLoopBackOff", message: "back-off 5m0s" } }, ended("Error", 1)),
    },
    "container web: CrashLoopBackOff: back-off 5m0s; it last ended with Error (exit code 1)",
  ],
  [
    "keeps running out of memory",
    "Degraded",
    container({ waiting: { reason: "CrashLoopBackOff" } }, ended("OOMKilled", 137)),
    /web.*OOMKilled \(exit code 137\)/,
  ],
  [
    "ran out of memory and runs again",
    "Degraded",
    container({ running: {} }, ended("OOMKilled", 137)),
    /web.*OOMKilled/,
  ],
  [
    "its image is not there",
    "Degraded",
    waits("ImagePullBackOff", "Back-off pulling image shop:nope"),
    "container web: ImagePullBackOff: Back-off pulling image shop:nope",
  ],
  ["its image can't be pulled", "Degraded", waits("ErrImagePull"), "container web: ErrImagePull"],
  ["its image has no name that could be one", "Degraded", waits("InvalidImageName"), /InvalidImageName/],
  [
    "its ConfigMap is missing",
    "Degraded",
    waits("CreateContainerConfigError", 'configmap "web" not found'),
    /CreateContainerConfigError: configmap "web" not found/,
  ],
  [
    "its init container fails",
    "Degraded",
    {
      status: {
        phase: "Pending",
        initContainerStatuses: [{ name: "migrate", state: { waiting: { reason: "CrashLoopBackOff" } } }],
      },
    },
    /container migrate: CrashLoopBackOff/,
  ],
  ["is being made", "Progressing", waits("ContainerCreating")],
  ["its node is gone", "Unknown", { status: { phase: "Unknown" } }],
  [
    "runs to its end",
    "Progressing",
    { spec: { restartPolicy: "Never" }, status: { phase: "Running", conditions: [is("Ready", "True")] } },
  ],
  [
    "runs to its end, to be judged like any other",
    "Healthy",
    {
      metadata: { annotations: { "argocd.argoproj.io/ignore-restart-policy": "true" } },
      spec: { restartPolicy: "Never" },
      status: { phase: "Running", conditions: [is("Ready", "True")] },
    },
  ],
  [
    "is a hook, which ends whatever its annotation",
    "Progressing",
    {
      metadata: {
        annotations: { "argocd.argoproj.io/ignore-restart-policy": "true", "argocd.argoproj.io/hook": "PreSync" },
      },
      spec: { restartPolicy: "Never" },
      status: { phase: "Running", conditions: [is("Ready", "True")] },
    },
  ],
]);

const ran = { lastScheduleTime: "2026-01-02T00:00:00Z" };
cases("batch/v1", "CronJob", [
  ["never scheduled", "Healthy", { status: {} }],
  ["suspended", "Suspended", { spec: { suspend: true } }],
  ["its first run is on", "Healthy", { status: { ...ran, active: [{ name: "x-1" }] } }],
  ["its last run succeeded", "Healthy", { status: { ...ran, lastSuccessfulTime: "2026-01-02T00:01:00Z" } }],
  [
    "its last run did not succeed",
    "Degraded",
    { status: { ...ran, lastSuccessfulTime: "2026-01-01T00:01:00Z" } },
    /2026-01-02/,
  ],
  [
    "a run is on after one that succeeded",
    "Healthy",
    { status: { ...ran, lastSuccessfulTime: "2026-01-01T00:01:00Z", active: [{}] } },
  ],
]);

cases("autoscaling/v2", "HorizontalPodAutoscaler", [
  ["new", "Progressing", {}],
  [
    "able to scale",
    "Healthy",
    said(
      is("AbleToScale", "True", { reason: "SucceededGetScale" }),
      is("ScalingActive", "True"),
      is("ScalingLimited", "False"),
    ),
  ],
  ["at its limit", "Healthy", said(is("ScalingLimited", "True", { reason: "TooManyReplicas" }))],
  [
    "switched off at 0 replicas",
    "Healthy",
    said(is("AbleToScale", "True"), is("ScalingActive", "False", { reason: "ScalingDisabled" })),
  ],
  [
    "without metrics",
    "Degraded",
    said(
      is("AbleToScale", "True"),
      is("ScalingActive", "False", { reason: "FailedGetResourceMetric", message: "no metrics returned" }),
    ),
    /no metrics/,
  ],
  [
    "its target is missing",
    "Degraded",
    said(is("AbleToScale", "False", { reason: "FailedGetScale" })),
    "FailedGetScale",
  ],
]);

const inAnnotation = (conditions: unknown) => ({
  metadata: {
    annotations: {
      "autoscaling.alpha.kubernetes.io/conditions":
        typeof conditions === "string" ? conditions : JSON.stringify(conditions),
    },
  },
});
cases("autoscaling/v1", "HorizontalPodAutoscaler", [
  ["able to scale", "Healthy", inAnnotation([is("AbleToScale", "True")])],
  ["without metrics", "Degraded", inAnnotation([is("ScalingActive", "False", { reason: "FailedGetResourceMetric" })])],
  ["an annotation that is no JSON", "Progressing", inAnnotation("{")],
]);

cases("policy/v1", "PodDisruptionBudget", [
  ["not looked at", "Progressing", {}],
  ["kept", "Healthy", { status: { observedGeneration: 2, conditions: [is("DisruptionAllowed", "True")] } }],
  [
    "no pod to spare",
    "Healthy",
    {
      status: { observedGeneration: 2, conditions: [is("DisruptionAllowed", "False", { reason: "InsufficientPods" })] },
    },
  ],
  [
    "can't be kept",
    "Degraded",
    { status: { observedGeneration: 2, conditions: [is("DisruptionAllowed", "False", { reason: "SyncFailed" })] } },
    "SyncFailed",
  ],
]);

cases("apiregistration.k8s.io/v1", "APIService", [
  ["new", "Progressing", {}],
  ["available", "Healthy", said(is("Available", "True"))],
  [
    "its server does not answer",
    "Progressing",
    said(is("Available", "False", { message: "failing or missing response" })),
    /response/,
  ],
]);

cases("apiextensions.k8s.io/v1", "CustomResourceDefinition", [
  [
    "its schema is not structural",
    "Degraded",
    said(is("NonStructuralSchema", "True", { message: "spec: Required value" }), is("Established", "True")),
  ],
]);

cases("v1", "PersistentVolume", [
  ["available", "Healthy", { status: { phase: "Available" } }],
  ["bound", "Healthy", { status: { phase: "Bound" } }],
  ["pending", "Progressing", { status: { phase: "Pending" } }],
  ["could not be reclaimed", "Degraded", { status: { phase: "Failed", message: "no plugin" } }, "no plugin"],
]);

cases("snapshot.storage.k8s.io/v1", "VolumeSnapshot", [
  ["being taken", "Progressing", { status: { readyToUse: false } }],
  ["ready", "Healthy", { status: { readyToUse: true } }],
  ["failed", "Degraded", { status: { readyToUse: false, error: { message: "no driver" } } }, "no driver"],
]);

cases("example.com/v1", "Widget", [
  ["says nothing", "Healthy", {}],
  ["failed", "Degraded", said(is("Failed", "True", { message: "disk full" })), "disk full"],
  ["degraded", "Degraded", said(is("Available", "True"), is("Degraded", "True"))],
  ["not degraded", "Healthy", said(is("Available", "True"), is("Degraded", "False"))],
  ["not available", "Progressing", said(is("Available", "False", { reason: "Starting" })), "Starting"],
  ["runs to an end that did not come", "Progressing", said(is("Succeeded", "Unknown", { reason: "Running" }))],
  ["did not succeed", "Degraded", said(is("Succeeded", "False", { message: "task exited 1" })), "task exited 1"],
  ["a Ready speaks before an Available", "Progressing", said(is("Ready", "False"), is("Available", "True"))],
]);

const ignored = (name: string, value = "true") => ({ metadata: { annotations: { [name]: value } } });
cases("batch/v1", "Job", [
  ["failed", "Degraded", said(is("Failed", "True", { message: "BackoffLimitExceeded" }))],
  [
    "failed, not to be counted",
    "Healthy",
    { ...ignored("argocd.argoproj.io/ignore-healthcheck"), ...said(is("Failed", "True", { message: "no" })) },
    "it is Degraded (no), which does not count by argocd.argoproj.io/ignore-healthcheck",
  ],
  [
    "failed, not to be counted by our own name",
    "Healthy",
    { ...ignored("sluice.dev/ignore-healthcheck"), ...said(is("Failed", "True")) },
    /sluice.dev/,
  ],
  [
    "failed, not to be counted by Argo CD's name, which ours takes back",
    "Degraded",
    {
      metadata: {
        annotations: { "argocd.argoproj.io/ignore-healthcheck": "true", "sluice.dev/ignore-healthcheck": "false" },
      },
      ...said(is("Failed", "True")),
    },
  ],
  [
    "failed, with the annotation switched off",
    "Degraded",
    { ...ignored("sluice.dev/ignore-healthcheck", "false"), ...said(is("Failed", "True")) },
  ],
  [
    "being deleted, though not to be counted",
    "Progressing",
    {
      metadata: { annotations: { "sluice.dev/ignore-healthcheck": "true" }, deletionTimestamp: "2026-01-01T00:00:00Z" },
    },
    /deleted/,
  ],
]);

test("a child Application that is not well makes its parent so", () => {
  const child = live("argoproj.io/v1alpha1", "Application", { status: { health: { status: "Degraded" } } });
  const service = live("v1", "Service", { spec: { type: "ClusterIP" } });
  expect(worst([health(child).status, health(service).status])).toBe("Degraded");
});
