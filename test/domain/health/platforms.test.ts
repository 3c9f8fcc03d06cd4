import { describe, expect, test } from "vitest";
import { health } from "../../../domain/health/health.ts";
import { cases, is, live, said } from "./cases.ts";

describe("CloudNativePG", () => {
  const cluster = (phase: string, phaseReason = "") => ({ status: { phase, phaseReason, conditions: [] } });
  cases("postgresql.cnpg.io/v1", "Cluster", [
    ["new", "Progressing", {}],
    ["healthy", "Healthy", cluster("Cluster in healthy state")],
    ["creating a replica", "Progressing", cluster("Creating a new replica", "Creating replica db-2"), /db-2/],
    ["failing over", "Degraded", cluster("Failing over", "primary db-1 not responding"), /db-1/],
    ["lost", "Degraded", cluster("Cluster is unrecoverable and needs manual intervention")],
    ["waits for a person", "Suspended", cluster("Waiting for user action")],
    [
      "hibernated",
      "Suspended",
      {
        status: {
          phase: "Cluster in healthy state",
          conditions: [is("cnpg.io/hibernation", "True", { message: "Cluster has been hibernated" })],
        },
      },
      /hibernated/,
    ],
    [
      "not reconciled by annotation",
      "Suspended",
      { ...cluster("Failing over"), metadata: { annotations: { "cnpg.io/reconciliationLoop": "disabled" } } },
    ],
  ]);
  cases("postgresql.cnpg.io/v1", "Backup", [
    ["running", "Progressing", { status: { phase: "running" } }],
    ["completed", "Healthy", { status: { phase: "completed" } }],
    ["failed", "Degraded", { status: { phase: "failed", error: "AccessDenied" } }, "AccessDenied"],
  ]);
  cases("postgresql.cnpg.io/v1", "Pooler", [
    ["not all there", "Progressing", { spec: { instances: 3 }, status: { instances: 1 } }, "1 of 3"],
    ["all there", "Healthy", { spec: { instances: 3 }, status: { instances: 3 } }],
  ]);
  cases("postgresql.cnpg.io/v1", "ScheduledBackup", [
    ["scheduled", "Healthy", {}],
    ["suspended", "Suspended", { spec: { suspend: true } }],
  ]);
  cases("postgresql.cnpg.io/v1", "Database", [
    ["new", "Progressing", {}],
    ["applied", "Healthy", { status: { applied: true } }],
    ["refused", "Degraded", { status: { applied: false, message: "role does not exist" } }],
  ]);
});

describe("Crossplane", () => {
  const managed: Parameters<typeof cases>[2] = [
    ["no provider has taken it up", "Progressing", {}],
    ["being made", "Progressing", said(is("Synced", "True"), is("Ready", "False", { reason: "Creating" })), "Creating"],
    ["there", "Healthy", said(is("Synced", "True"), is("Ready", "True"))],
    [
      "refused by the cloud",
      "Degraded",
      said(is("Synced", "False", { message: "cannot create bucket: AccessDenied" }), is("Ready", "False")),
      /AccessDenied/,
    ],
    [
      "an asynchronous call failed",
      "Degraded",
      said(is("Synced", "True"), is("LastAsyncOperation", "False", { message: "apply failed" })),
    ],
    ["paused", "Suspended", said(is("Synced", "False", { reason: "ReconcilePaused" }), is("Ready", "True"))],
  ];
  cases("s3.aws.upbound.io/v1beta1", "Bucket", managed);
  cases("database.gcp.crossplane.io/v1beta1", "CloudSQLInstance", managed);
  cases(
    "platform.example.org/v1alpha1",
    "XDatabase",
    managed.filter(([what]) => !/no provider|asynchronous/.test(what)),
  );
  cases("aws.upbound.io/v1beta1", "ProviderConfig", [["only read", "Healthy", { status: { users: 3 } }]]);
  cases("apiextensions.crossplane.io/v1", "Composition", [["only read", "Healthy", {}]]);
  cases("pkg.crossplane.io/v1", "Provider", [
    ["new", "Progressing", {}],
    ["installed and healthy", "Healthy", said(is("Installed", "True"), is("Healthy", "True"))],
    ["not installed", "Degraded", said(is("Installed", "False", { message: "cannot unpack package" })), /unpack/],
    [
      "installed, not healthy",
      "Degraded",
      said(is("Installed", "True"), is("Healthy", "False", { reason: "UnhealthyPackageRevision" })),
    ],
    ["installed, health to come", "Progressing", said(is("Installed", "True"), is("Healthy", "Unknown"))],
  ]);
  cases("apiextensions.crossplane.io/v1", "CompositeResourceDefinition", [
    ["established", "Healthy", said(is("Established", "True"))],
    [
      "offers a claim that is not there yet",
      "Progressing",
      { spec: { claimNames: { kind: "Database" } }, ...said(is("Established", "True")) },
    ],
  ]);
});

describe("Knative", () => {
  cases("serving.knative.dev/v1", "Service", [
    ["new", "Progressing", {}],
    [
      "waits for its revision",
      "Progressing",
      said(is("ConfigurationsReady", "Unknown"), is("Ready", "Unknown", { reason: "RevisionMissing" })),
      "RevisionMissing",
    ],
    [
      "ready",
      "Healthy",
      {
        status: {
          observedGeneration: 2,
          conditions: [is("ConfigurationsReady", "True"), is("RoutesReady", "True"), is("Ready", "True")],
        },
      },
    ],
    [
      "its image can't be fetched",
      "Degraded",
      said(is("Ready", "False", { message: "Unable to fetch image" })),
      /fetch image/,
    ],
  ]);
  cases("serving.knative.dev/v1", "Revision", [
    ["scaled to nothing", "Healthy", said(is("Active", "False", { reason: "NoTraffic" }), is("Ready", "True"))],
  ]);
  cases("serving.knative.dev/v1", "Route", [
    [
      "ready for an older generation",
      "Progressing",
      { status: { observedGeneration: 1, conditions: [is("Ready", "True")] } },
    ],
  ]);
  cases("operator.knative.dev/v1beta1", "KnativeServing", [["installed", "Healthy", said(is("Ready", "True"))]]);
});

describe("Flux", () => {
  const observed = { observedGeneration: 2 };
  const kinds: [string, string][] = [
    ["kustomize.toolkit.fluxcd.io/v1", "Kustomization"],
    ["helm.toolkit.fluxcd.io/v2", "HelmRelease"],
    ["source.toolkit.fluxcd.io/v1", "GitRepository"],
    ["source.toolkit.fluxcd.io/v1", "OCIRepository"],
    ["source.toolkit.fluxcd.io/v1", "HelmRepository"],
    ["source.toolkit.fluxcd.io/v1", "HelmChart"],
    ["source.toolkit.fluxcd.io/v1", "Bucket"],
  ];
  for (const [apiVersion, kind] of kinds) {
    cases(apiVersion, kind, [
      ["new", "Progressing", {}],
      ["suspended", "Suspended", { spec: { suspend: true }, ...said(is("Ready", "True")) }],
      ["ready", "Healthy", { status: { ...observed, conditions: [is("Ready", "True")] } }],
      [
        "reconciling",
        "Progressing",
        {
          status: {
            ...observed,
            conditions: [
              is("Reconciling", "True", { message: "building" }),
              is("Ready", "Unknown", { reason: "Progressing" }),
            ],
          },
        },
      ],
      [
        "stalled",
        "Degraded",
        {
          status: {
            ...observed,
            conditions: [is("Stalled", "True", { message: "retries exhausted" }), is("Ready", "False")],
          },
        },
        "retries exhausted",
      ],
      [
        "failed and tried again",
        "Degraded",
        {
          status: {
            ...observed,
            conditions: [
              is("Reconciling", "True", { reason: "ProgressingWithRetry" }),
              is("Ready", "False", { message: "authentication required" }),
            ],
          },
        },
        "authentication required",
      ],
      [
        "waits for a dependency",
        "Progressing",
        { status: { ...observed, conditions: [is("Ready", "False", { reason: "DependencyNotReady" })] } },
      ],
      [
        "its newest generation is not observed",
        "Progressing",
        { status: { observedGeneration: 1, conditions: [is("Ready", "True")] } },
      ],
    ]);
  }
  cases("source.toolkit.fluxcd.io/v1", "HelmRepository", [
    ["of type oci has no status", "Healthy", { spec: { type: "oci" } }],
    ["of type oci, suspended", "Suspended", { spec: { type: "oci", suspend: true } }],
  ]);
  cases("notification.toolkit.fluxcd.io/v1beta3", "Alert", [["only read", "Healthy", {}]]);
});

describe("KEDA", () => {
  for (const kind of ["ScaledObject", "ScaledJob"]) {
    cases("keda.sh/v1alpha1", kind, [
      ["new", "Progressing", {}],
      [
        "ready, without load",
        "Healthy",
        said(is("Ready", "True"), is("Active", "False"), is("Fallback", "False"), is("Paused", "False")),
      ],
      [
        "its trigger can't be read",
        "Degraded",
        said(is("Ready", "False", { message: "error establishing connection" })),
        /connection/,
      ],
      ["some triggers can't be read", "Degraded", said(is("Ready", "Unknown", { reason: "PartialTriggerError" }))],
      [
        "on its fallback",
        "Degraded",
        said(is("Ready", "True"), is("Fallback", "True", { message: "replicas by fallback" })),
      ],
      ["paused", "Suspended", said(is("Ready", "True"), is("Paused", "True"))],
      [
        "paused by annotation",
        "Suspended",
        { metadata: { annotations: { "autoscaling.keda.sh/paused-replicas": "0" } } },
      ],
    ]);
  }
  cases("keda.sh/v1alpha1", "TriggerAuthentication", [["only read", "Healthy", {}]]);
});

test("a group that only ends in the same letters is not the operator's", () => {
  const ready = said(is("Ready", "False"));
  expect(health(live("notcrossplane.io/v1", "Bucket", {})).status).toBe("Healthy");
  expect(health(live("mytoolkit.fluxcd.io/v1", "Kustomization", ready)).status).toBe("Progressing");
});
